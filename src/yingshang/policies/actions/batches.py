"""Payment batches: made by one person of the finance department, approved by another, exported for the bank."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit, statements
from yingshang.accounts.models import Person, Unit
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.policies import bankfiles, ledger, telling
from yingshang.policies.models import Claim, Objection, Payment, PaymentBatch
from yingshang.policies.people import require_finance
from yingshang.policies.wording import yuan

B, P = PaymentBatch.State, Payment.State
#: Payments in one batch: what a bank's counter takes in one file, and one transaction holds locks for.
MOST = 2_000


def payable(unit: Unit) -> list[Claim]:
    """Claims that may be put into a batch: passed, notice over, nothing objected that is not settled."""
    open_objections = Objection.objects.filter(notice__claim=OuterRef("pk"), settled_at__isnull=True)
    rows = Claim.objects.filter(state=Claim.State.PAYABLE, clause__finance_unit=unit).exclude(Exists(open_objections))
    return list(rows.select_related("clause__policy", "business").order_by("id")[:MOST])


@transaction.atomic
def make_batch(
    actor: Person, unit: Unit, claims: Sequence[Claim], *, note: str = "", key: str | None = None
) -> PaymentBatch:
    """Put claims into a new batch; the same ``key`` again returns the first one.

    Raises:
        NotAllowed: the actor does not work in the finance department. Invalid: no claims, or too many.
        Conflict: one of them is not payable (any more); says which.
    """
    require_finance(actor, unit)
    if key:
        with connection.cursor() as c:
            c.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"batch:{key}"])
        if held := PaymentBatch.objects.filter(key=key).first():
            return held
    ids = {c.pk for c in claims}
    if not ids or len(ids) > MOST:
        raise Invalid(_("请选择 1 到 %(n)d 笔。") % {"n": MOST}, fields={"claims": _("请选择要拨付的申报")})
    locked = list(
        Claim.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=ids)
        .select_related("clause__finance_unit")
        .order_by("pk")
    )
    for claim in locked:
        if claim.clause.finance_unit_id != unit.pk:
            raise Conflict(_("%(n)s 不由「%(u)s」支付。") % {"n": claim.number, "u": unit})
        if claim.state != Claim.State.PAYABLE:
            raise Conflict(_("%(n)s 现为「%(s)s」,不能列入。") % {"n": claim.number, "s": claim.get_state_display()})
        if Objection.objects.filter(notice__claim=claim, settled_at__isnull=True).exists():
            raise Conflict(_("%(n)s 公示期间有异议尚未处理,不能列入。") % {"n": claim.number})
    drawn = statements.numbered(policies_batch_seq=1, policies_payment_seq=len(locked))
    day = f"{timekeeping.now():%Y%m%d}"
    batch = PaymentBatch.objects.create(
        number=f"PB{day}-{drawn['policies_batch_seq'][0]:05d}", unit=unit, maker=actor, made_at=timekeeping.now(),
        note=note.strip(), key=key,
    )  # fmt: skip
    Payment.objects.bulk_create(
        Payment(
            batch=batch,
            claim=claim,
            reference=f"PY{day}{number:08d}",
            amount=claim.amount,
            payee_name=claim.payee_name,
            payee_account=claim.payee_account,
            payee_bank=claim.payee_bank,
        )
        for claim, number in zip(locked, drawn["policies_payment_seq"], strict=True)
    )
    Claim.objects.filter(pk__in=ids).update(state=Claim.State.PAYING)
    total = sum((c.amount for c in locked), Decimal(0))
    audit.record(actor, "batch.make", "batch", batch.number, count=len(locked), total=str(total))
    return batch


def locked_batch(batch: PaymentBatch, *states: str) -> PaymentBatch:
    """The batch as it is now, locked.

    Raises:
        Conflict: it is in none of these states.
    """
    fresh = PaymentBatch.objects.select_for_update(of=("self",)).select_related("unit").get(pk=batch.pk)
    if fresh.state not in states:
        raise Conflict(_("批次 %(n)s 现为「%(s)s」。") % {"n": fresh.number, "s": fresh.get_state_display()})
    return fresh


@transaction.atomic
def remove_payment(payment: Payment, actor: Person, *, reason: str) -> PaymentBatch:
    """Take one payment out of a batch that is not approved yet; its claim can be put into another one.

    Raises:
        NotAllowed, Conflict; Invalid: no reason.
    """
    batch = locked_batch(payment.batch, B.DRAFT)
    require_finance(actor, batch.unit)
    if not reason.strip():
        raise Invalid(_("请写明理由。"), fields={"reason": _("请写明理由")})
    _drop(batch, Payment.objects.filter(pk=payment.pk, batch=batch), reason)
    audit.record(actor, "batch.remove", "batch", batch.number, payment=payment.reference, reason=reason)
    return batch


@transaction.atomic
def approve_batch(batch: PaymentBatch, actor: Person) -> PaymentBatch:
    """Approve a batch as a second person (复核); approved twice by the same person is approved once.

    Raises:
        NotAllowed: the actor made it, or works elsewhere. Conflict: not a draft, or empty.
    """
    fresh = locked_batch(batch, B.DRAFT, B.APPROVED)
    require_finance(actor, fresh.unit)
    if fresh.state == B.APPROVED and fresh.checker_id == actor.pk:
        return fresh
    if fresh.state == B.APPROVED:
        raise Conflict(_("批次 %(n)s 已由%(who)s复核。") % {"n": fresh.number, "who": fresh.checker})
    if fresh.maker_id == actor.pk:
        raise NotAllowed(_("制单人不能复核自己的批次,请由另一位同事复核。"))
    live = fresh.payments.filter(state=P.PENDING)
    if not live.exists():
        raise Conflict(_("批次里没有待付的款项。"))
    fresh.state, fresh.checker, fresh.checked_at = B.APPROVED, actor, timekeeping.now()
    fresh.save()
    total = live.aggregate(total=Sum("amount"))["total"]
    audit.record(actor, "batch.approve", "batch", fresh.number, count=live.count(), total=str(total))
    return fresh


@transaction.atomic
def export_batch(batch: PaymentBatch, actor: Person) -> tuple[PaymentBatch, str, bytes]:
    """The bank's file of an approved batch: name and bytes. Exported again, it is the same file, byte for byte.

    Raises:
        NotAllowed: the actor works elsewhere. Conflict: not approved.
    """
    fresh = locked_batch(batch, B.APPROVED, B.EXPORTED, B.RECONCILED)
    require_finance(actor, fresh.unit)
    # What was sent, whatever became of it since.
    payments = list(fresh.payments.exclude(state=P.REMOVED).order_by("id"))
    content = bankfiles.written(fresh, payments)
    digest = bankfiles.digest(content)
    if fresh.state == B.APPROVED:
        fresh.state, fresh.export_digest = B.EXPORTED, digest
        fresh.exported_by, fresh.exported_at = actor, timekeeping.now()
        fresh.save()
        fresh.payments.filter(state=P.PENDING).update(state=P.EXPORTED)
    elif digest != fresh.export_digest:
        raise Conflict(_("批次内容与送银行时不一致,请联系管理员核查。"))
    audit.record(actor, "batch.export", "batch", fresh.number, digest=digest)
    return fresh, f"{fresh.number}.csv", content


@transaction.atomic
def cancel_batch(batch: PaymentBatch, actor: Person, *, reason: str) -> PaymentBatch:
    """Cancel a batch that did not go to the bank; its claims can be put into another one.

    Raises:
        NotAllowed, Conflict; Invalid: no reason.
    """
    fresh = locked_batch(batch, B.DRAFT, B.APPROVED)
    require_finance(actor, fresh.unit)
    if not reason.strip():
        raise Invalid(_("请写明理由。"), fields={"reason": _("请写明理由")})
    _drop(fresh, fresh.payments.all(), reason)
    fresh.state = B.CANCELLED
    fresh.save()
    audit.record(actor, "batch.cancel", "batch", fresh.number, reason=reason)
    return fresh


def _drop(batch: PaymentBatch, payments: object, reason: str) -> None:
    rows = list(payments.filter(state=P.PENDING).order_by("claim_id"))  # type: ignore[attr-defined]
    ids = [p.claim_id for p in rows]
    list(Claim.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    Payment.objects.filter(pk__in=[p.pk for p in rows]).update(state=P.REMOVED, reason=reason[:300])
    Claim.objects.filter(pk__in=ids, state=Claim.State.PAYING).update(state=Claim.State.PAYABLE)


@transaction.atomic
def claw_back(payment: Payment, actor: Person, *, reason: str) -> Payment:
    """What was paid without being due has come back: the budget has it again, the claim ends as clawed back.

    Raises:
        NotAllowed: the actor works elsewhere. Invalid: no reason. Conflict: it was not paid, or is clawed back already.
    """
    claim = Claim.objects.select_for_update(of=("self",), no_key=True).select_related("clause").get(pk=payment.claim_id)
    fresh = (
        Payment.objects.select_for_update(of=("self",), no_key=True).select_related("batch__unit").get(pk=payment.pk)
    )
    require_finance(actor, fresh.batch.unit)
    if not reason.strip():
        raise Invalid(_("请写明追回的理由。"), fields={"reason": _("请写明理由")})
    if fresh.state != P.PAID:
        raise Conflict(_("%(r)s 现为「%(s)s」,不能追回。") % {"r": fresh.reference, "s": fresh.get_state_display()})
    fresh.claim = claim
    ledger.claw_back(fresh, actor, reason.strip()[:300])
    fresh.state, fresh.reason = P.CLAWED_BACK, reason.strip()[:300]
    fresh.save(update_fields=["state", "reason"])
    claim.state, claim.settled_at = Claim.State.CLAWED_BACK, timekeeping.now()
    claim.save(update_fields=["state", "settled_at"])
    telling.of_claim(claim)
    audit.record(
        actor, "payment.claw_back", "payment", fresh.reference, claim=claim.number, amount=yuan(fresh.amount),
        reason=reason,
    )  # fmt: skip
    return fresh
