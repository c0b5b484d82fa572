"""The one set of documents of a project: what is there, which items use it, what is still asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from yingshang.accounts.models import localized
from yingshang.projects.models import Ask, Paper, Project, Request
from yingshang.projects.state import Standing


@dataclass(frozen=True)
class Sheet:
    """A kind of document of this project.

    Attributes:
        paper: what is held of it; None while it is missing.
        users: names of the items that need it. maker: the item that brings it forth, "" where the enterprise does.
        now: an item waits for it at this moment. deferred: it may follow later, by agreement.
    """

    kind: str
    name: str
    paper: Paper | None
    users: tuple[str, ...]
    maker: str
    now: bool
    deferred: bool


@dataclass(frozen=True)
class Asked:
    """A document that units ask for, in their words."""

    kind: str
    name: str
    missing: bool
    by: tuple[tuple[str, str], ...]


def sheets(standing: Standing) -> tuple[list[Sheet], list[Sheet]]:
    """What the enterprise brings, missing ones that something waits for first; and what the items bring forth."""
    held = {
        p.kind: p
        for p in Paper.objects.filter(project=standing.project, replaced_at__isnull=True).select_related("document")
    }
    users: dict[str, list[str]] = {}
    makers: dict[str, str] = {}
    waiting = {kind for kinds in standing.stuck.values() for kind in kinds}
    for item in sorted(standing.items.values(), key=lambda i: (i.planned_start, i.pk)):
        spec = standing.spec(item)
        for kind in dict.fromkeys((*spec.inputs, *spec.at_issue)):
            users.setdefault(kind, []).append(item.label)
        for kind in spec.outputs:
            makers[kind] = item.label
    deferred = {d for _c, d in standing.ways.deferred}
    brought, made = [], []
    for kind in dict.fromkeys([*users, *makers]):
        spec_of = standing.listed.documents[kind]
        if not spec_of.applicant and kind not in makers:
            continue
        sheet = Sheet(
            kind, name_of(standing, kind), held.get(kind), tuple(users.get(kind, ())), makers.get(kind, ""),
            kind in waiting and kind not in held, kind in deferred and kind not in held,
        )  # fmt: skip
        (brought if spec_of.applicant else made).append(sheet)
    brought.sort(key=lambda s: (s.paper is not None, not s.now))
    return brought, [m for m in made if m.paper]


def name_of(standing: Standing, kind: str) -> str:
    named = standing.listed.documents[kind].name
    return localized(named.zh, named.en)


def open_request(project: Project) -> Request | None:
    """What is being gathered, or is out with the enterprise, with all its questions."""
    rows = Request.objects.filter(project=project, state__in=[Request.State.GATHERING, Request.State.SENT])
    return rows.prefetch_related("asks__by__item__unit").first()


def asked(standing: Standing, asks: Iterable[Ask]) -> list[Asked]:
    """A request's questions, document by document."""
    return [
        Asked(
            a.kind,
            name_of(standing, a.kind),
            a.reason == Ask.Reason.MISSING,
            tuple((b.item.unit.label if b.item.unit else b.item.label, b.note) for b in a.by.all()),
        )
        for a in asks
    ]
