"""What a decision comes to when some facts are not known: its value if none of them matters, else those that do.

A fact *matters* if there are values of the other missing facts for which the result depends on it. Where every missing
fact is only compared with constants, finitely many cases decide that exactly: the kinds of values of each fact are merged
where the known facts leave no difference between them, and joined case by case, equal cases once. Otherwise values are
tried: two that give different results prove that a fact matters; where none do, it is said to matter *possibly*.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from yingshang.decisions.feel.types import Type
from yingshang.decisions.nodes import Decision
from yingshang.decisions.run import Run
from yingshang.decisions.session import Session
from yingshang.decisions.single.cases import Cases, State
from yingshang.decisions.single.certainty import foreign_inputs
from yingshang.decisions.single.domains import Domain, domain
from yingshang.decisions.single.plan import ordered
from yingshang.decisions.single.uses import Asking, Uses
from yingshang.decisions.trace import plain, shown
from yingshang.decisions.values import from_python, to_python

if TYPE_CHECKING:
    from yingshang.decisions.model import Model

#: Evaluations that look for differences before all cases are told apart.
TRIES = 300
#: Assumptions that are made about other facts to find out about one; evaluations that look for differences then.
SPLITS = 200
_TRIES_ASSUMED = 60

_WORDS = {
    "zh": {
        "decided": "{decision}：{value}",
        "despite": "{decision}：{value}（缺少 {absent}，但不影响结果）",
        "unknown": "{decision}：缺少 {missing}，尚不能得出结果",
        "unsure": "{decision}：可能缺少 {possibly}，尚不能得出结果",
        "also": "；可能还需要 {possibly}",
        "and": "、",
    },
    "en": {
        "decided": "{decision}: {value}",
        "despite": "{decision}: {value} ({absent} not known, but it makes no difference)",
        "unknown": "{decision}: not known yet, for {missing} is missing",
        "unsure": "{decision}: not known yet; {possibly} may be missing",
        "also": "; {possibly} may be needed, too",
        "and": ", ",
    },
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a decision.

    Attributes:
        decision: its name.
        decided: whether the result is the same whatever the missing facts are.
        value: the result as Python has it; None where it is not decided.
        missing: facts that are certain to matter.
        possibly: facts of which that cannot be told; none where the answer is exact.
        absent: all facts that were not given.
        outcomes: results that are possible, some of them where there are many.
    """

    decision: str
    decided: bool
    value: Any = None
    missing: tuple[str, ...] = ()
    possibly: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    outcomes: tuple[Any, ...] = ()

    def qualified(self, prefix: str) -> Verdict:
        """The same in terms of a model that imports the decision."""
        missing, possibly, absent = (tuple(f"{prefix}{n}" for n in names) for names in
                                     (self.missing, self.possibly, self.absent))  # fmt: skip
        decision = f"{prefix}{self.decision}"
        return replace(self, decision=decision, missing=missing, possibly=possibly, absent=absent)

    def as_text(self, language: str = "zh") -> str:
        """In a sentence, Chinese (``zh``) or English (``en``)."""
        w = _WORDS[language]
        names = {k: w["and"].join(getattr(self, k)) for k in ("missing", "possibly", "absent")}
        about = {"decision": self.decision, "value": shown(from_python(self.value)), **names}
        if self.decided:
            return w["despite" if self.absent else "decided"].format(**about)
        if not self.missing:
            return w["unsure"].format(**about)
        return (w["unknown"] + (w["also"] if self.possibly else "")).format(**about)

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for JSON with decimals and dates as text."""
        return {
            "decision": self.decision,
            "decided": self.decided,
            "value": plain(self.value),
            "missing": list(self.missing),
            "possibly": list(self.possibly),
            "absent": list(self.absent),
            "outcomes": [plain(v) for v in self.outcomes],
        }


def missing(model: Model, decision: str, inputs: Mapping[str, Any], *, may_be_null: Collection[str] = ()) -> Verdict:
    """What can be said of a decision with the facts at hand.

    Args:
        decision: name of a decision.
        inputs: as :meth:`Model.evaluate` takes them. A fact that is not among them is unknown; one that is given as None
            is known to be null. An unknown fact is taken to have a value of its type, and where a table lists what it
            allows of the input, one of those; without any type, one of the kinds that it is compared with.
        may_be_null: unknown facts that may turn out to be null, too.

    Raises:
        DecisionError: no such decision, or one that goes beyond the limits with the facts at hand.
    """
    need = model.find("decision", decision)
    session = Session(model, model.given(inputs), Run())
    home = session.imported(need) if need.namespace else session
    start = f"{need.prefix}." if need.prefix else ""
    verdict = _Search(home, home.model.decisions[need.name], {n.removeprefix(start) for n in may_be_null}).verdict()
    return verdict if not start else verdict.qualified(start)


class _Search:
    """One question, answered in steps that each cost more."""

    def __init__(self, session: Session, decision: Decision, may_be_null: Collection[str]) -> None:
        self.model = session.model
        self.given = session.inputs
        self.decision = decision
        self.may_be_null = may_be_null
        self.order = ordered(self.model, [decision.name], set(self.given) - {decision.name})
        self.absent = _absent(self.model, self.order, self.given)
        self.certain: dict[str, Any] = {}

    def verdict(self) -> Verdict:
        """The answer."""
        cases = self._cases(self.decision)
        proven = cases.witnessed(TRIES)
        if (len(proven) < len(cases.facts) or not cases.facts) and not cases.look_at_all():
            # What is decided on the way makes the rest simpler.
            for below in self.order:
                self._settle(below)
            if self.decision.name in self.certain:
                return self._decided(self.certain[self.decision.name])
            cases = self._cases(self.decision)
            proven &= set(cases.facts)
            cases.look_at_all()
        if only := cases.only_outcome():
            return self._decided(only[0])
        proven = cases.mattering() if cases.exact else proven
        unsure: set[str] = set()
        for fact in cases.facts if not cases.exact else ():
            if fact not in proven:
                matters = self._matters(fact, {}, [SPLITS])
                (proven if matters else unsure if matters is None else set()).add(fact)
        if not proven and not unsure:
            # A result that no fact changes is the same for all of them.
            return self._decided(self._run(self.decision, cases.example()))
        return Verdict(
            self.decision.name,
            False,
            missing=tuple(f for f in self.absent if f in proven),
            possibly=tuple(f for f in self.absent if f in unsure),
            absent=self.absent,
            outcomes=tuple(to_python(v) for v in cases.outcomes()),
        )

    def _matters(self, fact: str, assumed: dict[str, Any], budget: list[int]) -> bool | None:
        """Whether a fact makes a difference for some values of the others, which are assumed one after the other.

        What is assumed makes other facts pointless, so that this goes further than looking at all cases together.

        Returns:
            None where that cannot be told.
        """
        budget[0] -= 1
        if budget[0] < 0:
            return None
        cases = self._cases(self.decision, assumed)
        if fact not in cases.facts:
            return False
        if cases.look_at_all():
            return fact in cases.mattering()
        if not cases.told and fact in cases.witnessed(_TRIES_ASSUMED):
            return True
        if len(cases.facts) == 1:
            return None
        other, values = cases.fewest(besides=fact)
        unsure = not cases.told
        for value in values:
            matters = self._matters(fact, {**assumed, other: value}, budget)
            if matters:
                return True
            unsure |= matters is None
        return None if unsure else False

    def _decided(self, value: Any) -> Verdict:
        known = to_python(value)
        return Verdict(self.decision.name, True, known, absent=self.absent, outcomes=(known,))

    def _settle(self, decision: Decision) -> None:
        """Find out whether a decision has one value only."""
        cases = self._cases(decision)
        cases.look_at_all()
        if only := cases.only_outcome() or cases.only_by_table():
            self.certain[decision.name] = only[0]

    def _run(self, decision: Decision, completion: Mapping[str, Any]) -> Any:
        return self.model.execute(decision.name, {**self.given, **self.certain, **completion}, Run())

    def _cases(self, decision: Decision, assumed: Mapping[str, Any] | None = None) -> Cases:
        given = {**self.given, **(assumed or {})}
        asking = Asking(Session(self.model, given, Run()), set(self.absent) - given.keys(), self.certain)
        uses = asking.follow(decision)
        facts = [f for f in self.absent if f in set(uses.facts)]
        domains = {f: self._domain(f, uses) for f in facts}
        told = all(d.complete and (f not in uses.open or d.finite) for f, d in domains.items())
        # Values that differ only in what tables make of them are one case; those of other facts are all told apart.
        merged = [f for f in facts if f not in uses.plain and f not in uses.open and domains[f].complete]
        fields = sorted({c.decision.name for f in facts for c in uses.columns.get(f, ())}) + [
            f for f in facts if f not in merged
        ]
        numbers = {name: n for n, name in enumerate(fields)}
        scopes: dict[str, Any] = {}

        def leaves(fact: str, value: Any, number: int) -> State:
            state = [-1] * len(fields)
            for column in uses.columns.get(fact, ()):
                name = column.decision.name
                if name not in scopes:
                    scopes[name] = asking.scope(column.decision)
                state[numbers[name]] &= column.mask_of_fact(value, asking.facts, scopes[name])
            if fact in numbers:
                state[numbers[fact]] = number
            return tuple(state)

        def by_table() -> tuple[Any, ...]:
            view = uses.views.get(decision.name)
            if view is None or not all(domains[c.fact].complete for c in view.columns if c.fact is not None):
                return ()
            scope = asking.scope(decision)
            return view.only_outcome(
                [c.mask(v, scope) for v in c.values]
                if c.fact is None
                else [c.mask_of_fact(v, asking.facts, scope) for v in domains[c.fact].values]
                for c in view.columns
            )

        values = {f: d.values for f, d in domains.items()}
        return Cases(
            values, leaves, told, lambda completion: self._run(decision, {**(assumed or {}), **completion}), by_table
        )

    def _domain(self, fact: str, uses: Uses) -> Domain:
        kind = _type_of(self.model, fact)
        found = domain(kind, uses.points.get(fact, ()), uses.allowed.get(fact, ()), fact in uses.open)
        if fact in self.may_be_null:
            return Domain((*found.values, None), found.complete, found.finite)
        # A type that allows nothing leaves nothing to try but null.
        return found if found.values else Domain((None,), False, False)


def _absent(model: Model, order: Sequence[Decision], given: Mapping[str, Any]) -> tuple[str, ...]:
    """The inputs that some decisions require and that are not given, in the order of the model."""
    names: dict[str, None] = {}
    for decision in order:
        for need in decision.needs:
            if need.namespace and need.kind in ("input", "decision"):
                around = given.get(need.prefix) if need.prefix else None
                nested = around if isinstance(around, dict) else {}
                start = f"{need.prefix}." if need.prefix else ""
                for name in sorted(foreign_inputs(model, need)):
                    if name not in given and name.removeprefix(start) not in nested:
                        names[name] = None
            elif need.kind == "input" and need.name not in given:
                names[need.name] = None
    own = [n for n in model.input_data if n in names]
    return (*own, *(n for n in names if n not in model.input_data))


def _type_of(model: Model, fact: str) -> Type | None:
    if fact in model.input_data:
        return model.input_data[fact].type
    for namespace, prefix in model.prefixes.items():
        name = fact.removeprefix(f"{prefix}.") if prefix else fact
        found = model.imports[namespace].input_data.get(name)
        if found is not None and (not prefix or fact.startswith(f"{prefix}.")):
            return found.type
    return None
