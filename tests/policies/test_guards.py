"""What PostgreSQL refuses by itself, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from tests.policies.house import GRANT, House, clause
from tests.policies.test_claims import sent, settled
from yingshang.policies.models import Budget, Claim, Clause, LedgerEntry, Payment, PaymentBatch


def refused(do: Callable[[], Any], match: str) -> None:
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        do()


def entry(claim: Claim, kind: str, amount: Any, payment: Payment | None = None) -> LedgerEntry:
    return LedgerEntry.objects.create(budget_id=claim.budget_id, claim=claim, kind=kind, amount=amount, payment=payment)


def test_migrations_are_complete(db: None) -> None:
    call_command("makemigrations", "policies", check=True, dry_run=True, verbosity=0)


def test_a_budget_is_written_by_its_ledger_alone_and_never_overdrawn(house: House) -> None:
    for field in ("reserved", "paid"):
        refused(lambda f=field: Budget.objects.filter(pk=house.budget.pk).update(**{f: 5}), "by its ledger only")  # type: ignore[misc]
    refused(lambda: Budget.objects.create(policy=house.policy, year=2030, amount=10, reserved=1), "by its ledger only")
    claim = house.claim()
    Budget.objects.filter(pk=house.budget.pk).update(amount=1000)
    refused(lambda: entry(claim, "reserve", claim.amount), "budget_not_overdrawn")
    assert not LedgerEntry.objects.exists()


def test_a_claim_is_reserved_once_and_paid_once(house: House) -> None:
    claim = settled(house, house.passed())
    payment = claim.payments.get()
    refused(lambda: entry(claim, "reserve", claim.amount), "ledger_claim_once|reserved and")
    refused(lambda: entry(claim, "pay", claim.amount, payment), "ledger_payment_once|budget_not_overdrawn|reserved and")
    refused(lambda: entry(claim, "pay", 1), "ledger_payment_named")
    other = house.confirmed()
    refused(lambda: entry(other, "claw_back", 1, payment), "ledger_payment_once|reserved and")
    refused(lambda: LedgerEntry.objects.create(budget=Budget.objects.create(policy=house.policy, year=2029, amount=10**9),
            claim=other, kind="reserve", amount=1), "is not of budget|ledger_claim_once")  # fmt: skip
    refused(
        lambda: Payment.objects.create(
            batch=payment.batch, claim=claim, reference="again", amount=claim.amount, payee_name="x",
            payee_account="x", payee_bank="x",
        ),
        "payment_one_live",
    )  # fmt: skip


def test_ledger_and_payments_stay_as_they_were(house: House) -> None:
    claim = house.passed()
    batch = sent(house, claim)
    payment = batch.payments.get()
    refused(lambda: LedgerEntry.objects.update(amount=1), "append-only")
    refused(lambda: LedgerEntry.objects.all().delete(), "append-only")
    refused(lambda: Payment.objects.update(amount=1), "made anew")
    refused(lambda: Payment.objects.update(payee_account="1"), "made anew")
    refused(lambda: connection.cursor().execute("DELETE FROM policies_payment"), "append-only")
    refused(lambda: Claim.objects.filter(pk=claim.pk).update(amount=1), "stands in the ledger")
    refused(lambda: Claim.objects.filter(pk=claim.pk).update(period="2024"), "stands in the ledger")
    refused(lambda: PaymentBatch.objects.filter(pk=batch.pk).update(checker=batch.maker), "batch_maker_is_not_checker")
    assert payment.amount == claim.amount


def test_two_people_review_and_neither_made_the_claim(house: House) -> None:
    claim = house.passed()
    rows = Claim.objects.filter(pk=claim.pk)
    refused(lambda: rows.update(finance_reviewer=claim.unit_reviewer), "claim_reviewed_by_two")
    refused(lambda: rows.update(unit_reviewer=claim.submitted_by), "claim_not_reviewed_by_submitter")


def test_a_clause_of_grade_n_has_no_rule_and_one_that_pays_has_a_payer(house: House) -> None:
    rows = Clause.objects.filter(pk=house.grant.pk)
    refused(lambda: rows.update(grade="N"), "clause_n_has_no_rule")
    refused(lambda: rows.update(finance_unit=None), "clause_paid_by_finance_unit")
    refused(lambda: rows.update(rule=None), "clause_automatic_has_rule")


def test_one_live_claim_of_a_clause_a_subject_and_a_period(house: House) -> None:
    first = house.claim()
    second = house.confirmed()
    refused(lambda: Claim.objects.filter(pk=first.pk).update(clause=house.grant), "claim_one_live")
    assert clause(house.world, house.policy, "E", GRANT).pk and second.clause == house.grant
