"""Cases that missing facts make: one for each combination of kinds of values that the logic can tell apart."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.values import kind_of

#: Cases that are told apart at most.
CASES = 5_000
#: Values of one fact that are tried in one place.
_TRIED = 40
#: Results that are listed at most.
_OUTCOMES = 20

#: Masks of a table's rules by the table, and a number by the fact itself where its values are all told apart.
State = tuple[int, ...]
Completion = dict[str, Any]


class Choice(NamedTuple):
    """One kind of value of a fact: an example, and what it leaves of a state, field by field (-1 leaves all)."""

    value: Any
    leaves: State


class Cases:
    """All cases of one decision.

    Attributes:
        facts: the missing facts that are asked.
        exact: whether every case has been looked at.
    """

    def __init__(self, choices: Mapping[str, Sequence[Choice]], told: bool, run: Callable[[Completion], Any]) -> None:
        """Args:
        choices: by fact.
        told: whether the choices of each fact stand for all its values.
        run: gives the decision's value for values of the facts.
        """
        self.facts = list(choices)
        self.exact = False
        self._choices = choices
        self._told = told
        self._run = run
        self._results: dict[State, Any] = {}
        self._values: dict[Any, Any] = {}

    # --- looking ------------------------------------------------------------------------------------------------------

    def result(self, state: State, completion: Completion) -> Any:
        """The result of a case, as something that can be compared."""
        key = self._results.get(state)
        if key is None:
            try:
                value = self._run(completion)
                key = comparable(value)
            except EvaluationError as error:
                value, key = None, ("error", error.message)
            self._results[state] = key
            self._values.setdefault(key, value)
        return key

    def outcomes(self) -> list[Any]:
        """Different results that were met, some of them where there are many."""
        return list(self._values.values())[:_OUTCOMES]

    def witnessed(self, tries: int) -> set[str]:
        """Facts that make a difference in one of the places looked at."""
        proven: set[str] = set()
        for base in self._bases():
            for fact in self.facts:
                if fact in proven:
                    continue
                if tries <= 0:
                    return proven
                choices = self._choices[fact][:: max(1, len(self._choices[fact]) // _TRIED)]
                tries -= len(choices)
                if len({self._at(base, fact, choice) for choice in choices}) > 1:
                    proven.add(fact)
            if len(proven) == len(self.facts):
                break
        return proven

    def _at(self, base: Mapping[str, Choice], fact: str, choice: Choice) -> Any:
        return self.result(*_joined({**base, fact: choice}))

    def _bases(self) -> Iterator[dict[str, Choice]]:
        """Places to look at: such that meet a rule of a table, then any."""
        first = {fact: choices[0] for fact, choices in self._choices.items()}
        yield first
        width = len(next(iter(first.values())).leaves)
        for at in range(width):
            # Bit by bit, what all facts together can leave of a field; for fields of facts there is nothing to meet.
            fields = [max((c.leaves[at] for c in choices), default=-1) for choices in self._choices.values()]
            for bit in range(max(fields).bit_length()):
                yield {
                    fact: next((c for c in choices if c.leaves[at] >> bit & 1), choices[0])
                    for fact, choices in self._choices.items()
                }
        chance = random.Random(20_230_615)  # the same places each time
        while True:
            yield {fact: chance.choice(choices) for fact, choices in self._choices.items()}

    def look_at_all(self) -> bool:
        """Look at every case; False where there are too many, or some cannot be told."""
        if not self.exact and self._told:
            states = self._states(self.facts)
            if states is not None:
                for state, completion in states.items():
                    self.result(state, completion)
                self.exact = True
        return self.exact

    def mattering(self) -> set[str]:
        """The facts that make a difference in some case; after all have been looked at."""
        proven = set()
        for fact in self.facts:
            others = self._states([f for f in self.facts if f != fact])
            assert others is not None
            for state in others:
                if len({self._results[_anded(state, c.leaves)] for c in self._choices[fact]}) > 1:
                    proven.add(fact)
                    break
        return proven

    def _states(self, facts: Sequence[str]) -> dict[State, Completion] | None:
        """The different cases of some facts, each with an example; None where there are too many."""
        width = len(next(iter(self._choices.values()))[0].leaves)
        states: dict[State, Completion] = {(-1,) * width: {}}
        for fact in sorted(facts, key=lambda f: len(self._choices[f])):
            following: dict[State, Completion] = {}
            for state, completion in states.items():
                for choice in self._choices[fact]:
                    joined = _anded(state, choice.leaves)
                    if joined not in following:
                        following[joined] = {**completion, fact: choice.value}
                if len(following) > CASES:
                    return None
            states = following
        return states


def _anded(a: State, b: State) -> State:
    return tuple(x & y for x, y in zip(a, b, strict=True))


def _joined(choices: Mapping[str, Choice]) -> tuple[State, Completion]:
    state: State | None = None
    for choice in choices.values():
        state = choice.leaves if state is None else _anded(state, choice.leaves)
    return state or (), {fact: c.value for fact, c in choices.items()}


def comparable(value: Any) -> Any:
    """Something that is equal for FEEL values that are the same: 1 and 1.0 are, true and 1 are not."""
    kind = kind_of(value)
    if isinstance(value, list):
        return kind, tuple(comparable(v) for v in value)
    if isinstance(value, dict):
        return kind, frozenset((k, comparable(v)) for k, v in value.items())
    return (kind, id(value)) if kind == "function" else (kind, value)
