"""Checks of decision tables: they parse, and have neither gaps nor overlaps, or say why in ``[[tables]]``.

What is wrong with a table is found by :mod:`yingshang.decisions.checks`. A table with cells that are no sets of values
(functions, other inputs) can be judged in part only, and has to give a reason, too.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from yingshang import decisions
from yingshang.decisions import checks
from yingshang.decisions.table import Table
from yingshang.scenarios import loader
from yingshang.scenarios.problems import Folder, Problem

#: Findings reported for one table; more say nothing new.
SHOWN = 5


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
            for finding in itertools.islice(checks.coverage(decision.logic, name), SHOWN):
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
