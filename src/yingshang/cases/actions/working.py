"""While the unit works on it: co-handling, signatures, supplements, messages, the answer."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Membership, Person, Unit
from yingshang.cases import clocks, engine, events, workflow
from yingshang.cases.actions._base import action, at_hand, done_before, finish, lock, move, step
from yingshang.cases.actions.dispatching import add_cohandler
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import ENDED, Case, Clock, Message, Status, Task


@action("co_handle")
def co_handle(
    case: Case, actor: Person | None, *, units: Sequence[Unit], note: str = "", key: str | None = None
) -> None:
    """Ask further units to work on the case together.

    Raises:
        Invalid: no unit, or one that is already the lead or co-handling, or takes no cases any more.
    """
    busy = set(
        Task.objects.filter(case=case, kind=Task.Kind.COHANDLE, status=Task.State.OPEN).values_list(
            "unit_id", flat=True
        )
    )
    wrong = [u for u in units if u.pk in busy or u.pk == case.lead_unit_id]
    if not units or wrong:
        names = "、".join(u.name for u in wrong)
        raise Invalid(
            _("请选择协办单位。") if not units else _("%(u)s 已在办理此件。") % {"u": names},
            fields={"units": _("请另选单位")},
        )
    if closed := next((u for u in units if not u.active), None):
        raise Invalid(_("「%(u)s」已停用,请选择其他单位。") % {"u": closed}, fields={"units": _("已停用")})
    for unit in units:
        add_cohandler(case, unit, note)
    events.write(case, "cohandlers_asked", actor, key=key, units=[u.name for u in units],
           units_en=[u.name_en for u in units], note=note)  # fmt: skip


@action("add_signers")
def add_signers(
    case: Case,
    actor: Person | None,
    *,
    people: Sequence[Person],
    mode: str = Task.Mode.ALL,
    note: str = "",
    key: str | None = None,
) -> None:
    """Ask people to sign: all of them, any of them, or one after the other; the answer waits for it.

    Raises:
        Invalid: nobody named, or an unknown mode. Conflict: a round of signing is still open.
    """
    if not people or len({p.pk for p in people}) != len(people):
        raise Invalid(_("请选择加签人,每人一次。"), fields={"people": _("请选择加签人")})
    if mode not in Task.Mode.values:
        raise Invalid(_("加签方式只有会签、或签、依次签三种。"), fields={"mode": _("请选择加签方式")})
    waiting = _open_signs(case)
    if waiting.exists():
        held = Membership.objects.held().filter(person__is_active=True).values("person_id")
        if not waiting.exclude(person_id__in=held).exists():
            raise Conflict(_("上一轮加签还没有结束。"))
        # It waits for somebody who has left: it would wait for ever, and the answer with it.
        waiting.update(status=Task.State.CANCELLED)
    for i, person in enumerate(people):
        engine.grant(case, f"p{person.pk}", "sign")
        Task.objects.create(
            case=case,
            kind=Task.Kind.SIGN,
            status=Task.State.WAITING if mode == Task.Mode.TURN and i else Task.State.OPEN,
            name="加签",
            name_en="Sign",
            person=person,
            mode=mode,
            sequence=i,
            note=note,
            due_at=case.due_at,
        )
    events.write(
        case, "signers_added", actor, key=key, public=False, people=[p.name for p in people],
        people_en=[p.name_en for p in people], mode=mode, note=note,
    )  # fmt: skip


def _open_signs(case: Case):  # type: ignore[no-untyped-def]
    return Task.objects.filter(case=case, kind=Task.Kind.SIGN, status__in=[Task.State.OPEN, Task.State.WAITING])


@transaction.atomic
def finish_task(task: Task, actor: Person, *, result: str, agree: bool = True, key: str | None = None) -> Task:
    """Finish a task beside the diagram: co-handling, a signature, a supervision.

    A refused signature ends the round: the handler revises and asks again. With "any", the first signature ends it;
    "in turn" opens the next.

    Raises:
        NotAllowed: the task is somebody else's.
        Conflict: somebody has done it already, or the case has ended.
        Invalid: no result, or a refusal without a reason.
    """
    case = lock(task.case)
    task = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if done_before(key):
        return task
    scope = scope_of(actor)
    if task.person_id not in (None, actor.pk) or (
        task.person_id is None and task.unit_id not in (scope.unit_ids | scope.led_unit_ids)
    ):
        raise NotAllowed(_("这项任务不是交给您的。"))
    if task.kind not in (Task.Kind.COHANDLE, Task.Kind.SIGN, Task.Kind.SUPERVISE):
        raise Invalid(_("这项任务请在办件的操作里完成。"))
    if case.status in ENDED:
        raise workflow.moved_on(case)
    if not result.strip() and (not agree or task.kind == Task.Kind.COHANDLE):
        raise Invalid(_("请写明意见。"), fields={"result": _("请写明意见")})
    finish(task, actor, "agree" if agree else "refuse", result)
    kind = {"cohandle": "cohandled", "sign": "sign_given" if agree else "sign_refused", "supervise": "supervision_done"}
    if task.kind == Task.Kind.SIGN:
        rest = _open_signs(case)
        if not agree or task.mode == Task.Mode.ANY:
            rest.update(status=Task.State.CANCELLED)
        elif task.mode == Task.Mode.TURN and (following := rest.order_by("sequence").first()):
            following.status = Task.State.OPEN
            following.save(update_fields=["status"])
    events.write(
        case,
        kind[task.kind],
        actor,
        key=key,
        public=task.kind == Task.Kind.COHANDLE,
        result=result,
        unit=task.unit.name if task.unit else "",
        unit_en=task.unit.name_en if task.unit else "",
    )
    case.save(update_fields=["events_count"])
    return task


@action("ask_supplement")
def ask_supplement(case: Case, actor: Person | None, *, what: str, key: str | None = None) -> None:
    """Ask the enterprise for what is missing, once for all; the case's clock pauses, visibly.

    Raises:
        Invalid: it does not say what is missing.
    """
    if not what.strip():
        raise Invalid(_("请一次性写清需要补充什么。"), fields={"what": _("请逐项列出需补充的内容")})
    case.data = {**case.data, "_before_supplement": case.status}
    case.status = Status.SUPPLEMENT
    clocks.pause(case, what)
    clocks.rest(case)
    Task.objects.create(
        case=case,
        kind=Task.Kind.SUPPLEMENT,
        name="补充材料",
        name_en="Supplement",
        actor="enterprise",
        business=case.business,
        person=None if case.business_id else case.submitter,
        note=what,
    )
    events.write(case, "supplement_asked", actor, key=key, what=what)


@action("supplement")
def supplement(case: Case, actor: Person | None, *, text: str, key: str | None = None) -> None:
    """The enterprise hands in what was asked; the clock goes on.

    Raises:
        Invalid: neither a text nor a new document.
    """
    task = Task.objects.filter(case=case, kind=Task.Kind.SUPPLEMENT, status=Task.State.OPEN).first()
    if task is None:
        raise workflow.moved_on(case)
    if not text.strip() and not case.documents.filter(uploaded_at__gte=task.opened_at).exists():
        raise Invalid(_("请补充说明或上传材料。"), fields={"text": _("请填写说明,或先上传材料")})
    finish(task, actor, "supplement", text)
    data = dict(case.data)
    case.status = data.pop("_before_supplement", Status.HANDLING)
    case.data = data
    clocks.resume(case, _("企业已补充"))
    events.write(case, "supplemented", actor, key=key, text=text)


@action("answer")
def answer(case: Case, actor: Person | None, *, text: str, key: str | None = None) -> None:
    """Give the answer; the enterprise is asked whether its problem is solved.

    Raises:
        Invalid: an empty answer.
        Conflict: signatures or co-handlers are still outstanding, or the enterprise has not been contacted.
    """
    if not text.strip():
        raise Invalid(_("请写明答复内容。"), fields={"text": _("请写明办了什么、结果如何")})
    beside = at_hand(case)
    signs = [t for t in beside if t.kind == Task.Kind.SIGN]
    if any(t.status in (Task.State.OPEN, Task.State.WAITING) for t in signs):
        raise Conflict(_("加签还没有完成,完成后再答复。"))
    given = [t for t in signs if t.outcome in ("agree", "refuse")]
    if given and given[-1].outcome == "refuse":
        raise Conflict(_("最近一轮加签未获同意:%(r)s。请修改后重新加签。") % {"r": given[-1].result})
    waiting = [t for t in beside if t.kind == Task.Kind.COHANDLE and t.status == Task.State.OPEN]
    if waiting:
        names = "、".join(t.unit.name for t in waiting if t.unit)
        raise Conflict(_("协办单位还没有反馈:%(u)s。可以催办。") % {"u": names})
    task = step(case, "answer")
    case.answer = text
    case.answered_at = timekeeping.now()
    clocks.pause(case, _("已答复,等待企业确认"))
    move(case, task, actor, "answer", text)
    events.write(case, "answered", actor, key=key, text=text)


@action("extend")
def extend(
    case: Case,
    actor: Person | None,
    *,
    amount: Decimal,
    reason: str,
    code: str = clocks.RESOLVE,
    key: str | None = None,
) -> None:
    """Extend a clock once, with a reason that the enterprise reads."""
    clock: Clock = clocks.extend(case, code, amount, reason)
    events.write(
        case,
        "extended",
        actor,
        key=key,
        amount=str(amount),
        basis=clock.basis,
        reason=reason,
        due=clock.due_at.isoformat(),
        clock=clock.name,
        clock_en=clock.name_en,
    )


@action("message")
def message(case: Case, actor: Person | None, *, text: str, public: bool = True, key: str | None = None) -> None:
    """Write to the other side, or (``public=False``) among officials.

    Raises:
        Invalid: empty or far too long.
    """
    if not text.strip() or len(text) > 4000:
        raise Invalid(_("请写 1 到 4000 字。"), fields={"text": _("请填写内容")})
    if actor is not None and not actor.is_official:
        public = True
    Message.objects.create(case=case, author=actor, text=text.strip(), public=public)
    events.write(case, "message", actor, key=key, public=public, text=text.strip()[:300])
