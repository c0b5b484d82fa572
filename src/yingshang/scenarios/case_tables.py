"""Tests of decision tables as plain tables beside them: ``bonus.cases`` holds what ``bonus.dmn`` has to answer.

A row a case, cells in FEEL, so that an official can read and extend it::

    # C03 的例子。
    | 毕业院校类别 | 在本单位工作满年数 | => 结果.符合 | => 结果.金额 | 说的是   |
    | "985"        | 1                  | true         | 3000         | 满一年   |

A heading is the name of an input, or of a decision that is given rather than evaluated (a figure that the district fills
in), or ``=> decision.entry`` for what is expected. The column ``说的是`` is for the reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yingshang import decisions
from yingshang.decisions import DecisionError, feel
from yingshang.scenarios.problems import Folder, Problem

SUFFIX = ".cases"
EXPECTED, REMARK = "=>", "说的是"


class BadCases(ValueError):
    """A file of cases that cannot be read; the message says which line and why."""


@dataclass(frozen=True)
class Case:
    """One row: what is given, what is expected by ``decision.entry``, and the remark."""

    line: int
    given: dict[str, Any]
    expected: dict[str, Any]
    remark: str


def read(path: Path) -> list[Case]:
    """The rows of a file.

    Raises:
        BadCases: a row has more or fewer cells than the head, a cell is no FEEL, or nothing is expected.
    """
    rows = [
        (n, [cell.strip() for cell in line.strip().strip("|").split("|")])
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    if len(rows) < 2:
        raise BadCases("没有例子:写一行表头,下面一行一个例子 / no cases: a head, and a row for each")
    (_, head), *body = rows
    if not any(name.startswith(EXPECTED) for name in head):
        raise BadCases("表头没有“=> 决策”一列 / the head expects nothing: write => decision")
    return [_case(n, head, cells) for n, cells in body]


def _case(line: int, head: list[str], cells: list[str]) -> Case:
    if len(cells) != len(head):
        raise BadCases(f"第 {line} 行有 {len(cells)} 格,表头有 {len(head)} 格 / line {line} has too few or many cells")
    given, expected, remark = {}, {}, ""
    for name, text in zip(head, cells, strict=True):
        if name == REMARK:
            remark = text
            continue
        try:
            value = feel.evaluate(text, {})
        except DecisionError as error:
            raise BadCases(f"第 {line} 行“{text}”:{error} / line {line}: no FEEL") from error
        if name.startswith(EXPECTED):
            expected[name.removeprefix(EXPECTED).strip()] = value
        else:
            given[name] = value
    return Case(line, given, expected, remark)


def answer(model: decisions.Model, case: Case, path: str) -> Any:
    """What the model says for ``decision.entry``.

    Raises:
        DecisionError: no such decision.
    """
    decision, *entries = path.split(".")
    value = model.evaluate(decision, case.given)
    for entry in entries:
        value = value.get(entry) if isinstance(value, dict) else None
    return value


def unknown(model: decisions.Model, case: Case) -> list[str]:
    """Names of the head that are neither inputs nor decisions of the model."""
    return [name for name in case.given if name not in model.input_data and name not in model.decisions]


def cases(f: Folder) -> Iterator[Problem]:
    """Every file of cases belongs to a model, can be read, and the model answers as it says."""
    for path in sorted(f.path.glob(f"*{SUFFIX}")):
        if path.stem not in f.spec.decisions:
            yield f.problem(path.name, "", f"没有 {path.stem}.dmn", f"there is no {path.stem}.dmn",
                            "与决策文件同名", "name it like the model")  # fmt: skip
            continue
        try:
            model, rows = decisions.load(f.spec.decisions[path.stem]), read(path)
        except (BadCases, DecisionError) as error:
            zh, _, en = str(error).partition(" / ")
            yield f.problem(path.name, "", zh, en or zh, "按表头改这一行", "mend the row as the head says")
            continue
        yield from _answers(f, path.name, model, rows)


def _answers(f: Folder, file: str, model: decisions.Model, rows: list[Case]) -> Iterator[Problem]:
    for name in unknown(model, rows[0]):
        yield f.problem(file, name, f"模型没有输入“{name}”", f"the model has no input {name}",
                        "表头写输入或决策的名字", "use the name of an input or a decision")  # fmt: skip
    for row in rows:
        for path, expected in row.expected.items():
            try:
                found = answer(model, row, path)
            except DecisionError as error:
                yield f.problem(
                    file, path, str(error), str(error), "表头写模型里的决策", "name a decision of the model"
                )
                return
            if found != expected or isinstance(found, bool) != isinstance(expected, bool):
                yield f.problem(
                    file, f"{row.line}", f"{row.remark or row.given}:{path} 应为 {expected},算得 {found}",
                    f"{path} should be {expected} and is {found}", "改表,或改例子", "mend the table or the case",
                )  # fmt: skip
