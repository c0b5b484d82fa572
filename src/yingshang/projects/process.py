"""Between an item's case and its project: what each step of the diagram does to the project, in the step's transaction.

Scenarios whose cases can be items hand the kernel's named points on to :func:`on_step` and :func:`on_action`; so a step
does the same, whoever completes it and from wherever. A case that is no item of a project is left alone.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Person, localized
from yingshang.cases import catalog
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, Status, Task
from yingshang.projects import locking, moving
from yingshang.projects.models import FollowUp, Paper, Project, ProjectItem
from yingshang.projects.state import Standing

I = ProjectItem.State  # noqa: E741
#: Steps that the diagrams of items share: the review, and giving out the result.
REVIEW, ISSUE = "review", "issue"
#: Where units go to the site on an agreed day: the form that agrees it, its field, the step at which each signs what it found.
VISIT, DAY, SURVEY = "visit", "date", "survey"
#: What would move an item's case past its project.
NOT_ALONE = frozenset({"withdraw", "merge", "ask_supplement"})


def standing_of(case: Case) -> tuple[Standing, ProjectItem] | None:
    """The project of an item's case, locked, and the item; None for a case that is no item."""
    found = ProjectItem.objects.filter(case=case).values_list("project_id", "code").first()
    if found is None:
        return None
    standing = Standing(locking.lock(found[0]))
    item = standing.items[found[1]]
    item.case = case
    return standing, item


def bars_step(case: Case, task: Task) -> str:
    """Why nobody may complete a step now, whatever they write; "" where nothing stands against it.

    What :func:`on_step` refuses before it looks at what was written: asked by pages, so that they offer what is accepted.
    """
    if task.kind != Task.Kind.STEP:
        return ""
    if is_running(case):
        return _phases_follow()
    if task.step == SURVEY:
        return _before_visit(case)
    if task.step not in (REVIEW, ISSUE):
        return ""
    item = ProjectItem.objects.filter(case=case).select_related("project").first()
    if item is None:
        return ""
    if case.status == Status.SUPPLEMENT:
        return _supplementing()
    standing = Standing(item.project)
    return _against_issue(standing, standing.items[item.code]) if task.step == ISSUE else ""


def is_project(case: Case) -> bool:
    """Whether this is the case of a project itself."""
    return Project.objects.filter(case=case).exists()


def is_running(case: Case) -> bool:
    """Whether this is the case of a project that goes on: its phases follow its items. Once all is done, nothing moves it but
    people: an enterprise that is not content is answered."""
    return Project.objects.filter(case=case, state=Project.State.RUNNING).exists()


def _phases_follow() -> str:
    # Completed by hand a phase would be finished on the diagram while permits are still missing.
    return _("项目的阶段随各事项自动往前走,不用在这里完成;请到项目页办理本单位的事项。")


def visit_of(case: Case) -> date | None:
    """The day on which all units go to the site, where an item's case has agreed one."""
    if not case.data.get("item") or DAY not in catalog.get(case.scenario).forms.get(VISIT, {}).get("properties", {}):
        return None
    return parse_date(str(case.data.get(DAY, "")))


def _before_visit(case: Case) -> str:
    """Why nobody may sign yet what was found on the site: nobody has been there."""
    visit = visit_of(case)
    if visit is None or timekeeping.now().astimezone(timekeeping.SHANGHAI).date() >= visit:
        return ""
    return _("约定 %(d)s 到现场,到场后再签结论;改在别的日子去的,请牵头单位先改约。") % {"d": visit.isoformat()}


def _supplementing() -> str:
    return _("企业正在补正,补正后再办理。")


def on_step(case: Case, actor: Person | None, task: Task, outcome: str, note: str) -> None:
    """A person completes a step: after the review the item may wait for another's result; with its result it ends.

    Raises:
        Conflict, Invalid: it may not be completed so; says why. Conflict: a phase of the project's own case.
    """
    if is_running(case):
        raise Conflict(_phases_follow())
    if task.step == SURVEY and (against := _before_visit(case)):
        raise Conflict(against)
    if task.step not in (REVIEW, ISSUE):
        return
    if outcome == "refuse" and not note.strip():
        raise Invalid(_("请写明不予通过的理由,企业会看到。"), fields={"note": _("请写明理由")})
    found = standing_of(case)
    if found is None:
        return
    standing, item = found
    if case.status == Status.SUPPLEMENT:
        raise Conflict(_supplementing())
    if outcome == "refuse":
        item.state, item.finished_at = I.REFUSED, timekeeping.now()
        item.save(update_fields=["state", "finished_at"])
    elif task.step == REVIEW:
        if not standing.may_end(item):
            moving.hold(item)
    else:
        _issue(standing, item, actor)


def _issue(standing: Standing, item: ProjectItem, actor: Person | None) -> None:
    """Give out all results of an item at once.

    Raises:
        Conflict: another's result is still to come, documents are missing, or deferred ones are outstanding.
        Invalid: not as many numbers as results.
    """
    if against := _against_issue(standing, item):
        raise Conflict(against)
    spec = standing.spec(item)
    if item.state == I.HELD:
        # Everything was there, but nobody had released it yet.
        item.state, item.released_at = I.RUNNING, timekeeping.now()
        item.save(update_fields=["state", "released_at"])
    give_results(standing, item, numbers_of(item, len(spec.outputs)), actor)
    moving.end(standing, item)


def _against_issue(standing: Standing, item: ProjectItem) -> str:
    """What an item's result still waits for: others' results, the enterprise's documents, what was deferred."""
    if awaited := standing.awaited(item):
        return _("还要等:%(i)s。办好后即可发出。") % {"i": "、".join(i.label for i in awaited)}
    if lacking := standing.lacking(item, at_issue=True):
        return _("还缺材料:%(d)s。") % {"d": "、".join(name_of(standing, d) for d in lacking)}
    if standing.spec(item).milestone == "acceptance":
        deferred = [f for f in standing.follow_ups if f.kind == FollowUp.Kind.DEFERRED and f.settled_at is None]
        if deferred:
            names = "、".join(name_of(standing, f.document) for f in deferred)
            return _("容缺材料还没有补齐:%(d)s。补齐后才能出具验收意见。") % {"d": names}
    return ""


def so_soon(standing: Standing, item: ProjectItem) -> str:
    """Why completion can hardly be declared yet: it began today, or not half of the planned days are over; else ""."""
    if standing.spec(item).milestone != "completion" or item.started_at is None or item.state != I.RUNNING:
        return ""
    kept, now = calendar.load(), timekeeping.now()
    began = item.started_at.astimezone(timekeeping.SHANGHAI).date()
    used = Decimal(kept.working_seconds_between(item.started_at, now)) / kept.seconds_a_day
    planned = item.days or 0
    if used * 2 >= planned and began < now.astimezone(timekeeping.SHANGHAI).date():
        return ""
    told = {"b": began.isoformat(), "u": f"{used:.1f}".removesuffix(".0"), "p": planned}
    if planned:
        return _("%(b)s 才开工,计划施工 %(p)d 个工作日,现在只过了 %(u)s 个。") % told
    return _("%(b)s 刚开工。") % told


def numbers_of(item: ProjectItem, wanted: int) -> list[str]:
    """The numbers of the results as the unit wrote them (``numbers`` of the case's form), one for each.

    Raises:
        Invalid: not as many as there are results.
    """
    written = str((item.case.data if item.case else {}).get("numbers", ""))
    numbers = [n.strip() for n in re.split(r"[;；、\n]+", written) if n.strip()]
    if len(numbers) != wanted:
        raise Invalid(
            _("本事项共 %(n)d 份结果文书,请逐一填写编号,用“、”隔开。") % {"n": wanted},
            fields={"numbers": _("应有 %(n)d 个编号") % {"n": wanted}},
        )
    return numbers


def give_results(standing: Standing, item: ProjectItem, numbers: list[str], actor: Person | None) -> None:
    """Put an item's results among the project's documents, where all units find them."""
    for kind, number in zip(standing.spec(item).outputs, numbers, strict=True):
        named = standing.listed.documents[kind].name
        Paper.objects.create(
            project=standing.project,
            kind=kind,
            name=named.zh,
            name_en=named.en,
            number=number,
            item=item,
            given_by=actor,
        )
        standing.held.add(kind)


def name_of(standing: Standing, kind: str) -> str:
    """A document's name in the reader's language."""
    named = standing.listed.documents[kind].name
    return localized(named.zh, named.en)


def bars_actions(case: Case) -> dict[str, str]:
    """The actions that nobody has on this case, with the reason: the project does them for all its items together."""
    if is_project(case):
        alone = _("请在项目页终止项目,各单位会一并知悉。")
    elif ProjectItem.objects.filter(case=case).exists():
        alone = _("这是项目里的一个事项,不能单独撤回或并案。")
    else:
        return {}
    once = _("补正由联审中心汇总后一次告知,请在事项里提出。")
    return {name: once if name == "ask_supplement" else alone for name in NOT_ALONE}


def on_action(case: Case, actor: Person | None, name: str) -> None:
    """An item's case is not withdrawn, merged or sent back for supplements by itself: the project does that for all.

    Raises:
        NotAllowed: says where to do it instead.
    """
    if actor is None or name not in NOT_ALONE:
        return
    if against := bars_actions(case).get(name):
        raise NotAllowed(against)
