"""Reading the bank's return file: who was paid is paid, who was not can be paid again."""

from __future__ import annotations

from django.db import transaction

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person
from yingshang.cases import actions as case_actions
from yingshang.cases.models import Case, Task
from yingshang.policies import bankfiles, ledger, process, reasons, telling
from yingshang.policies.actions.batches import locked_batch
from yingshang.policies.bankfiles import Answer, Problem
from yingshang.policies.models import Claim, Payment, PaymentBatch, ReturnFile, ReturnRow
from yingshang.policies.people import require_finance
from yingshang.policies.wording import yuan

B, P = PaymentBatch.State, Payment.State


@transaction.atomic
def reconcile(batch: PaymentBatch, actor: Person, *, name: str, content: bytes) -> ReturnFile:
    """Take over what the bank says of a batch; the same file again changes nothing. Rows that cannot be taken are kept.

    Raises:
        NotAllowed: the actor works elsewhere. Conflict: the batch did not go to the bank.
        Invalid: the file cannot be read.
    """
    fresh = locked_batch(batch, B.EXPORTED, B.RECONCILED)
    require_finance(actor, fresh.unit)
    digest = bankfiles.digest(content)
    if held := ReturnFile.objects.filter(batch=fresh, digest=digest).first():
        return held
    rows = bankfiles.answers(content)
    file = ReturnFile.objects.create(batch=fresh, name=name[:200], digest=digest, by=actor, at=timekeeping.now())
    payments = _locked(fresh)
    seen: set[str] = set()
    # Budgets are locked already, so the order of the file does no harm.
    for row in rows:
        problem = row.problem or (Problem("twice") if row.reference in seen else None)
        seen.add(row.reference)
        payment = payments.get(row.reference)
        if problem is None:
            problem = Problem("unknown") if payment is None else _settle(payment, row, actor, file)
        if problem is not None:
            file.wrong += 1
            ReturnRow.objects.create(
                file=file, row=row.row, content=row.content, problem=problem.code, about=dict(problem.about)
            )
    file.save()
    if not fresh.payments.filter(state=P.EXPORTED).exists():
        fresh.state = B.RECONCILED
        fresh.save()
    audit.record(
        actor, "batch.reconcile", "batch", fresh.number, file=digest, paid=file.paid, failed=file.failed,
        wrong=file.wrong,
    )  # fmt: skip
    return file


def _locked(batch: PaymentBatch) -> dict[str, Payment]:
    """The payments that went to the bank, with their claims and budgets locked, in the order everybody locks them."""
    ids = list(batch.payments.exclude(state=P.REMOVED).values_list("claim_id", flat=True))
    # Cases before claims, as every step of a case does.
    list(Case.objects.select_for_update(no_key=True).filter(claim__in=ids).order_by("pk").values_list("pk"))
    claims = {
        c.pk: c
        for c in Claim.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=ids)
        .select_related("clause", "case", "business")
        .order_by("pk")
    }
    ledger.lock_budgets([c.budget_id for c in claims.values() if c.budget_id])
    found = {}
    for payment in batch.payments.exclude(state=P.REMOVED):
        payment.claim = claims[payment.claim_id]
        found[payment.reference] = payment
    return found


def _settle(payment: Payment, row: Answer, actor: Person, file: ReturnFile) -> Problem | None:
    """Do what the bank says of one payment; returns what is wrong with the row, None when nothing is."""
    if row.amount is not None and row.amount != payment.amount:
        return Problem("differs", {"a": yuan(row.amount), "b": yuan(payment.amount)})
    if row.result == "paid":
        if payment.state != P.EXPORTED:
            return Problem("state", {"s": payment.state})
        _paid(payment, row, actor)
        file.paid += 1
        return None
    if payment.state not in (P.EXPORTED, P.PAID):
        return Problem("state", {"s": payment.state})
    _failed(payment, row, actor)
    file.failed += 1
    return None


def _paid(payment: Payment, row: Answer, actor: Person) -> None:
    claim = payment.claim
    ledger.pay(payment, actor)
    payment.state, payment.paid_at, payment.bank_reference = P.PAID, timekeeping.now(), row.bank_reference
    payment.save(update_fields=["state", "paid_at", "bank_reference"])
    claim.state, claim.settled_at = Claim.State.PAID, payment.paid_at
    claim.save(update_fields=["state", "settled_at"])
    step = Task.objects.filter(case=claim.case_id, step=process.PAY, status=Task.State.OPEN).first()
    # Paid anew after the bank had returned it: the case was closed the first time.
    if step is not None:
        case_actions.complete_task(step, actor, outcome="paid", note=payment.reference)
    telling.of_claim(claim)


def _failed(payment: Payment, row: Answer, actor: Person) -> None:
    claim = payment.claim
    reason = row.reason or reasons.BANK_SILENT
    if payment.state == P.PAID:
        ledger.take_back(payment, actor, reason)
    payment.state, payment.reason = P.FAILED, reason
    payment.save(update_fields=["state", "reason"])
    claim.state, claim.settled_at = Claim.State.PAYABLE, None
    claim.save(update_fields=["state", "settled_at"])
    telling.of_bounce(claim)
