"""Checks of decision tables: they parse, and have neither gaps nor overlaps, or say why in ``[[tables]]``.

A table is tried at every point where one of its tests can change its mind: the values it names, the numbers between and
beyond its limits, everything in ``inputValues``. For tests that compare with literals this covers every case there is;
a table with other tests (functions, other inputs) cannot be judged this way and has to give a reason.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yingshang import decisions
from yingshang.decisions import feel
from yingshang.decisions.feel.types import resolve
from yingshang.decisions.table import Input, Table
from yingshang.scenarios import loader
from yingshang.scenarios.problems import Folder, Problem

_NUMBER = r"-?\d+(?:\.\d+)?"
_LITERAL = rf'(?:"[^"]*"|{_NUMBER}|true|false|null)'
_ONE = rf"(?:{_LITERAL}|(?:<=|>=|<|>|=|!=)\s*{_LITERAL}|[\[\](]\s*{_NUMBER}\s*\.\.\s*{_NUMBER}\s*[\])\[])"
_TEST = re.compile(rf"\s*(?:-|(?:not\s*\()?\s*{_ONE}(?:\s*,\s*{_ONE})*\s*\)?)\s*")
#: Beyond this many points a table is too wide to be tried.
MOST = 200_000
#: Findings reported for one table; more say nothing new.
SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """A gap, an overlap, or why a table could not be judged."""

    zh: str
    en: str


def tables(f: Folder) -> Iterator[Problem]:
    """Every table of the folder."""
    excused = {t["table"]: t.text("reason") for t in f.table.each("tables")}
    known: set[str] = set()
    used: set[str] = set()
    for stem, path in f.spec.decisions.items():
        try:
            model = decisions.load(path)
        except decisions.DecisionError as error:
            yield f.problem(path.name, "", f"读不出来:{error}", f"cannot be read: {error}",
                            "按 DMN 1.5 改正", "mend it as DMN 1.5")  # fmt: skip
            continue
        for name, decision in model.decisions.items():
            table = f"{stem}#{name}"
            known.add(table)
            if not isinstance(decision.logic, Table):
                continue
            for finding in itertools.islice(findings(decision.logic), SHOWN):
                used.add(table)
                if table not in excused:
                    yield f.problem(path.name, name, finding.zh, finding.en,
                                    "改表;有意如此的,在 scenario.toml 的 [[tables]] 里写明 reason",
                                    "mend the table, or give the reason in [[tables]] of scenario.toml")  # fmt: skip
    for table in sorted(set(excused) - known):
        yield f.problem(loader.MANIFEST, "tables", f"没有决策表 {table}", f"there is no decision table {table}",
                        "写成 文件名#决策名", "write file#decision")  # fmt: skip
    for table in sorted((set(excused) & known) - used):
        yield f.problem(loader.MANIFEST, "tables", f"{table} 已无空缺或重叠", f"{table} has no gaps or overlaps any more",
                        "删去这条例外", "remove the excuse")  # fmt: skip


def findings(table: Table) -> Iterator[Finding]:
    """Gaps and overlaps of one table, or the reason why it cannot be judged."""
    unclear = [t.text for rule in table.rules for t in rule.conditions if not _TEST.fullmatch(t.text)]
    if unclear:
        yield Finding(f"含有无法逐一推演的条件 {unclear[0]}", f"has tests that cannot be tried out: {unclear[0]}")
        return
    domains = [_points(i, [rule.conditions[n].text for rule in table.rules]) for n, i in enumerate(table.inputs)]
    if math.prod(map(len, domains)) > MOST:
        yield Finding("组合太多,无法逐一推演", "has too many combinations to be tried out")
        return
    for values in itertools.product(*domains):
        hits = [
            rule.number
            for rule in table.rules
            if all(t.execute({}, v) is True for t, v in zip(rule.conditions, values, strict=True))
        ]
        where = "、".join(f"{i.label}={_shown(v)}" for i, v in zip(table.inputs, values, strict=True))
        if not hits and all(o.default is None for o in table.outputs):
            yield Finding(f"空缺:{where} 没有规则", f"gap: no rule for {where}")
        elif len(hits) > 1 and table.policy == "UNIQUE":
            rules = "、".join(map(str, hits))
            yield Finding(f"重叠:{where} 同时命中规则 {rules}", f"overlap: {where} is met by rules {rules}")


def _points(column: Input, tests: list[str]) -> list[Any]:
    """The values at which to try one input: no test tells two values between neighbouring points apart."""
    literals = re.findall(_LITERAL, " ".join([*tests, column.allowed.text if column.allowed else ""]))
    values: list[Any] = [v for v in (feel.evaluate(text) for text in dict.fromkeys(literals)) if v is not None]
    numbers = sorted(v for v in values if isinstance(v, Decimal))
    kind = str(resolve(column.type)) if column.type else ""
    if kind == "boolean":
        values = [True, False]
    elif numbers or kind == "number":
        between = [(a + b) / 2 for a, b in itertools.pairwise(numbers)]
        ends = [numbers[0] - 1, numbers[-1] + 1] if numbers else [Decimal(0)]
        values = sorted({*numbers, *between, *ends})
    elif column.allowed is None:
        # One text that no rule names: whatever else may come.
        values.append("\N{REPLACEMENT CHARACTER}")
    if column.allowed is not None:
        values = [v for v in values if column.allowed.execute({}, v) is True]
    return values


def _shown(value: Any) -> str:
    return "其他" if value == "\N{REPLACEMENT CHARACTER}" else str(value)
