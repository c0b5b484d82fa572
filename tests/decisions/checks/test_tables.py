"""Gaps, overlaps and rules that never fire, as plain tables."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from tests.decisions.checks.tables import table
from yingshang.decisions.checks.findings import Finding
from yingshang.decisions.checks.tables import MOST, TableCheck
from yingshang.decisions.table import Table


def found(t: Table, code: str = "") -> list[Finding]:
    return [f for f in TableCheck(t, "表").findings() if code in ("", f.code)]


def test_a_table_that_covers_everything_once_has_no_findings() -> None:
    t = table("收入: number | 规模: string", ['>= 100 | "大" -> 1', '< 100 | "大" -> 2', '- | not("大") -> 3'])
    assert found(t) == []


def test_a_gap_comes_with_an_example() -> None:
    (gap,) = found(table("收入: number", ["< 10", "> 10"]))
    assert (gap.code, gap.example) == ("gap", {"收入": Decimal(10)})
    assert gap.zh == "空缺：收入＝10 没有规则"
    assert gap.en == "gap: no rule for 收入 = 10"


def test_whole_numbers_leave_gaps_between_them() -> None:
    (gap,) = found(table("人数: number", ["<= 9", "[10..20]", "> 20"]))
    assert gap.example == {"人数": Decimal("9.1")}


def test_dates_leave_none() -> None:
    assert found(table("日: date", ['<= @"2024-02-29"', '>= @"2024-03-01"'])) == []


def test_one_hole_is_told_once_however_many_bins_it_has() -> None:
    rows = [f"[{n}..{n + 1}) | < 5" for n in range(10)] + ["< 0 | -", ">= 10 | -"]
    gaps = found(table("a: number | b: number", rows), "gap")
    assert len(gaps) == 1
    assert gaps[0].example["b"] == 5


@pytest.mark.parametrize(
    ("policy", "default", "gaps"),
    [
        *((policy, "", 1) for policy in ("UNIQUE", "FIRST", "ANY", "PRIORITY")),
        *((policy, "", 0) for policy in ("COLLECT", "RULE ORDER", "OUTPUT ORDER")),
        ("UNIQUE", "0", 0),
    ],
)
def test_a_default_or_a_list_leaves_no_gap(policy: str, default: str, gaps: int) -> None:
    assert len(found(table("a: number", ["> 1"], policy, default=default), "gap")) == gaps


def test_allowed_values_are_all_that_has_to_be_covered() -> None:
    rows = ['"大" -> 1', '"小" -> 2']
    assert found(table("规模: string", rows, allowed=['"大", "小"'])) == []
    (gap,) = found(table("规模: string", rows, allowed=['"大", "中", "小"']))
    assert gap.example == {"规模": "中"}
    (gap,) = found(table("规模: string", rows))
    assert gap.example == {"规模": "其他"}


def test_null_has_to_be_covered_only_where_a_cell_names_it() -> None:
    assert found(table("a: boolean", ["true", "false"])) == []
    (gap,) = found(table("a: boolean | b: boolean", ["true | -", "false | true", "false | false", "null | true"]))
    assert gap.example == {"a": None, "b": False}
    assert "（空）" in gap.zh


def test_overlaps_name_both_rules_and_an_input() -> None:
    t = table("a: number | b: string", ['[1..5] | "x"', '[5..9] | "x", "y"', '[5..9] | "z"'], default="0")
    (overlap,) = found(t)
    assert overlap.rules == (1, 2)
    assert overlap.example == {"a": Decimal(5), "b": "x"}
    assert overlap.zh == '重叠：a＝5、b＝"x" 同时命中规则 1、2'


def test_null_can_be_an_overlap() -> None:
    overlaps = found(table("a: boolean", ["not(true)", "not(false)"]), "overlap")
    assert [(o.rules, o.example) for o in overlaps] == [((1, 2), {"a": None})]


def test_any_forbids_only_different_results() -> None:
    t = table("a: number", ["> 1 -> 10", "> 5 -> 10.0", "> 7 -> 20", "<= 1 -> 0"], "ANY")
    assert {f.rules for f in found(t, "overlap")} == {(1, 3), (2, 3)}


@pytest.mark.parametrize("policy", ["FIRST", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"])
def test_other_policies_allow_overlaps(policy: str) -> None:
    assert found(table("a: number", ["> 1", "> 0"], policy, default="0"), "overlap") == []


def test_a_cell_that_nothing_meets() -> None:
    (never,) = found(table("a: number | b: number", ["[5..1] | -", "- | -"]))
    assert (never.code, never.rules, never.input) == ("never", (1,), "a")


def test_allowed_values_that_a_cell_misses_make_it_void() -> None:
    never = found(table("规模: string", ['"大"', '"巨"', "-"], "FIRST", allowed=['"大", "小"']), "never")
    assert [n.rules for n in never] == [(2,)]


def test_a_rule_behind_others_that_take_all_its_cases() -> None:
    (masked,) = found(table("a: number", ["< 10", ">= 5", "[7..12]", "-"], "FIRST"), "masked")[:1]
    assert masked.rules == (3,)
    assert masked.about["others"] == [2]
    # No rule takes all of its cases alone, but the two together do.
    (masked,) = found(table("a: number", ["< 10", ">= 10", "[7..12]"], "FIRST"))
    assert (masked.code, masked.about["others"]) == ("masked", [1, 2])
    assert found(table("a: number", ["< 10", ">= 11", "[7..12]"], "FIRST")) == []


def test_priority_decides_who_takes_a_case() -> None:
    rows = ['> 0 -> "低"', '> -5 -> "高"', '<= -5 -> "低"']
    (masked,) = found(table("a: number", rows, "PRIORITY", values=["高", "低"]))
    assert (masked.code, masked.rules) == ("masked", (1,))
    assert found(table("a: number", rows, "PRIORITY", values=["低", "高"])) == []


def test_a_rule_of_a_unique_table_that_always_collides() -> None:
    t = table("a: number", ["< 10", ">= 10", "[3..5]"])
    assert [f.rules for f in found(t, "collides")] == [(3,)]


def test_a_rule_of_an_any_table_that_adds_nothing() -> None:
    t = table("a: number", ["> 1 -> 5", "> 3 -> 5", "<= 1 -> 6"], "ANY")
    assert [(f.code, f.rules) for f in found(t)] == [("redundant", (2,))]


def test_two_inputs_of_one_expression_are_one() -> None:
    t = table("a: number | b: string | a: number", ["> 1 | - | < 5", "<= 1 | - | -", "- | - | >= 5"])
    assert found(t) == []


def test_cells_that_cannot_be_judged_hide_nothing_that_is_certain() -> None:
    t = table("a: number | b: number", ["< 限额 | > 0", "> 5 | > 0", "> 6 | > 1"])
    assert [f.rules for f in found(t, "overlap")] == [(2, 3)]
    gaps = found(t, "gap")
    assert gaps
    assert all(g.example["b"] <= 0 for g in gaps)


# --- size and time ----------------------------------------------------------------------------------------------------


def grid(*sides: int) -> list[str]:
    """Every combination of intervals."""
    rows = [""]
    for side in sides:
        cells = ["< 0", *(f"[{n}..{n + 1})" for n in range(side - 2)), f">= {side - 2}"]
        rows = [f"{row} | {cell}".removeprefix(" | ") for row in rows for cell in cells]
    return rows


def timed(t: Table) -> tuple[list[Finding], float]:
    start = time.process_time()
    result = list(TableCheck(t, "表").findings())
    return result, time.process_time() - start


def inputs(count: int) -> str:
    return " | ".join(f"x{n}: number" for n in range(count))


@pytest.mark.parametrize("sides", [(4, 4, 4, 4, 4), (10, 10, 10), (32, 32), (1024,)])
def test_a_thousand_rules_without_a_fault_take_less_than_a_second(sides: tuple[int, ...]) -> None:
    result, seconds = timed(table(inputs(len(sides)), grid(*sides)))
    assert result == []
    assert seconds < 1


def test_a_thousand_rules_with_one_missing_and_one_too_many() -> None:
    rows = grid(4, 4, 4, 4, 4)
    missing, doubled = rows.pop(700), rows[100]
    result, seconds = timed(table(inputs(5), [*rows, doubled]))
    assert seconds < 1
    assert {(f.code, f.rules) for f in result} == {
        ("gap", ()),
        ("overlap", (101, 1024)),
        ("collides", (101,)),
        ("collides", (1024,)),
    }
    gap = next(f for f in result if f.code == "gap")
    assert missing == " | ".join(
        "< 0" if v < 0 else ">= 2" if v >= 2 else f"[{int(v)}..{int(v) + 1})" for v in gap.example.values()
    )


@pytest.mark.parametrize("policy", ["FIRST", "UNIQUE", "ANY", "PRIORITY"])
def test_a_thousand_rules_one_behind_the_other(policy: str) -> None:
    rows = [f">= {1000 - n} | >= {n % 7} | -" for n in range(999)] + ["- | - | -"]
    result, seconds = timed(table(inputs(3), rows, policy))
    assert seconds < 1.5
    assert len(result) <= 3 * MOST + 3


@pytest.mark.parametrize("policy", ["FIRST", "UNIQUE"])
def test_a_table_made_to_be_hard_is_given_up_and_says_so(policy: str) -> None:
    """Rules that are the clauses of a random formula: whether they cover everything is as hard as satisfiability."""
    import random

    dice = random.Random(7)
    count, rows = 60, []
    for _ in range(258):
        cells = ["-"] * count
        for n in dice.sample(range(count), 3):
            cells[n] = dice.choice(["true", "false"])
        rows.append(" | ".join(cells))
    result, seconds = timed(table(" | ".join(f"x{n}: boolean" for n in range(count)), rows, policy))
    assert seconds < 2
    assert "budget" in {f.code for f in result}
