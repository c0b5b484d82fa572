"""A model answers the same before and after it has laid out its plans, and several decisions at once as one by one."""

from __future__ import annotations

import pytest

from tests.decisions.single.models import DecisionText, TableText, model
from yingshang.decisions.errors import DecisionError
from yingshang.decisions.table import USES_TO_COMPILE

M = model(
    {"甲": "number"},
    {
        "档": DecisionText(TableText([("甲", "", "")], [((">= 5",), ['"高"']), (("< 5",), ['"低"'])]), ["甲"]),
        "倍": DecisionText("甲 * 2", ["甲"]),
        "总": DecisionText('档 + "：" + string(倍)', ["档", "倍"]),
    },
)
TIMES = USES_TO_COMPILE + 3


def test_one_decision_again_and_again() -> None:
    assert [M.evaluate("总", {"甲": n}) for n in (4, 5) for _ in range(TIMES)] == ["低：8"] * TIMES + ["高：10"] * TIMES


def test_several_decisions_at_once() -> None:
    for _ in range(TIMES):
        assert M.evaluate_all(["总", "档"], {"甲": 7}) == {"总": "高：14", "档": "高"}
    assert M.evaluate_all([], {"甲": 7}) == {}


def test_a_required_decision_that_is_given_is_taken_as_given() -> None:
    for _ in range(TIMES):
        assert M.evaluate("总", {"甲": 7, "档": "中"}) == "中：14"
        assert M.evaluate_all(["总"], {"甲": 7, "档": "中"}) == {"总": "中：14"}


def test_a_decision_that_is_not_there() -> None:
    with pytest.raises(DecisionError, match="known: 档, 倍, 总"):
        M.evaluate_all(["总", "别的"], {"甲": 7})
    with pytest.raises(DecisionError):
        M.near_misses("别的", {})
    with pytest.raises(DecisionError):
        M.missing("别的", {})
