"""What the page of an item's case shows of its project: the item in words, and the documents that are reviewed there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from yingshang.accounts.models import Person, Unit
from yingshang.cases.models import Case, Task
from yingshang.projects import process, rights
from yingshang.projects.models import Project, ProjectItem
from yingshang.projects.state import Standing
from yingshang.web.views.projects import papers
from yingshang.web.views.projects.papers import Sheet

#: What an item's case carries for the machine; said in words by the panel.
CODES = frozenset({"item", "project", "unit", "units"})


@dataclass(frozen=True)
class Panel:
    """An item as its case's page shows it.

    Attributes:
        item: None where the project no longer has it under this code. readable: whether the person reads the project.
        units: who takes part besides the unit in charge. waits: names of the items that its result waits for.
        own: documents that this item needs, those that are missing too. others: what else the project holds.
        visit: the day on which all go to the site, where one was agreed; movable: whether this person may change it.
    """

    project: Project
    item: ProjectItem
    readable: bool
    units: tuple[str, ...]
    waits: tuple[str, ...]
    own: tuple[Sheet, ...]
    others: tuple[Sheet, ...]
    visit: date | None
    movable: bool

    @property
    def told(self) -> frozenset[str]:
        """What of the case's form the panel says in its own words."""
        return CODES | {process.DAY} if self.visit else CODES

    @property
    def missing(self) -> int:
        """How many of its documents are not there, and not to follow later."""
        return sum(s.paper is None and not s.deferred for s in self.own)


def of(case: Case, person: Person) -> Panel | None:
    """The panel of an item's case; None for any other case."""
    if not (case.data.get("item") and case.data.get("project")):
        return None
    item = (
        ProjectItem.objects.filter(project__number=case.data["project"], code=case.data["item"])
        .select_related("project__case", "unit", "case")
        .first()
    )
    if item is None:
        return None
    project = item.project
    standing = Standing(project)
    spec = standing.spec(item)
    readable = Project.objects.visible_to(person).filter(pk=project.pk).exists()
    own, others = _sorted(standing, {*spec.inputs, *spec.at_issue}) if readable else ((), ())
    visit = process.visit_of(case)
    return Panel(
        project=project,
        item=item,
        readable=readable,
        units=tuple(_units(case)),
        waits=tuple(i.label for i in standing.awaited(item)) if item.state not in ProjectItem.ENDED else (),
        own=own,
        others=others,
        visit=visit,
        movable=visit is not None and _open_survey(case) and rights.is_unit(item, person),
    )


def _sorted(standing: Standing, wanted: set[str]) -> tuple[tuple[Sheet, ...], tuple[Sheet, ...]]:
    brought, made = papers.sheets(standing)
    own = sorted((s for s in (*brought, *made) if s.kind in wanted), key=lambda s: s.paper is not None)
    return tuple(own), tuple(s for s in (*brought, *made) if s.kind not in wanted and s.paper)


def _units(case: Case) -> Iterator[str]:
    """Who takes part, by name, in the order of the case."""
    codes = [c for c in case.data.get("units", ()) if c != case.data.get("unit")]
    names = {u.code: str(u) for u in Unit.objects.filter(code__in=codes)} if codes else {}
    yield from (names.get(c, c) for c in codes)


def _open_survey(case: Case) -> bool:
    return Task.objects.filter(case=case, step=process.SURVEY, status=Task.State.OPEN).exists()


def title_of(case: Case, panel: Panel | None) -> str:
    """What the first card of a case's page is about: a demand, an item of a project, or the project itself."""
    if panel is not None:
        return _("项目事项")
    return _("项目情况") if process.is_project(case) else _("诉求")
