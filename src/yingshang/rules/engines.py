"""A rule's model, compiled, and what it says of one subject: eligible, not eligible, unknown; how much; what is lacking."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from yingshang import decisions
from yingshang.decisions.single.near import NearMiss
from yingshang.rules import documents
from yingshang.rules.documents import AMOUNT, ELIGIBLE, NOTE
from yingshang.rules.models import RuleVersion
from yingshang.rules.threefold import Threefold, threefold

#: Answers of a rule.
ELIGIBLE_STATE, NOT_ELIGIBLE, UNKNOWN = "eligible", "not_eligible", "unknown"


def fen(amount: Decimal) -> Decimal:
    """An amount of yuan to the fen, half up."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Outcome:
    """What a rule says of one subject.

    Attributes:
        state: eligible, not_eligible or unknown.
        amount: yuan; None where the clause pays no money, or nothing is granted.
        note: the model's own words, "" for none.
    """

    state: str
    amount: Decimal | None = None
    note: str = ""


class Engine:
    """A rule's model, ready for one subject after another.

    Attributes:
        model: as it was published; explanations come from it.
        threefold: the model that also answers *unknown*; see :mod:`yingshang.rules.threefold`.
        decision: name of the decision that gives the result.
        inputs: names of the facts that it reads.
        pays: whether it grants money.
    """

    def __init__(self, document: str, decision: str) -> None:
        self.decision = decision
        self.model = decisions.load(document.encode())
        self.form: Threefold = threefold(document)
        self.threefold = decisions.load(self.form.xml.encode())
        self.inputs = self.model.inputs
        self.pays = documents.pays(documents.parse(document), decision)

    def outcome(self, facts: Mapping[str, Any]) -> Outcome:
        """What the rule says; facts that are not among ``facts``, or None, are not known.

        Raises:
            EvaluationError: an evaluation beyond the limits.
        """
        result = self.threefold.evaluate(self.decision, {n: facts.get(n) for n in self.inputs})
        if not isinstance(result, dict) or result.get(ELIGIBLE) is None:
            return Outcome(UNKNOWN)
        if result[ELIGIBLE] is not True:
            return Outcome(NOT_ELIGIBLE, note=result.get(NOTE) or "")
        amount = result.get(AMOUNT)
        # Eligible, but for how much depends on what is not known.
        if self.pays and amount is None:
            return Outcome(UNKNOWN)
        return Outcome(ELIGIBLE_STATE, fen(amount) if self.pays else None, result.get(NOTE) or "")

    def near_misses(self, facts: Mapping[str, Any]) -> list[NearMiss]:
        """Rules of the published table of which one known condition alone is not met, with the smallest change that would.

        The same misses as a population run stores, in the same order; facts that are not known are taken to fit.
        """
        known = {n: facts.get(n) for n in self.inputs}
        found = [
            m
            for m in self.threefold.near_misses(self.decision, known)
            if m.decision == self.form.table and len(m.failed) == 1 and m.failed[0].value is not None
            and self._grants(m)
        ]  # fmt: skip
        seen: dict[int, NearMiss] = {}
        for miss in sorted(found, key=lambda m: m.rule):
            seen.setdefault(self.form.rules[miss.rule - 1], miss)
        return list(seen.values())

    def _grants(self, miss: NearMiss) -> bool:
        return dict(miss.outputs).get(ELIGIBLE) is not False

    def missing(self, facts: Mapping[str, Any]) -> list[str]:
        """Names of unknown facts on which the result depends, those that matter for certain first; none unless the
        outcome is unknown."""
        if self.outcome(facts).state != UNKNOWN:
            return []
        known = {n: v for n in self.inputs if (v := facts.get(n)) is not None}
        verdict = self.model.missing(self.decision, known)
        return [*verdict.missing, *verdict.possibly]


#: Engines of this process, those that were used last behind; sliders make new documents all the time.
_engines: OrderedDict[tuple[str, str], Engine] = OrderedDict()
_MOST_ENGINES = 512
_lock = threading.Lock()


def compiled(digest: str, decision: str, document: str | Callable[[], str]) -> Engine:
    """The engine of a document, compiled once a process; the document, or what fetches it, is asked only then."""
    key = (digest, decision)
    with _lock:
        if key in _engines:
            _engines.move_to_end(key)
            return _engines[key]
    made = Engine(document if isinstance(document, str) else document(), decision)
    with _lock:
        _engines[key] = made
        while len(_engines) > _MOST_ENGINES:
            _engines.popitem(last=False)
    return made


def engine(version: RuleVersion) -> Engine:
    """The engine of a version; its document may be deferred."""
    return compiled(version.digest, version.model.decision, lambda: version.xml)
