"""Find the way: what a project of this aim would have to do, before anybody applies for anything.

An aim in everyday words ("在这里开一家疫苗厂") is read by the table ``finding.dmn`` of ``joint_review_center`` into facts, each
with the word it was read from; what the asker says takes precedence. From the facts follow items, order, documents and time as in
any plan, and the clauses of policies that fit (:mod:`fitting`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.cases import engine
from yingshang.projects import applying, fitting, listing, moving, plan
from yingshang.projects.items import ListOfItems

#: What a project is taken to be where neither the aim nor the asker says it; shown as assumed.
ASSUMED: dict[str, Any] = {
    "kind": applying.KINDS["new_land"],
    "area": 10000,
    "environment": "报告表",
    "energy": 0,
    "soil": True,
    "special_fire": False,
    "hazardous": False,
    "drug": False,
    "drainage": True,
    "utilities": True,
    "levelling": False,
}
#: The reading that is no fact of a project's form: the code of the platform or street.
PLACE = "place"


@dataclass(frozen=True)
class Reading:
    """A fact, and where it comes from: ``said`` by the asker, ``read`` from a word of the aim, or ``assumed``."""

    fact: str
    value: Any
    source: str
    word: str = ""


@dataclass(frozen=True)
class Shortcut:
    """A way the list allows, and the working days it would gain on this plan."""

    kind: str
    item: str
    document: str
    gain: int


@dataclass(frozen=True)
class Way:
    """What an aim asks for.

    Attributes:
        readings: the facts it was planned by, with their origin.
        plan: items, order, dates, documents; begins today.
        documents: what is to be brought, with names.
        shortcuts: what could bring it forward.
        place: the code of the platform or street where it is to be built; "" where neither the aim nor the asker says it.
        clauses: policies' clauses that fit, each with what it fits by, those that fit by most first.
    """

    aim: str
    readings: tuple[Reading, ...]
    listed: ListOfItems
    plan: plan.Plan
    documents: tuple[tuple[str, str], ...]
    shortcuts: tuple[Shortcut, ...]
    clauses: tuple[fitting.Fit, ...]

    @property
    def facts(self) -> dict[str, Any]:
        """The facts by name, as a project is opened with."""
        return {r.fact: r.value for r in self.readings if r.fact != PLACE}

    @property
    def place(self) -> str:
        return next((str(r.value) for r in self.readings if r.fact == PLACE), "")


def read_aim(aim: str) -> list[Reading]:
    """The facts that an aim tells, each with the word it was read from; the first word for a fact counts."""
    model = engine.load_decision(moving.SCENARIO, "finding")
    found: dict[str, Reading] = {}
    for one in model.evaluate("understood", {"aim": aim[:500]}) or ():
        found.setdefault(one["fact"], Reading(one["fact"], _plain(one["value"]), "read", one["word"]))
    return list(found.values())


def _plain(value: Any) -> Any:
    return int(value) if not isinstance(value, bool | str) else value


def find(aim: str, facts: Mapping[str, Any] | None = None, start: date | None = None) -> Way:
    """The way of an aim.

    Args:
        aim: in everyday words; may be empty when the facts say enough.
        facts: what the asker says, by the names of ``forms/project.json``, and ``place``, the code of a platform or street;
            ``None`` values count as not said.
        start: the day on which the plan begins; today where left out.

    Raises:
        Invalid: no list of items is published.
    """
    said = {k: v for k, v in (facts or {}).items() if v is not None}
    readings = {r.fact: r for r in read_aim(aim)}
    readings |= {k: Reading(k, v, "said") for k, v in said.items()}
    readings |= {k: Reading(k, v, "assumed") for k, v in ASSUMED.items() if k not in readings}
    known = {k: r.value for k, r in readings.items() if k != PLACE}
    place = str(readings[PLACE].value) if PLACE in readings else ""
    listed = listing.read(listing.current().pk)
    codes = applying.applicable(listed, known)
    first = start or timekeeping.now().astimezone(timekeeping.SHANGHAI).date()
    planned = plan.assemble(listed, codes, first, calendar.load(), facts=known)
    named = [(d, str(listed.documents[d].name)) for d in planned.papers]
    return Way(
        aim=aim.strip(),
        readings=tuple(readings.values()),
        listed=listed,
        plan=planned,
        documents=tuple(named),
        shortcuts=tuple(_shortcuts(listed, codes, planned, known)),
        clauses=tuple(fitting.clauses(aim, known, place, first)),
    )


def _shortcuts(listed: ListOfItems, codes: list[str], planned: plan.Plan, known: Mapping[str, Any]) -> list[Shortcut]:
    kept = calendar.load()

    def gain(ways: plan.Ways) -> int:
        return planned.total - plan.assemble(listed, codes, planned.start, kept, ways=ways, facts=known).total

    found = []
    for spec in listed.items.values():
        if spec.stands_for in codes:
            found.append(Shortcut("stage", spec.code, "", gain(plan.Ways(staged=frozenset({spec.code})))))
        if spec.code in codes and spec.commit:
            found.append(Shortcut("commit", spec.code, "", gain(plan.Ways(committed=frozenset({spec.code})))))
        if spec.code in codes:
            found += [Shortcut("defer", spec.code, document, 0) for document in spec.defer]
    return sorted(found, key=lambda s: (-s.gain, s.kind, s.item))
