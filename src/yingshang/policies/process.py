"""Between a claim and its case: what each step of the diagram does to the claim, in the step's own transaction.

The scenario ``policy_delivery`` hands the kernel's named points on to :func:`on_step`, :func:`on_action` and
:func:`on_timer`; so a step does the same, whoever completes it and from wherever.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.cases import clocks, engine
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import ENDED, Case, Status, Task
from yingshang.policies import ledger, reasons, telling
from yingshang.policies.models import Claim, PublicNotice
from yingshang.policies.people import belongs, hidden
from yingshang.policies.verdicts import Verdict, trace_of_verdict

SCENARIO, SERVICE = "policy_delivery", "claim"
#: Steps of the diagram.
REVIEW, FINANCE, NOTICE, PAY = "review", "finance", "notice", "pay"
#: Message by which the diagram learns that an objection was upheld.
UPHELD = "异议成立"
#: Message by which it learns that the money is to go elsewhere than the reviewers saw.
PAYEE = "收款账户更改"
#: In a case's data, once its public notice is over: a review that is done again needs none again.
NOTICED = "noticed"
S = Claim.State
#: From here on the money is on its way, or there.
BEYOND_RECALL = (S.PAYING, S.PAID, S.CLAWED_BACK, S.DONE)


def as_data(value: Any) -> Any:
    """A fact's value as plain JSON: exact decimals and dates as text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def facts_as_data(verdict: Verdict) -> dict[str, dict[str, Any]]:
    """The facts that a verdict rests on, with their sources, by name."""
    return {
        name: {
            "value": as_data(fact.value),
            "type": _type_of(fact.value),
            "source": fact.source,
            "period": fact.period,
            "recorded_at": fact.recorded_at.isoformat() if fact.recorded_at else "",
        }
        for name, fact in sorted(verdict.facts.items())
    }


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Decimal | int):
        return "number"
    return "date" if isinstance(value, date) else "string"


def trace_of(verdict: Verdict) -> dict[str, Any]:
    """Every step that led to the verdict, as data."""
    trace = trace_of_verdict(verdict)
    return trace.as_dict() if trace else {}


def begin(claim: Claim, actor: Person) -> None:
    """Save a new claim in the state at which its case stands after opening."""
    claim.state = S.REVIEW
    if claim.automatic:
        # The rule was reviewed when it was published, and the district holds every fact: nobody has to look again.
        claim.state = S.DONE
        if claim.budget_id:
            claim.state = S.NOTICE if notice_days(claim.case) else S.PAYABLE
    claim.save()
    if claim.automatic and claim.budget_id:
        ledger.reserve(claim, actor)
        _give_notice(claim, claim.case)
        _to_finance(claim)


def claim_of(case: Case) -> Claim:
    """The claim of a locked case, locked."""
    return (
        Claim.objects.select_for_update(of=("self",), no_key=True)
        .select_related("clause__policy", "clause__owner_unit", "clause__finance_unit", "business")
        .get(case=case)
    )


def on_step(case: Case, actor: Person | None, task: Task, outcome: str, note: str) -> None:
    """A person completes a step: the unit's review, finance's review, or the payment.

    Raises:
        Conflict, Invalid, NotAllowed: it may not be completed so; says why.
    """
    if task.step not in (REVIEW, FINANCE, PAY):
        return
    claim = claim_of(case)
    if barred := _bars(case, claim, task):
        raise Conflict(barred)
    now = timekeeping.now()
    if outcome == "refuse" and not note.strip():
        raise Invalid(_("请写明不予通过的理由,企业会看到。"), fields={"note": _("请写明理由")})
    if task.step == PAY:
        return
    assert actor is not None
    if actor.pk == claim.submitted_by_id:
        raise NotAllowed(_("申报人不能审核自己的申报。"))
    if task.step == REVIEW:
        # Whoever the step was given to.
        if not belongs(actor, claim.clause.owner_unit):
            raise NotAllowed(_("只有主管单位「%(u)s」可以审核。") % {"u": claim.clause.owner_unit})
        claim.unit_reviewer, claim.unit_reviewed_at = actor, now
        if outcome == "pass":
            if claim.budget_id:
                ledger.reserve(claim, actor)
            claim.state = S.FINANCE if claim.budget_id else S.DONE
    else:
        if actor.pk == claim.unit_reviewer_id:
            raise NotAllowed(_("主管单位审核和财政审核须由两个人分别完成。"))
        if not belongs(actor, claim.clause.finance_unit):
            raise NotAllowed(_("只有财政部门「%(u)s」可以审核。") % {"u": claim.clause.finance_unit})
        claim.finance_reviewer, claim.finance_reviewed_at = actor, now
        if outcome == "pass":
            claim.state = S.NOTICE if notice_days(case) else S.PAYABLE
            _give_notice(claim, case)
        elif outcome == "back":
            claim.state, claim.unit_reviewer, claim.finance_reviewer = S.REVIEW, None, None
    if outcome == "refuse":
        refuse(claim, actor, note)
    if claim.state == S.DONE:
        claim.settled_at = now
    claim.save()
    _to_finance(claim)


def bars_step(case: Case, task: Task) -> str:
    """Why nobody may complete a step of a claim now, for the page; "" where nothing stands against it."""
    if task.step not in (REVIEW, FINANCE, PAY):
        return ""
    return _bars(case, Claim.objects.only("state").get(case=case), task)


def _bars(case: Case, claim: Claim, task: Task) -> str:
    if case.status == Status.SUPPLEMENT:
        return _("企业正在补正,补正后再审核。")
    if task.step == PAY and claim.state != S.PAID:
        return _("款项由财政部门列入批次、银行回单对账后自动办结,不能手工完成。")
    return ""


def refuse(claim: Claim, actor: Person | None, reason: str) -> None:
    """The claim will not be paid: what was set aside is released, and whoever made it is told. The caller saves."""
    claim.state, claim.refusal, claim.settled_at = S.REFUSED, reason.strip()[:500], timekeeping.now()
    ledger.release(claim, actor, reason[:300])
    telling.of_claim(claim)


def stop(case: Case, actor: Person, reason: str) -> bool:
    """An objection was upheld: the claim is refused, what was set aside is released, and the case goes to its end.

    Args:
        case: locked by the caller, and not ended; saved here.

    Returns:
        whether the case's diagram knows of objections; one that started before it did is closed without.
    """
    claim = claim_of(case)
    refuse(claim, actor, reason)
    claim.save()
    held, instance = engine.load(case)
    before = engine.shown(instance)
    caught = instance.message(UPHELD, {"outcome": "refuse"}, timekeeping.now())
    if caught:
        engine.save(case, held, instance, before)
    return bool(caught)


def keeps_payee(claim: Claim) -> bool:
    """Whether a claim keeps its account for good: its money is under way or there, it has ended, or it is about none."""
    return claim.budget_id is None or claim.state in BEYOND_RECALL or claim.state in Claim.ENDED


def bars_payee(case: Case, claim: Claim) -> str:
    """Why nobody may change where the money of a claim goes, for the page as for the action; "" where it may be changed.

    It is paid or on its way to the bank; on public notice, which is waited for first; or passed on a diagram that knows of
    no way back. A case that had ended when the bank returned its money starts again, and needs none.
    """
    if claim.budget_id is None:
        return _("这一条不付款,没有收款账户。")
    if keeps_payee(claim):
        return _("此申报%(s)s,不能更改收款账户。") % {"s": claim.get_state_display()}
    if claim.state == S.NOTICE:
        return _("公示期间不能更改收款账户,公示期满、拨付之前可以改;改后重新审核,不再公示。")
    if claim.state == S.PAYABLE and case.status not in ENDED and PAYEE not in engine.load(case)[1].messages():
        return _("此申报按较早的流程办理,审核后不能更改收款账户;请撤回后重新申报。")
    return ""


def review_again(case: Case, claim: Claim) -> None:
    """A claim that may be paid is reviewed anew: where its money goes has changed. The caller saves both.

    What was set aside stays so, and its public notice, which is over, is not given again.

    Args:
        case: locked by the caller, as is the claim; nothing bars the change (:func:`bars_payee`).
    """
    now = timekeeping.now()
    held, instance = engine.load(case)
    if case.status in ENDED:
        # Paid, closed, and then returned by the bank: a further run, from the first review on.
        case.status, case.closed_at, case.solved = Status.HANDLING, None, False
        clocks.revive(case, clocks.RESOLVE, _("重新办理"))
        form = {**case.data, "automatic": False, "notice_days": 0}
        engine.start(case, run=held.run + 1, extra={"reopened": False, NOTICED: True, "form": form})
    else:
        before = engine.shown(instance)
        instance.message(PAYEE, {"outcome": "", NOTICED: True}, now)
        engine.save(case, held, instance, before)
    case.data = {**case.data, NOTICED: True}
    claim.state, claim.unit_reviewer, claim.finance_reviewer = S.REVIEW, None, None
    claim.unit_reviewed_at = claim.finance_reviewed_at = None


def bars_actions(case: Case) -> dict[str, str]:
    """What nobody does with a claim's case, and why."""
    return {
        "merge": _("申报不能并案:每一份申报单独审核、单独付款。"),
        "hand_over": _("申报由条款的主管单位审核,不能转给别的单位。"),
    }


def on_action(case: Case, actor: Person | None, name: str) -> None:
    """What the house's common actions mean for a claim.

    Raises:
        Conflict: the claim cannot be merged, or its money is on its way.
    """
    if barred := bars_actions(case).get(name):
        raise Conflict(barred)
    if name != "withdraw":
        return
    claim = claim_of(case)
    if claim.state in BEYOND_RECALL:
        raise Conflict(_("此申报%(s)s,不能撤回。") % {"s": claim.get_state_display()})
    if claim.state in Claim.ENDED:
        return
    claim.state, claim.settled_at = S.WITHDRAWN, timekeeping.now()
    ledger.release(claim, actor, reasons.WITHDRAWN)
    claim.save()


def on_timer(case: Case, step: str) -> None:
    """The public notice is over: the claim may be paid."""
    if step != NOTICE:
        return
    claim = claim_of(case)
    if claim.state == S.NOTICE:
        claim.state = S.PAYABLE
        claim.save()
        _to_finance(claim)


def notice_days(case: Case) -> int:
    """Days of public notice that a claim has before it, as its diagram counts them: the clause's on the day it was made."""
    return 0 if case.data.get(NOTICED) else int(case.data.get("notice_days") or 0)


def _give_notice(claim: Claim, case: Case) -> None:
    days = notice_days(case)
    if claim.state != S.NOTICE or not days:
        return
    now = timekeeping.now()
    name = hidden(claim.person_name) if claim.person_name else str(claim.business.name if claim.business else "")
    PublicNotice.objects.update_or_create(
        claim=claim, defaults={"name": name, "amount": claim.amount, "starts": now, "ends": now + timedelta(days=days)}
    )


def _to_finance(claim: Claim) -> None:
    """The clause's own finance department has the steps that the diagram gives to finance."""
    unit = claim.clause.finance_unit
    if unit is None or not claim.budget_id:
        return
    Task.objects.filter(case=claim.case_id, step__in=(FINANCE, PAY), status=Task.State.OPEN).exclude(unit=unit).update(
        unit=unit
    )
    engine.grant(claim.case, f"u{unit.pk}", "task")
