"""What a rule says of one subject: eligible, not eligible, unknown; and what it just misses."""

from __future__ import annotations

import itertools
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.documents import model_of
from yingshang import decisions
from yingshang.rules.engines import Engine, Outcome

FACTS = {
    "药械上市许可持有人": True,
    "委托本市企业生产所持药械": True,
    "与受托企业有投资关联": False,
    "销售税收结算在杭州": True,
    "年度新增委托生产合同金额": Decimal("12345678.90"),
}


def test_c01_pays_five_per_cent_of_what_was_added(reward: str) -> None:
    assert Engine(reward, "结果").outcome(FACTS) == Outcome("eligible", Decimal("617283.94"))


def test_c01_pays_fifteen_million_at_most(reward: str) -> None:
    engine = Engine(reward, "结果")
    assert engine.outcome(FACTS | {"年度新增委托生产合同金额": Decimal(300_000_000)}).amount == 15_000_000
    assert engine.outcome(FACTS | {"年度新增委托生产合同金额": Decimal("300000020")}).amount == 15_000_000


def test_each_condition_of_c01_alone_keeps_from_it_and_is_the_near_miss(reward: str) -> None:
    engine = Engine(reward, "结果")
    against = {name: not value for name, value in FACTS.items() if isinstance(value, bool)}
    for name, value in (*against.items(), ("年度新增委托生产合同金额", Decimal(0))):
        facts = FACTS | {name: value}
        assert engine.outcome(facts).state == "not_eligible"
        misses = engine.near_misses(facts)
        assert [m.failed[0].label.removesuffix("（元）") for m in misses] == [name]
    assert engine.near_misses(FACTS) == []


def test_a_missing_fact_is_unknown_but_not_where_another_one_decides(reward: str) -> None:
    engine = Engine(reward, "结果")
    for name in FACTS:
        rest = {n: v for n, v in FACTS.items() if n != name}
        assert engine.outcome(rest).state == "unknown"
        assert engine.missing(rest) == [name]
        refused = rest | {n: not v for n, v in rest.items() if n == "药械上市许可持有人"}
        if name != "药械上市许可持有人":
            assert engine.outcome(refused).state == "not_eligible"
            assert engine.missing(refused) == []


def test_what_is_not_known_is_taken_to_fit_when_looking_for_near_misses(reward: str) -> None:
    facts = {"药械上市许可持有人": True, "与受托企业有投资关联": True}
    misses = Engine(reward, "结果").near_misses(facts)
    assert [m.failed[0].label for m in misses] == ["与受托企业有投资关联"]


def test_either_of_two_ways_to_the_same_grant_is_enough() -> None:
    engine = Engine(
        model_of({"甲": "number", "乙": "boolean"}, [([">= 5", "-"], "100"), (["-", "true"], "100")]), "结果"
    )
    assert engine.outcome({"乙": True}) == Outcome("eligible", Decimal(100))
    assert engine.outcome({"甲": Decimal(5)}) == Outcome("eligible", Decimal(100))
    assert engine.outcome({"甲": Decimal(4)}).state == "unknown"
    assert engine.outcome({"甲": Decimal(4), "乙": False}).state == "not_eligible"


def test_a_higher_tier_that_may_be_reached_leaves_the_amount_unknown() -> None:
    engine = Engine(
        model_of({"甲": "number", "乙": "boolean"}, [([">= 5", "true"], "200"), ([">= 5", "-"], "100")]), "结果"
    )
    assert engine.outcome({"甲": Decimal(6)}).state == "unknown"
    assert engine.outcome({"甲": Decimal(6), "乙": False}) == Outcome("eligible", Decimal(100))


def test_negated_and_listed_cells_accept_missing_facts_too() -> None:
    engine = Engine(model_of({"甲": "string", "乙": "string"}, [(['not("a", "b")', '"x", "y"'], "1")]), "结果")
    assert engine.outcome({"甲": "c", "乙": "x"}).state == "eligible"
    assert engine.outcome({"乙": "x"}).state == "unknown"
    assert engine.outcome({"甲": "c"}).state == "unknown"
    assert engine.outcome({"甲": "a"}).state == "not_eligible"
    assert engine.outcome({"乙": "z"}).state == "not_eligible"


CELLS = {
    "number": ["-", ">= 3", "< 2", "[1..4]", "not(2)"],
    "boolean": ["-", "true", "false"],
    "string": ["-", '"a"', 'not("a", "b")', '"b", "c"'],
}
VALUES = {
    "number": [None, *map(Decimal, range(6))],
    "boolean": [None, True, False],
    "string": [None, "a", "b", "c"],
}
INPUTS = {"甲": "number", "乙": "boolean", "丙": "string"}


@settings(max_examples=60, deadline=None)
@given(st.tuples(*(st.sampled_from(CELLS[kind]) for kind in INPUTS.values())))
def test_unknown_is_what_completions_disagree_on(cells: tuple[str, ...]) -> None:
    """For every rule of one line: the three answers are exactly what all completions of the missing facts say."""
    document = model_of(INPUTS, [(list(cells), "1")])
    engine, plain = Engine(document, "结果"), decisions.load(document.encode())
    whole = {
        facts: plain.evaluate("结果", dict(zip(INPUTS, facts, strict=True)))["符合"]
        for facts in itertools.product(*(VALUES[kind][1:] for kind in INPUTS.values()))
    }
    for facts in itertools.product(*(VALUES[kind] for kind in INPUTS.values())):
        answers = {
            answer
            for full, answer in whole.items()
            if all(f is None or f == w for f, w in zip(facts, full, strict=True))
        }
        expected = "unknown" if len(answers) > 1 else "eligible" if answers == {True} else "not_eligible"
        assert engine.outcome(dict(zip(INPUTS, facts, strict=True))).state == expected
