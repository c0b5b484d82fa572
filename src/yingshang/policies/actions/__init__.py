"""Everything that can be done with policies, one function each; pages, API and jobs call these and nothing else."""

from yingshang.policies.actions.accounts import mend_payee
from yingshang.policies.actions.batches import (
    approve_batch,
    cancel_batch,
    claw_back,
    export_batch,
    make_batch,
    remove_payment,
)
from yingshang.policies.actions.budgets import set_budget
from yingshang.policies.actions.claiming import Payee, confirm_grant, review, submit_claim, withdraw_claim
from yingshang.policies.actions.objecting import object_to, settle_objection
from yingshang.policies.actions.reconciling import reconcile
from yingshang.policies.actions.revising import drop_edition, revise_clause
from yingshang.policies.actions.subscribing import mark_read, subscribe, unsubscribe
from yingshang.policies.actions.writing import (
    publish_clause,
    publish_policy,
    remove_combination,
    save_clause,
    save_combination,
    save_policy,
    withdraw_clause,
)

__all__ = [
    "Payee",
    "approve_batch",
    "cancel_batch",
    "claw_back",
    "confirm_grant",
    "drop_edition",
    "export_batch",
    "make_batch",
    "mark_read",
    "mend_payee",
    "object_to",
    "publish_clause",
    "publish_policy",
    "reconcile",
    "remove_combination",
    "remove_payment",
    "review",
    "revise_clause",
    "save_clause",
    "save_combination",
    "save_policy",
    "set_budget",
    "settle_objection",
    "submit_claim",
    "subscribe",
    "unsubscribe",
    "withdraw_claim",
    "withdraw_clause",
]
