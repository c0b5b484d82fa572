"""Cases that missing facts make: one for each combination of kinds of values that the logic can tell apart."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.single.comparing import comparable

#: Cases that are told apart at most.
CASES = 5_000
#: Values of one fact that are tried in one place.
_TRIED = 40
#: Places that are looked at before those that are chosen.
_AT_FIRST = 3
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
        told: whether the values of each fact stand for all that it can have.
        exact: whether every case has been looked at.
    """

    def __init__(
        self,
        values: Mapping[str, Sequence[Any]],
        leaves: Callable[[str, Any, int], State],
        told: bool,
        run: Callable[[Completion], Any],
        only_by_table: Callable[[], tuple[Any, ...]],
    ) -> None:
        """Args:
        values: examples by fact.
        leaves: what a fact's value leaves of a state, given its number among the fact's values.
        told: whether the values of each fact stand for all that it can have.
        run: gives the decision's value for values of the facts.
        only_by_table: the one value that a table can have, each of its inputs taken by itself; or nothing.
        """
        self.facts = list(values)
        self.exact = False
        self._examples = values
        self._leaves = leaves
        self.told = told
        self._run = run
        self.only_by_table = only_by_table
        self._tried: dict[tuple[int, ...], Any] = {}
        self._results: dict[State, Any] = {}
        self._values: dict[Any, Any] = {}

    @cached_property
    def _choices(self) -> dict[str, list[Choice]]:
        """The kinds of values that the logic tells apart, by fact."""
        choices = {}
        for fact, values in self._examples.items():
            kinds: dict[State, Choice] = {}
            for number, value in enumerate(values):
                leaves = self._leaves(fact, value, number)
                kinds.setdefault(leaves, Choice(value, leaves))
            choices[fact] = list(kinds.values())
        return choices

    # --- looking ------------------------------------------------------------------------------------------------------

    def result(self, completion: Completion) -> Any:
        """The result of a case, as something that can be compared."""
        # The examples stay where they are, so that their identity tells them apart.
        case = tuple(id(completion[fact]) for fact in self.facts)
        if case not in self._tried:
            try:
                value = self._run(completion)
                key = comparable(value)
            except EvaluationError as error:
                # Values that are tried may take the evaluation beyond its limits.
                value, key = error, ("error", error.message)
            self._values.setdefault(key, value)
            self._tried[case] = key
        return self._tried[case]

    def outcomes(self) -> list[Any]:
        """Different results that were met, some of them where there are many."""
        return [v for v in self._values.values() if not isinstance(v, EvaluationError)][:_OUTCOMES]

    def only_outcome(self) -> tuple[Any, ...]:
        """The one result of all cases in a tuple; nothing where there are several, or some have not been looked at.

        Raises:
            EvaluationError: every case goes beyond the limits.
        """
        if not self.exact or len(self._values) != 1:
            return ()
        (value,) = self._values.values()
        if isinstance(value, EvaluationError):
            raise value
        return (value,)

    def witnessed(self, tries: int) -> set[str]:
        """Facts that make a difference in one of the places looked at."""
        proven: set[str] = set()
        most = math.prod(len(values) for values in self._examples.values())
        for base in self._bases():
            if len(self._tried) >= most:
                break
            for fact in self.facts:
                if fact in proven:
                    continue
                if tries <= 0:
                    return proven
                values = self._examples[fact]
                tried = values[:: -(-len(values) // _TRIED)]
                tries -= len(tried)
                if len({self.result({**base, fact: value}) for value in tried}) > 1:
                    proven.add(fact)
            if len(proven) == len(self.facts):
                break
        return proven

    def example(self) -> Completion:
        """Some values of the facts."""
        return {fact: values[0] for fact, values in self._examples.items()}

    def fewest(self, besides: str) -> tuple[str, list[Any]]:
        """The fact with the fewest kinds of values besides one, with an example of each."""
        fact, kinds = min(((f, k) for f, k in self._choices.items() if f != besides), key=lambda c: len(c[1]))
        return fact, [choice.value for choice in kinds]

    def _bases(self) -> Iterator[Completion]:
        """Places to look at: any, then such that meet a rule of a table, then any again."""
        chance = random.Random(20_230_615)  # the same places each time
        for _ in range(_AT_FIRST):
            yield {fact: chance.choice(values) for fact, values in self._examples.items()}
        yield from self._meeting_rules()
        while True:
            yield {fact: chance.choice(values) for fact, values in self._examples.items()}

    def _meeting_rules(self) -> Iterator[Completion]:
        choices = self._choices
        for at in range(self._width):
            # Fields of facts have no rules to meet, and are short.
            most = max(c.leaves[at] for kinds in choices.values() for c in kinds)
            for bit in range(most.bit_length()):
                yield {
                    fact: next((c for c in kinds if c.leaves[at] >> bit & 1), kinds[0]).value
                    for fact, kinds in choices.items()
                }

    @property
    def _width(self) -> int:
        return len(next(iter(self._choices.values()))[0].leaves)

    def look_at_all(self) -> bool:
        """Look at every case; False where there are too many, or some cannot be told."""
        if not self.facts:
            self.result({})
            self.exact = True
        if not self.exact and self.told:
            states = self._states(self.facts)
            if states is not None:
                self._results = {state: self.result(completion) for state, completion in states.items()}
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
        states: dict[State, Completion] = {(-1,) * self._width: {}}
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
