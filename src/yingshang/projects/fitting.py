"""Which clauses of policies fit a project: by the place where it is built, its kind, its industry, and the words of its aim.

Each clause is shown with what it fits by, so that nobody wonders why. What is a clause of a street or a platform fits there
only. What kind and industry say is a table (``finding.dmn``, ``topics``): it names everyday words, and a clause that lists
one of them among its own fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yingshang.accounts.models import Unit
from yingshang.cases import engine
from yingshang.policies.models import Clause
from yingshang.policies.verdicts import offered_on
from yingshang.projects import moving

#: Everyday words that nearly every project has in it: they tell nothing.
IDLE = frozenset(
    "投资 投入 用地 园区 改造 优先 创新 奖励 补助 补贴 示范 贡献 人才 困难 仓库 政策 街道政策 专项资金".split()
)
#: Kinds of units whose policies hold in their own area.
AREAS = (Unit.Kind.STREET, Unit.Kind.PLATFORM)


@dataclass(frozen=True)
class Reason:
    """What a clause fits by: ``place``, a fact of the project (``kind``, ``drug``), or a ``word`` of the aim."""

    by: str
    word: str = ""


@dataclass(frozen=True)
class Fit:
    """A clause that fits a project, and why."""

    clause: Clause
    reasons: tuple[Reason, ...]


def clauses(aim: str, known: Mapping[str, Any], place: str, on: date) -> list[Fit]:
    """The clauses in force on a day that fit a project, those that fit by most first.

    Args:
        known: the project's facts. place: the code of its platform or street; "" where it is not known.
    """
    topics = _topics(aim, known)
    areas = dict(Unit.objects.filter(kind__in=AREAS).values_list("pk", "code"))
    found = []
    for clause in offered_on(on):
        # What is paid to persons is no matter of a project.
        if clause.subject == Clause.Subject.BUSINESS and (
            reasons := tuple(_reasons(clause, aim, topics, place, areas))
        ):
            found.append(Fit(clause, reasons))
    return sorted(found, key=lambda f: -len(f.reasons))


def _topics(aim: str, known: Mapping[str, Any]) -> list[tuple[str, Reason]]:
    """Everyday words that the kind, the industry and the aim of a project stand for."""
    model = engine.load_decision(moving.SCENARIO, "finding")
    given = {"aim": aim[:500], "kind": known.get("kind"), "drug": known.get("drug")}
    rows = model.evaluate("topics", given) or ()
    return [(r["topic"], Reason("word", r["word"]) if r["fact"] == "aim" else Reason(r["fact"])) for r in rows]


def _reasons(
    clause: Clause, aim: str, topics: Iterable[tuple[str, Reason]], place: str, areas: Mapping[int, str]
) -> Iterator[Reason]:
    area = _area_of(clause, areas)
    here = bool(place) and place in (area, clause.owner_unit.code)
    if area and not here:
        return
    if here:
        yield Reason("place")
    seen = set()
    for topic, reason in topics:
        if topic in clause.words and reason not in seen:
            seen.add(reason)
            yield reason
    for word in clause.words if not here else ():
        if len(word) > 1 and word not in IDLE and word in aim and Reason("word", word) not in seen:
            yield Reason("word", word)


def _area_of(clause: Clause, areas: Mapping[int, str]) -> str:
    """The code of the street or platform in which alone a clause holds; "" where it holds in the whole district."""
    owner = clause.owner_unit
    return areas.get(clause.policy.issuer_unit_id or 0) or (owner.code if owner.kind == Unit.Kind.STREET else "")
