"""How a case ends, and comes back: confirm, rate, revisit, reopen, merge, withdraw."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit, statements
from yingshang.accounts.models import Person
from yingshang.cases import clocks, engine, events
from yingshang.cases.actions._base import Named, action, cancel_open_tasks, found, lock, move, step
from yingshang.cases.actions.climbing import climb
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import ENDED, Case, CaseProcess, Escalation, Rating, Revisit, Status, Task

#: A rating at or below this level reopens the case (好差评: 不满意、非常不满意).
BAD = Rating.Level.BAD


def _settle(case: Case, solved: bool) -> None:
    """What follows from "solved" or "not solved", whoever said it; *closed* and *solved* are two figures."""
    case.solved = solved
    if solved:
        statements.later(
            "UPDATE cases_escalation SET settled_at = %s WHERE case_id = %s AND settled_at IS NULL",
            [timekeeping.now(), case.pk],
        )
        clocks.stop(case, [clocks.RESOLVE, clocks.ESCALATION])
        cancel_open_tasks(case, Task.Kind.COHANDLE, Task.Kind.SIGN, Task.Kind.SUPERVISE, Task.Kind.SUPPLEMENT)
    else:
        clocks.resume(case, _("企业反映未解决"))


@action("confirm")
def confirm(case: Case, actor: Person | None, *, solved: bool, comment: str = "", key: str | None = None) -> None:
    """The enterprise says whether its problem is solved; if not, the case climbs a level and goes on.

    Raises:
        Invalid: "not solved" without saying what is still open.
    """
    if not solved and not comment.strip():
        raise Invalid(_("请告诉我们还有什么没解决。"), fields={"comment": _("请写明还没解决的地方")})
    outcome = "solved" if solved else "unsolved"
    task = step(case, outcome)
    _settle(case, solved)
    move(case, task, actor, outcome, comment)
    events.write(case, "confirmed" if solved else "not_solved", actor, key=key, comment=comment)
    if not solved:
        climb(case, actor, reason=comment, automatic=True)


@action("rate")
def rate(case: Case, actor: Person | None, *, level: int, comment: str = "", key: str | None = None) -> None:
    """好差评 in five levels; "dissatisfied" reopens a closed case.

    Raises:
        Invalid: a level outside 1–5, or a bad rating without a word why.
        Conflict: already rated since it was last answered.
    """
    if level not in Rating.Level.values:
        raise Invalid(_("评价分五级,请选择一级。"), fields={"level": _("请选择")})
    if level <= BAD and not comment.strip():
        raise Invalid(_("请说说哪里不满意,我们据此整改。"), fields={"comment": _("请写明不满意之处")})
    run = _run(case)
    if Rating.objects.filter(case=case, run=run).exists():
        raise Conflict(_("这次办理您已经评价过了,谢谢。"))
    Rating.objects.create(case=case, run=run, level=level, comment=comment, by=actor)
    case.rating = level
    if case.status == Status.ANSWERED:
        outcome = "solved" if level > BAD else "unsolved"
        task = step(case, outcome)
        _settle(case, level > BAD)
        move(case, task, actor, outcome, comment)
    events.write(case, "rated", actor, key=key, level=level, comment=comment)
    if level <= BAD:
        case.solved = False
        if case.status == Status.CLOSED:
            _reopen(case, actor, reason=comment, because="bad_rating")
        climb(case, actor, reason=comment, automatic=True)


@action("revisit")
def revisit(case: Case, actor: Person | None, *, solved: bool, note: str, key: str | None = None) -> None:
    """Call back as somebody who did not handle the case; "not solved" reopens it.

    Raises:
        Invalid: no note of the call.
        Conflict: already revisited since it was last answered.
    """
    if not note.strip():
        raise Invalid(_("请记下回访情况。"), fields={"note": _("请记下企业怎么说")})
    run = _run(case)
    if Revisit.objects.filter(case=case, run=run).exists():
        raise Conflict(_("这次办理已经回访过了。"))
    Revisit.objects.create(case=case, run=run, by=actor, solved=solved, note=note)
    outcome = "solved" if solved else "unsolved"
    was = case.status
    if was == Status.ANSWERED:
        task = step(case, outcome)
        _settle(case, solved)
        move(case, task, actor, outcome, note)
    else:
        case.solved = solved
    events.write(case, "revisited", actor, key=key, solved=solved, note=note)
    if not solved:
        if was == Status.CLOSED:
            _reopen(case, actor, reason=note, because="revisit")
        climb(case, actor, reason=note, automatic=True)


@action("reopen")
def reopen(case: Case, actor: Person | None, *, reason: str, key: str | None = None) -> None:
    """Open a closed case again; history and clock are kept.

    Raises:
        Invalid: no reason.
    """
    if not reason.strip():
        raise Invalid(_("请说明为什么要重新办理。"), fields={"reason": _("请写明理由")})
    _reopen(case, actor, reason=reason, because="asked", key=key)


def _run(case: Case) -> int:
    return CaseProcess.objects.values_list("run", flat=True).get(case=case)


def _reopen(case: Case, actor: Person | None, *, reason: str, because: str, key: str | None = None) -> None:
    """Start a further run of the same procedure version at its "reopened" branch."""
    case.status = Status.HANDLING if case.lead_unit_id else Status.POOL
    case.solved = False
    case.closed_at = None
    case.reopened += 1
    clocks.revive(case, clocks.RESOLVE, _("重新办理"))
    events.write(case, "reopened", actor, key=key, reason=reason, because=because)
    engine.start(case, run=_run(case) + 1)


def merge(case: Case | Named, actor: Person | None, *, into: Case | Named, reason: str, key: str | None = None) -> Case:
    """Merge a duplicate into the case that goes on; its asker reads that one from now on.

    Raises:
        Invalid: into itself, into an ended case, or into one that was merged itself.
        NotAllowed: the actor cannot read the case to merge into.
    """
    with transaction.atomic():
        case = found(case)
        try:
            into = found(into)
        except Case.DoesNotExist:
            said = _("没有找到要并入的办件。")
            raise Invalid(said, fields={"into": said}) from None
        # Locked in one order everywhere: two people who merge each into the other must not block one another.
        for each in sorted((case, into), key=lambda c: c.pk):
            lock(each)
        return _merge(case, actor, into=into, reason=reason, key=key)


@action("merge")
def _merge(case: Case, actor: Person | None, *, into: Case, reason: str, key: str | None = None) -> None:
    if into.pk == case.pk:
        raise Invalid(_("不能并入自身。"), fields={"into": _("请选择另一个办件")})
    target = lock(into)
    # Whoever asked in the merged case reads the other one from now on: that is not for somebody to give who may not.
    if actor is not None and not Case.objects.visible_to(actor).filter(pk=target.pk).exists():
        raise NotAllowed(_("您不能查看要并入的办件,因此不能并入。"))
    if target.status in ENDED:
        raise Invalid(_("%(n)s 已结束,请并入仍在办理的办件。") % {"n": target.number}, fields={"into": _("已结束")})
    now = timekeeping.now()
    case.merged_into = target
    case.status = Status.MERGED
    case.closed_at = now
    clocks.stop_all(case, cancel=True)
    cancel_open_tasks(case)
    for principal in case.access.exclude(principal__startswith="u").values_list("principal", flat=True):
        engine.grant(target, principal, "merged")
    Escalation.objects.filter(case=case, settled_at__isnull=True).update(settled_at=now)
    events.write(case, "merged", actor, key=key, into=target.number, reason=reason)
    events.write(target, "absorbed", actor, number=case.number, reason=reason)
    target.save()


@action("withdraw")
def withdraw(case: Case, actor: Person | None, *, reason: str, requested_by: str = "", key: str | None = None) -> None:
    """Withdraw a case. Who asked for it is on record: an official has to name the person who did.

    Raises:
        Invalid: no reason, or an official who does not say who asked.
    """
    if not reason.strip():
        raise Invalid(_("请写明撤回原因。"), fields={"reason": _("请写明撤回原因")})
    by_official = actor is not None and actor.is_official
    if by_official and not requested_by.strip():
        raise Invalid(_("工作人员代为撤回,须写明由谁提出。"), fields={"requested_by": _("请写明提出人")})
    requester = requested_by.strip() or (actor.name if actor else "系统")
    case.status = Status.WITHDRAWN
    case.closed_at = timekeeping.now()
    clocks.stop_all(case, cancel=True)
    cancel_open_tasks(case)
    Escalation.objects.filter(case=case, settled_at__isnull=True).update(settled_at=case.closed_at)
    events.write(case, "withdrawn", actor, key=key, reason=reason, requested_by=requester)
    audit.record(actor, "case.withdraw", "case", case.number, reason=reason, requested_by=requester)
