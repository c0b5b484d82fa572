"""How a project moves by itself: what is ready starts, what waited is released, dates and phases follow."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Unit
from yingshang.cases import actions as case_actions
from yingshang.cases import clocks, engine
from yingshang.cases.models import Channel, Promise, Task
from yingshang.projects import locking, phases
from yingshang.projects.items import ItemSpec
from yingshang.projects.models import FollowUp, Project, ProjectItem
from yingshang.projects.state import Standing

SCENARIO, SERVICE, ITEM_SERVICE = "joint_review_center", "project", "item"
I = ProjectItem.State  # noqa: E741
#: Which date of a project the end of an item sets.
DATES = {
    "filing": "filing_on",
    "contract": "contract_on",
    "permit": "permit_on",
    "start": "start_on",
    "completion": "completion_on",
    "acceptance": "acceptance_on",
}


def advance(standing: Standing) -> None:
    """Start every item that is ready and has its documents, release what waited; the project is locked by the caller."""
    for item in standing.items.values():
        if item.state == I.WAITING and standing.ready(item):
            item.state, item.ready_at = I.PAPERS, timekeeping.now()
            item.save(update_fields=["state", "ready_at"])
        if item.state == I.PAPERS and not standing.lacking(item):
            _start(standing, item)
        if item.state == I.HELD and standing.may_end(item):
            _release(item)
    phases.follow(standing.project)
    _finish(standing)


def _start(standing: Standing, item: ProjectItem) -> None:
    """The item begins: a unit's as a case with its promised days, the enterprise's own as it is."""
    now = timekeeping.now()
    item.state, item.started_at = I.RUNNING, now
    if item.unit is not None:
        _open(standing, item, item.unit)
    item.save(update_fields=["state", "started_at", "case"])
    kept = calendar.load()
    for follow in standing.follow_ups:
        if follow.item is item and follow.kind == FollowUp.Kind.DEFERRED and follow.due is None:
            within = standing.spec(item).defer[follow.document]
            follow.due = kept.add_working_days(now.astimezone(timekeeping.SHANGHAI).date(), within)
            follow.save(update_fields=["due"])


def _open(standing: Standing, item: ProjectItem, unit: Unit) -> None:
    project, spec = standing.project, standing.spec(item)
    scenario, _slash, service = (spec.run or f"{SCENARIO}/{ITEM_SERVICE}").partition("/")
    units = list(dict.fromkeys([unit.code, *(u.code for u in (place(project, c) for c in spec.units) if u)]))
    case = case_actions.open_case(
        None,
        scenario=scenario,
        service=service,
        title=f"{item.name} · {project.name}"[:120],
        business=project.business,
        street=project.street,
        platform=project.platform,
        data={"item": item.code, "project": project.number, "unit": unit.code, "units": units},
        channel=Channel.PROJECT,
        vouched=True,
        key=f"project:{project.pk}:{item.code}:{item.attempt}",
    )
    engine.grant(case, f"u{project.case.lead_unit_id}", "project")
    let_read(project, spec, unit)
    if clocks.stop(case, [clocks.FIRST_CONTACT], cancel=True):
        # The scenario promises a call to who asks; nobody asked for this, and its diagram has no step for the call.
        Task.objects.filter(case=case, status=Task.State.OPEN).update(due_at=clocks.task_due(case))
    if item.days:
        clocks.start_for(case, clocks.RESOLVE, Decimal(item.days), Promise.Basis.WORKING_DAYS,
                         name=f"{item.name}办结", name_en=f"{item.name_en} done")  # fmt: skip
        case.save(update_fields=["due_at"])
    item.case = case


def let_read(project: Project, spec: ItemSpec, unit: Unit) -> None:
    """The units that take part in an item read the project's one set of documents: those that go along to the site, too."""
    for one in (unit, *(place(project, code) for code in spec.units)):
        if one is not None:
            engine.grant(project.case, f"u{one.pk}", "project")


def place(project: Project, code: str) -> Unit | None:
    """The unit of a code, where ``platform`` and ``street`` are the project's own."""
    if code == "platform":
        return project.platform or project.street
    if code == "street":
        return project.street or project.platform
    return Unit.objects.filter(code=code).first()


def hold(item: ProjectItem) -> None:
    """The unit has done its review ahead and waits for another's result: its promise rests meanwhile, and nothing is due.

    Its case is locked and saved by the caller.
    """
    item.state, item.held_at = I.HELD, timekeeping.now()
    item.save(update_fields=["state", "held_at"])
    if item.case:
        clocks.pause(item.case, _("已审查完毕,等待前置结果"))
        clocks.rest(item.case)


def _release(item: ProjectItem) -> None:
    """What it waited for is there: its promise goes on. Left to the next round while somebody is at its case."""
    if item.case_id is not None:
        case = locking.lock_if_free(item.case_id)
        if case is None:
            return
        clocks.resume(case, _("前置结果已有"))
        case.save(update_fields=["due_at", "overdue"])
    item.state, item.released_at = I.RUNNING, timekeeping.now()
    item.save(update_fields=["state", "released_at"])


def end(standing: Standing, item: ProjectItem, at: datetime | None = None) -> None:
    """An item is done: its date of the project is set, commitments are due to be verified, others go on."""
    project, spec = standing.project, standing.spec(item)
    item.state, item.finished_at = I.DONE, at or timekeeping.now()
    item.took = working_days(item)
    item.save(update_fields=["state", "finished_at", "took"])
    day = item.finished_at.astimezone(timekeeping.SHANGHAI).date()
    if spec.milestone:
        _mark(project, spec, day)
    for follow in standing.follow_ups:
        if follow.item is item and follow.kind == FollowUp.Kind.COMMITMENT and follow.due is None and spec.commit:
            follow.due = calendar.load().add_working_days(day, spec.commit.check_within)
            follow.save(update_fields=["due"])
    advance(standing)


def _mark(project: Project, spec: ItemSpec, day: object) -> None:
    """The first item of a milestone sets its date: the pit's permit is the first permit."""
    field = DATES[spec.milestone]
    if getattr(project, field) is None:
        setattr(project, field, day)
        project.save(update_fields=[field])


def working_days(item: ProjectItem) -> Decimal:
    """Working days from start to end, without the time for which it waited for another's result."""
    assert item.started_at and item.finished_at
    kept = calendar.load()
    seconds = kept.working_seconds_between(item.started_at, item.finished_at)
    if item.held_at:
        seconds -= kept.working_seconds_between(item.held_at, item.released_at or item.finished_at)
    return (Decimal(max(seconds, 0)) / kept.seconds_a_day).quantize(Decimal("0.001"))


def _finish(standing: Standing) -> None:
    project = standing.project
    if project.state == Project.State.RUNNING and all(i.state == I.DONE for i in standing.items.values()):
        project.state, project.finished_at = Project.State.DONE, timekeeping.now()
        project.save(update_fields=["state", "finished_at"])
        phases.close(project)
