"""Whom a rule reaches, by street, industry, size and age; the distribution of amounts; what near misses lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from yingshang.rules.verdicts import codes, fens

#: Sections of GB/T 4754-2017, the letter that an industry code begins with.
SECTIONS = {
    "A": ("农、林、牧、渔业", "Agriculture"),
    "B": ("采矿业", "Mining"),
    "C": ("制造业", "Manufacturing"),
    "D": ("电力、热力、燃气及水生产和供应业", "Energy and water supply"),
    "E": ("建筑业", "Construction"),
    "F": ("批发和零售业", "Wholesale and retail"),
    "G": ("交通运输、仓储和邮政业", "Transport, storage and post"),
    "H": ("住宿和餐饮业", "Hotels and catering"),
    "I": ("信息传输、软件和信息技术服务业", "Information technology"),
    "J": ("金融业", "Finance"),
    "K": ("房地产业", "Real estate"),
    "L": ("租赁和商务服务业", "Leasing and business services"),
    "M": ("科学研究和技术服务业", "Research and technical services"),
    "N": ("水利、环境和公共设施管理业", "Environment and public facilities"),
    "O": ("居民服务、修理和其他服务业", "Resident services and repair"),
    "P": ("教育", "Education"),
    "Q": ("卫生和社会工作", "Health and social work"),
    "R": ("文化、体育和娱乐业", "Culture, sports and entertainment"),
    "S": ("公共管理、社会保障和社会组织", "Public administration"),
    "T": ("国际组织", "International organisations"),
}
#: Bands of full years since founding: the first year that a band has no more, and its name; the last band has no end, its
#: year only stands for it in a query.
AGES = ((1, "不满1年", "under 1 year"), (3, "1–3年", "1–3 years"), (5, "3–5年", "3–5 years"),
        (10, "5–10年", "5–10 years"), (1000, "10年以上", "10 years and over"))  # fmt: skip
UNKNOWN = ("未知", "not known")
SIZES = {"大型": "large", "中型": "medium", "小型": "small", "微型": "micro", "不适用": "not applicable"}
#: What results are divided by.
BY = ("street", "industry", "size", "age")
BARS = 12


@dataclass(frozen=True)
class Part:
    """Part of the eligible: how many, and their amounts in yuan; ``key`` stands for it in a query."""

    key: str
    label: str
    label_en: str
    number: int
    amount: Decimal


@dataclass(frozen=True)
class Bar:
    """How many get at least ``low`` and less than ``high`` yuan; the last bar has its upper end as well."""

    low: Decimal
    high: Decimal
    number: int


@dataclass(frozen=True)
class Lacking:
    """How many just miss the rule for one condition; ``text`` as :data:`~.verdicts.SCHEMA` has it."""

    text: str
    rule: int
    label: str
    test: str
    number: int


def parts(results: pa.Table, population: pa.Table, by: str) -> list[Part]:
    """The eligible by street, industry, size or age; of one population's businesses, row by row.

    Raises:
        KeyError: nothing else.
    """
    groups, labels = {"street": _streets, "industry": _industries, "size": _sizes, "age": _ages}[by](population)
    eligible = codes(results) == 0
    numbers = np.bincount(groups[eligible], minlength=len(labels))
    # Whole fen, exact in doubles below 2^53.
    sums = np.bincount(groups[eligible], weights=fens(results)[eligible], minlength=len(labels))
    return [
        Part(key, zh, en, int(n), Decimal(int(s)).scaleb(-2))
        for (key, zh, en), n, s in zip(labels, numbers, sums, strict=True)
        if n
    ]


Labels = list[tuple[str, str, str]]
Ints = np.ndarray[Any, np.dtype[Any]]


def coded(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Codes and words of a column of texts; what is not known has the code behind the last."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.unify_dictionaries().combine_chunks()
    words = array.dictionary.to_pylist()
    return np.asarray(array.indices.fill_null(len(words))).astype(np.int64), words


def _streets(population: pa.Table) -> tuple[Ints, Labels]:
    found, words = coded(population["街道"])
    return found, [*((w, w, "") for w in words), ("", *UNKNOWN)]


def _industries(population: pa.Table) -> tuple[Ints, Labels]:
    found, words = coded(population["行业代码"])
    letters = list(SECTIONS)
    places = [letters.index(w[0]) if w and w[0] in SECTIONS else len(letters) for w in words]
    return np.asarray([*places, len(letters)])[found], [*((k, *v) for k, v in SECTIONS.items()), ("", *UNKNOWN)]


def _sizes(population: pa.Table) -> tuple[Ints, Labels]:
    found, words = coded(population["企业规模"])
    order = list(SIZES)
    places = [order.index(w) if w in SIZES else len(order) for w in words]
    return np.asarray([*places, len(order)])[found], [*((k, k, v) for k, v in SIZES.items()), ("", *UNKNOWN)]


def _ages(population: pa.Table) -> tuple[Ints, Labels]:
    years = population["成立年数"].combine_chunks()
    ends = np.asarray([end for end, _, _ in AGES[:-1]])
    bands = np.searchsorted(ends, np.asarray(years.fill_null(0)), side="right")
    labels = [*((str(end), zh, en) for end, zh, en in AGES), ("", *UNKNOWN)]
    return np.where(np.asarray(years.is_null()), len(AGES), bands), labels


def bars(results: pa.Table) -> list[Bar]:
    """The distribution of the amounts; none where nobody gets money. One bar where all get the same."""
    amounts = fens(results)[(codes(results) == 0) & ~np.asarray(results["amount"].is_null().combine_chunks())]
    if not len(amounts):
        return []
    low, high = int(amounts.min()), int(amounts.max())
    edges = np.unique(np.linspace(low, high, BARS + 1).astype(np.int64)) if high > low else np.asarray([low, low])
    numbers = np.histogram(amounts, edges)[0] if high > low else np.asarray([len(amounts)])
    yuan = [Decimal(int(e)).scaleb(-2) for e in edges]
    return [Bar(a, b, int(n)) for a, b, n in zip(yuan, yuan[1:], numbers, strict=False)]


def lacking(results: pa.Table) -> list[Lacking]:
    """The near misses by what they lack, the most frequent first."""
    found, words = coded(results["lack"])
    numbers = np.bincount(found, minlength=len(words) + 1)[: len(words)]
    told = [lack_of(text, int(n)) for text, n in zip(words, numbers, strict=True) if n]
    return sorted(told, key=lambda t: (-t.number, t.text))


def lack_of(text: str, number: int = 0) -> Lacking:
    """A text of a near miss, taken apart."""
    rule, label, test = text.split("\t")
    return Lacking(text, int(rule), label, test, number)


def rows_of(population: pa.Table, by: str, key: str) -> Ints:
    """Whether each business belongs to a part, by its key."""
    groups, labels = {"street": _streets, "industry": _industries, "size": _sizes, "age": _ages}[by](population)
    wanted: Sequence[int] = [n for n, (k, _, _) in enumerate(labels) if k == key]
    return np.isin(groups, wanted)
