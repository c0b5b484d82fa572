"""Objecting to what is on public notice, and settling it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit, statements
from yingshang.accounts.models import Person
from yingshang.cases import clocks, events
from yingshang.cases.actions._base import cancel_open_tasks, lock
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, Status, Timer
from yingshang.policies import process, reasons
from yingshang.policies.models import Claim, Objection, PublicNotice
from yingshang.policies.people import belongs

#: Open objections to one notice: enough to be heard, too few to drown it.
MOST_OPEN = 50


@transaction.atomic
def object_to(notice: PublicNotice, *, name: str, contact: str, text: str) -> Objection:
    """Somebody, signed in or not, objects while the notice runs. Under their own name (实名), with a way to call back.

    Raises:
        Invalid: field by field. Conflict: the notice is over.
    """
    problems = {}
    if not name.strip() or len(name) > 60:
        problems["name"] = _("请填写姓名或单位名称")
    if not contact.strip() or len(contact) > 80:
        problems["contact"] = _("请填写联系方式,以便核实")
    if not text.strip() or len(text) > 2000:
        problems["text"] = _("请写明异议内容,2000 字以内")
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
    claim = Claim.objects.select_for_update(no_key=True).get(pk=notice.claim_id)
    now = timekeeping.now()
    if claim.state != Claim.State.NOTICE or not notice.starts <= now < notice.ends:
        raise Conflict(_("公示期已过,如有问题请向主管单位反映。"))
    if notice.objections.filter(settled_at__isnull=True).count() >= MOST_OPEN:
        raise Conflict(_("这一公示的异议正在集中核实,请稍后再提。"))
    return Objection.objects.create(
        notice=notice, name=name.strip(), contact=contact.strip(), text=text.strip(), at=now
    )


@transaction.atomic
def settle_objection(objection: Objection, actor: Person, *, upheld: bool, answer: str) -> Objection:
    """Settle an objection, by the clause's unit: rejected, the claim goes on; upheld, it is refused and its case closed,
    as by a refusal in review: the enterprise may have the case reopened, and may claim again.

    Raises:
        NotAllowed: the actor works elsewhere, or reviewed the claim themselves. Invalid: no answer.
        Conflict: settled already.
    """
    case_id = Claim.objects.values_list("case_id", flat=True).get(notice=objection.notice_id)
    with statements.gathered():
        case = lock(Case(pk=case_id))
        statements.remember(case)
        claim = process.claim_of(case)
        if not belongs(actor, claim.clause.owner_unit):
            raise NotAllowed(_("只有主管单位「%(u)s」可以处理异议。") % {"u": claim.clause.owner_unit})
        if actor.pk == claim.unit_reviewer_id:
            raise NotAllowed(_("审核过这份申报的人不能处理对它的异议。"))
        if not answer.strip():
            raise Invalid(_("请写明核实结果。"), fields={"answer": _("请写明核实结果")})
        fresh = Objection.objects.select_for_update().get(pk=objection.pk)
        if fresh.settled_at is not None:
            raise Conflict(_("这条异议已由%(who)s处理。") % {"who": fresh.settled_by})
        fresh.settled_by, fresh.settled_at = actor, timekeeping.now()
        fresh.upheld, fresh.answer = upheld, answer.strip()
        fresh.save()
        # Withdrawn meanwhile, or refused on account of another objection: there is nothing left to stop.
        if upheld and claim.state in (Claim.State.NOTICE, Claim.State.PAYABLE):
            _stop(case, claim, actor, answer.strip())
        audit.record(actor, "objection.settle", "claim", claim.number, upheld=upheld, answer=answer.strip())
    return fresh


def _stop(case: Case, claim: Claim, actor: Person, answer: str) -> None:
    if not process.stop(case, actor, reasons.upheld(answer)):
        # The diagram that it started on does not know of objections.
        case.status, case.closed_at = Status.CLOSED, timekeeping.now()
        clocks.stop_all(case, cancel=False)
        cancel_open_tasks(case)
        Timer.objects.filter(case=case, fired_at__isnull=True).delete()
    unit = claim.clause.owner_unit
    events.write(case, "objection_upheld", actor, reason=answer, unit=unit.name, unit_en=unit.name_en)
    statements.changes_later(case)
