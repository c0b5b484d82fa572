"""A policy and its clauses, claims on them, budgets, payments, and who is told what.

Written only by :mod:`yingshang.policies.actions`.
"""

from yingshang.policies.models.claim import Claim, Objection, PublicNotice
from yingshang.policies.models.edition import ClauseEdition
from yingshang.policies.models.money import Budget, LedgerEntry, Payment, PaymentBatch, ReturnFile, ReturnRow
from yingshang.policies.models.policy import Clause, Combination, CombinationMember, Policy
from yingshang.policies.models.telling import PolicyNotice, SeenVerdict, Subscription

__all__ = [
    "Budget",
    "Claim",
    "Clause",
    "ClauseEdition",
    "Combination",
    "CombinationMember",
    "LedgerEntry",
    "Objection",
    "Payment",
    "PaymentBatch",
    "Policy",
    "PolicyNotice",
    "PublicNotice",
    "ReturnFile",
    "ReturnRow",
    "SeenVerdict",
    "Subscription",
]
