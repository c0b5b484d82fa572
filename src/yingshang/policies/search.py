"""Finding clauses by the words a person uses: "退税", "招大学生有补贴吗", "药厂代工".

All clauses are at hand when the page is made, so nothing is asked of the database. A question is cut into words as the
routing of demands cuts it; words that stand in the clause's title or in the list of everyday words count most. A word that
is nowhere counts by the pairs of characters it shares, so that 大学毕业生 finds 高校毕业生.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from yingshang.cases.routing import cut

#: Words of a question that say nothing of what is looked for.
IDLE = frozenset(
    "我们 什么 怎么 有没有 可以 能够 哪些 多少 如何 政策 补贴 奖励 申请 申报 享受 企业 公司 钱塘 办理 请问 想要".split()
    + "the and for what how policy".split()
)
#: What a word counts where it stands.
_WEIGHTS = (("names", 6), ("everyday", 6), ("summary", 3), ("text", 2))
#: Most that pairs of characters count, for a word that stands nowhere.
_LIKE = 2


class Searched(Protocol):
    """What is searched of a clause."""

    title: str
    title_en: str
    summary: str
    summary_en: str
    quote: str
    words: list[str]


T = TypeVar("T", bound=Searched)


@dataclass(frozen=True)
class _Text:
    names: str
    everyday: str
    summary: str
    text: str
    pairs: frozenset[str]


def _of(clause: Searched, policy: str) -> _Text:
    return _text(
        f"{clause.title} {clause.title_en} {policy}".lower(),
        " ".join(clause.words).lower(),
        f"{clause.summary} {clause.summary_en}".lower(),
        clause.quote.lower(),
    )


@lru_cache(maxsize=2_000)
def _text(names: str, everyday: str, summary: str, text: str) -> _Text:
    return _Text(names, everyday, summary, text, _pairs(f"{names} {everyday} {summary}"))


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(len(text) - 1) if not text[i : i + 2].isspace())


def asked(question: str) -> list[str]:
    """The words of a question that are looked for; all of them where nothing else is left."""
    question = question.lower().strip()[:200]
    words = list(dict.fromkeys(cut(question)))
    telling = [w for w in words if w not in IDLE]
    return telling or words or ([question] if question else [])


def score(clause: Searched, policy: str, words: Iterable[str]) -> float:
    """How well a clause answers to these words; 0 when it does not."""
    text = _of(clause, policy)
    return sum(_word(text, w) for w in words)


def _word(text: _Text, word: str) -> float:
    found = sum(weight for place, weight in _WEIGHTS if word in getattr(text, place))
    # An everyday word inside a longer word of the question counts as well: 免费住酒店 has 住酒店.
    found = found or 4 * any(len(w) > 1 and w in word for w in text.everyday.split())
    if found or len(word) < 2 or word.isascii():
        return found
    pairs = _pairs(word)
    shared = len(pairs & text.pairs) / len(pairs)
    return _LIKE * shared if shared >= 0.5 else 0


def find(clauses: Iterable[tuple[T, str]], question: str) -> list[T]:
    """Clauses (each with the name of its policy) that answer to a question, the best first."""
    words = asked(question)
    scored = [(score(c, policy, words), -i, c) for i, (c, policy) in enumerate(clauses)] if words else []
    return [c for s, _i, c in sorted(scored, key=lambda s: s[:2], reverse=True) if s > 0]
