"""Cases beside a decision table are read, tried, and a wrong one is found."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from yingshang import decisions
from yingshang.scenarios import case_tables, loader
from yingshang.scenarios.case_tables import BadCases

TABLES = sorted(str(p.relative_to(loader.ROOT)) for p in loader.ROOT.glob(f"*/*{case_tables.SUFFIX}"))


@pytest.mark.parametrize("table", TABLES)
def test_the_model_answers_as_its_cases_say(table: str) -> None:
    path = loader.ROOT / table
    model = decisions.load(path.with_suffix(".dmn"))
    rows = case_tables.read(path)
    assert case_tables.unknown(model, rows[0]) == []
    for row in rows:
        said = {name: case_tables.answer(model, row, name) for name in row.expected}
        assert said == row.expected, f"{table}:{row.line} {row.remark}"


def test_every_rule_of_a_clause_has_cases_with_a_yes_and_a_no() -> None:
    """A table of which no case is refused, or none granted, says nothing about its conditions."""
    for path in loader.ROOT.glob("*/*.dmn"):
        model = decisions.load(path)
        if "结果" not in model.decisions:
            continue
        rows = case_tables.read(path.with_suffix(case_tables.SUFFIX))
        verdicts = {row.expected.get("结果.符合", row.expected.get("资格.符合")) for row in rows}
        assert verdicts == {True, False}, path


def written(folder: Path, text: str) -> Path:
    path = folder / "a.cases"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_is_feel_and_the_remark_is_for_the_reader(tmp_path: Path) -> None:
    (row,) = case_tables.read(
        written(tmp_path, "# 说明\n| 甲 | 乙 | => 结果.金额 | 说的是 |\n| 1 | null | 0.5 | 一半 |\n")
    )
    assert row.given == {"甲": Decimal(1), "乙": None}
    assert row.expected == {"结果.金额": Decimal("0.5")}
    assert (row.line, row.remark) == (3, "一半")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("| 甲 | => 结果 |\n", "没有例子"),
        ("| 甲 |\n| 1 |\n", "没有“=> 决策”"),
        ("| 甲 | => 结果 |\n| 1 |\n", "第 2 行有 1 格"),
        ("| 甲 | => 结果 |\n| 1 | 1 + |\n", "第 2 行“1 +”"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadCases) as bad:
        case_tables.read(written(tmp_path, text))
    assert words in str(bad.value)
