"""Who should handle this? The routing decision's proposal, and a suggestion learned from closed cases, both with reasons.

The decision table (``routing.dmn``) speaks first. Where it is not sure, the words of the demand are compared with those
of closed cases; a district without closed cases compares them with the duty descriptions of its units. A word counts by
what it tells (:mod:`yingshang.cases.wordweights`); a unit is proposed only when more speaks for it than for all others and
for none. A person decides whenever neither is sure.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from math import log, sqrt
from typing import Any

import jieba
import numpy as np

from yingshang.accounts import statements
from yingshang.accounts.models import Unit
from yingshang.accounts.statements import Prepared
from yingshang.cases.models import Case, Status
from yingshang.cases.wordweights import told, told_by_cases, told_by_language

jieba.setLogLevel(logging.WARNING)

#: A unit is proposed from this share on: more speaks for it than for everything else together.
OFFERED = 0.5
#: A learned proposal counts as sure from this share of probability on.
SURE = 0.85
#: What speaks for none of the units with duties, as a similarity: a word in passing does not name the one that has it.
NOBODY = 0.05
#: A word is named as a reason when it weighs at least this part of the weightiest.
NAMED = 0.2
#: Fewer closed cases than this teach nothing reliable: duty descriptions are used instead.
ENOUGH = 200
#: Newest closed cases to learn from.
SAMPLE = 20_000


def cut(text: str) -> list[str]:
    """Words of a Chinese or English text, single characters and blanks left out."""
    return [word for part in jieba.re_han_default.split(text) for word in _cut(part)]


@lru_cache(maxsize=20_000)
def _cut(part: str) -> tuple[str, ...]:
    """Words between two marks, which jieba cuts each for itself: set phrases come again and again."""
    return tuple(w for w in (t.strip().lower() for t in jieba.cut(part)) if len(w) > 1) if part else ()


def words_of(case: Case) -> list[str]:
    """The distinct words of a demand's title and text, in order."""
    return list(dict.fromkeys(cut(f"{case.title} {case.text}")))


@dataclass(frozen=True)
class Suggestion:
    """A unit proposed from words: its share of probability and the words that spoke for it."""

    unit: str
    share: float
    words: list[str]
    basis: str
    """``closed`` (learned from closed cases) or ``duties``."""
    count: int


class _Model:
    """Complement naive Bayes over words (closed cases) or TF-IDF similarity (duties), with the words that decided."""

    def __init__(self, texts: list[str], units: list[str], basis: str) -> None:
        # Imported here: only processes that route pay for loading it.
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.naive_bayes import ComplementNB
        from sklearn.preprocessing import normalize

        self.basis, self.count = basis, len(texts)
        vectorizer = TfidfVectorizer(analyzer=cut, norm=None, sublinear_tf=True, min_df=2 if basis == "closed" else 1)
        matrix = vectorizer.fit_transform(texts)
        self.names = vectorizer.get_feature_names_out()
        self._columns = vectorizer.vocabulary_
        self.tells = told_by_cases(matrix, units) if basis == "closed" else told_by_language(self.names)
        self._weights = vectorizer.idf_ * self.tells
        # What no unit's duties name counts as the rarest of words: it may be what the demand is about.
        self._unknown = 1 + np.log(1 + len(texts)) if basis == "duties" else 0.0
        matrix = normalize(matrix.multiply(self.tells).tocsr())
        #: What each word says for each unit; a word's usual say is taken off where units differ in all words.
        if basis == "closed":
            model = ComplementNB(alpha=0.3).fit(matrix, units)
            self.units, self._says = [str(u) for u in model.classes_], model.feature_log_prob_
            self._usual = self._says.mean(axis=0)
        else:
            self.units, self._says = units, matrix.toarray()
            self._usual = np.zeros(self._says.shape[1])

    def _row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Columns and weights of a text's words: what the vectorizer gives for one text, without its checks of many."""
        counts, unknown = Counter(cut(text)), 0.0
        found: dict[int, int] = {}
        for word, n in counts.items():
            if (column := self._columns.get(word)) is not None:
                found[column] = n
            elif self._unknown:
                unknown += ((1 + log(n)) * self._unknown * told(word)) ** 2
        columns = np.fromiter(found, dtype=np.intp, count=len(found))
        weights = (1 + np.log(np.fromiter(found.values(), dtype=float, count=len(found)))) * self._weights[columns]
        return columns, weights / (sqrt(float(weights @ weights) + unknown) or 1)

    def suggest(self, text: str) -> Suggestion | None:
        """The unit that the words speak for; None where they speak for none more than for all the others."""
        columns, weights = self._row(text)
        if not len(columns):
            return None
        says = self._says[:, columns]
        scores = says @ weights
        best = int(np.argmax(scores))
        if self.basis == "closed":
            shares = np.exp(scores - scores[best])
            share = float(1 / shares.sum())
        else:
            share = float(scores[best]) / (float(scores.sum()) + NOBODY)
        if share < OFFERED:
            return None
        # A word speaks for a unit by how much rarer it is everywhere else.
        reasons = weights * (says[best] - self._usual[columns])
        least = max(float(reasons.max()) * NAMED, 0)
        top = [str(self.names[columns[i]]) for i in np.argsort(-reasons)[:5] if reasons[i] > 0 and reasons[i] >= least]
        return Suggestion(self.units[best], share, top, self.basis, self.count)


_learned: tuple[object, _Model] | None = None
#: Inside :func:`pinned`: which unit codes are in use, as far as asked.
_pinned: ContextVar[dict[str, bool] | None] = ContextVar("pinned", default=None)


@contextmanager
def pinned() -> Iterator[None]:
    """Inside the block the model is looked at once and then kept: a batch asks for thousands of proposals in a row."""
    _model()
    token = _pinned.set({})
    try:
        yield
    finally:
        _pinned.reset(token)


def _model() -> _Model | None:
    """The model of this process; learned again when the closed cases have grown by a tenth."""
    global _learned
    if _pinned.get() is not None:
        return _learned[1] if _learned else None
    closed = Case.objects.filter(status=Status.CLOSED, lead_unit__isnull=False)
    # Capped: the exact number beyond the sample does not matter, and counting a million rows a demand would.
    n = closed.order_by()[:SAMPLE].count()
    stamp = ("closed", len(str(n)), n // max(ENOUGH, n // 10 or 1)) if n >= ENOUGH else ("duties", 0, 0)
    if _learned is not None and _learned[0] == stamp:
        return _learned[1]
    if n >= ENOUGH:
        rows = list(closed.order_by("-id").values_list("title", "text", "lead_unit__code")[:SAMPLE])
        model = _Model([f"{t} {x}" for t, x, _ in rows], [u for _, _, u in rows], "closed")
    else:
        units = list(Unit.objects.filter(active=True).exclude(duties="").values_list("code", "name", "duties"))
        if not units:
            return None
        model = _Model([f"{name} {duties}" for _, name, duties in units], [code for code, _, _ in units], "duties")
    _learned = (stamp, model)
    return model


def forget() -> None:
    """Drop the learned model (tests, and after a bulk import of history)."""
    global _learned
    _learned = None


#: An action changes no unit: what it has yet to write need not be sent for this.
_unit = Prepared(lambda code: Unit.objects.filter(code=code, active=True).only("id"), "‹code›", apart=True)


def _in_use(code: str) -> bool:
    """Whether there is such a unit and it takes cases."""
    known = _pinned.get()
    if known is None:
        return bool(_unit(code))
    if code not in known:
        known[code] = bool(_unit(code))
    return known[code]


def hear(case: Case, then: Callable[[Mapping[str, Any]], None]) -> None:
    """Have ``then`` hear what is proposed for a case before its procedure moves on by it, inside the present block.

    Whatever hangs on the proposal, such as what is promised, is then right from the first step on.
    """
    if (held := statements.memo()) is not None:
        held["proposed", case.pk] = then


def unheard(case: Case) -> bool:
    """Whether nothing was proposed since: the diagram does not ask."""
    return ("proposed", case.pk) in (statements.memo() or {})


def propose(case: Case, rule: Any) -> dict[str, Any]:
    """Combine the routing table's result with what the words suggest.

    Args:
        rule: result of the decision: None or a mapping with ``unit``, ``assisting``, ``sure``, ``reason``, ``reason_en``
            and, where the table recognises subjects, ``category``.

    Returns:
        ``{"unit", "assisting", "sure", "reasons": [{"by": "rule"|"words", ...}]}``; ``unit`` is a unit code or ``""``.
        ``category``, a code, stands there only when the rule by itself is sure and the case has none.
    """
    proposal = _proposal(case, rule)
    if isinstance(rule, Mapping) and rule.get("sure") and rule.get("category") and case.category_id is None:
        proposal["category"] = str(rule["category"])
    if then := (statements.memo() or {}).pop(("proposed", case.pk), None):
        then(proposal)
    return proposal


def _proposal(case: Case, rule: Any) -> dict[str, Any]:
    proposal: dict[str, Any] = {"unit": "", "assisting": [], "sure": False, "reasons": []}
    if isinstance(rule, Mapping) and rule.get("unit"):
        assisting = rule.get("assisting") or []
        proposal["unit"] = rule["unit"]
        proposal["assisting"] = [assisting] if isinstance(assisting, str) else list(assisting)
        proposal["sure"] = bool(rule.get("sure"))
        proposal["reasons"].append(
            {"by": "rule", "zh": str(rule.get("reason") or ""), "en": str(rule.get("reason_en") or "")}
        )
    if not proposal["sure"] and (model := _model()) and (s := model.suggest(f"{case.title} {case.text}")):
        agrees = s.unit == proposal["unit"]
        proposal["reasons"].append(
            {
                "by": "words",
                "unit": s.unit,
                "share": round(s.share, 3),
                "words": s.words,
                "basis": s.basis,
                "count": s.count,
                "agrees": agrees,
            }
        )
        if not proposal["unit"]:
            proposal["unit"] = s.unit
        # Two independent voices, or one learned from real closed cases and loud enough.
        if s.basis == "closed" and s.share >= SURE and (agrees or not rule):
            proposal["sure"] = True
    if proposal["unit"] and not _in_use(proposal["unit"]):
        # A table may name a unit that was closed or never existed here: a person decides, the reasons still show it.
        proposal["unit"], proposal["sure"] = "", False
    return proposal


def as_json(value: Mapping[str, Any]) -> dict[str, Any]:
    """The proposal as stored on the case; decimals of the engine become numbers that JSON has."""

    def plain(v: Any) -> Any:
        if isinstance(v, Mapping):
            return {str(k): plain(x) for k, x in v.items()}
        if isinstance(v, (list, tuple)):
            return [plain(x) for x in v]
        return float(v) if type(v).__name__ == "Decimal" else v

    result = plain(value)
    assert isinstance(result, dict)
    return result
