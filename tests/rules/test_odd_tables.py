"""Whatever table somebody uploads: the check says what is wrong, or it can be simulated, and means what each business is told."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.rules.documents import escaped, model_of
from tests.rules.people import populate
from tests.support.world import MORNING, World
from yingshang import timekeeping
from yingshang.registry.models import Business
from yingshang.rules import publishing, snapshot, verdicts
from yingshang.rules.checking import check
from yingshang.rules.engines import Engine
from yingshang.rules.errors import RuleRefused
from yingshang.rules.known import values_of
from yingshang.rules.simulation import simulate

ON = MORNING.date()
INPUTS = {
    "纳税额": "number",
    "主体类型": "string",
    "国家高新技术企业": "boolean",
    "成立日期": "date",
    "没有这项": "number",
}
#: By type, cells that make sense of some kind.
CELLS = {
    "number": ["-", "", ">= 100000", "< 100000", "[1000..900000)", "0", "> 1, < 0", "not(5)", "null", "null, > 5", "?", "? > 3"],
    "string": ["-", "", '"企业"', '"企业", "个体工商户"', 'not("企业")', '""', "null", '? = "企业"'],
    "boolean": ["-", "", "true", "false", "not(true)", "null"],
    "date": ["-", "", '>= date("2019-01-01")', 'not(date("2019-01-01"))', "null"],
}  # fmt: skip
#: Cells that make none, of any type.
ODD = [
    " ",
    "\n",
    "-, 1",
    "not(-)",
    ">= 1,",
    "[1..",
    '"',
    "1..2",
    ">= ",
    "9" * 40,
    "1/0",
    "纳税额",
    "foo(1)",
    "; drop",
    "<a>",
]
AMOUNTS = ["1", "10000", "null", "", "-", "-5", "1/3", "1/0", '"x"', "10 ** 30", "纳税额 * 0.1", "true", "0.005"]


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A model with a table that may be right, or odd in any of its parts."""
    names = draw(st.lists(st.sampled_from(list(INPUTS)), min_size=1, max_size=3, unique=True))
    odd = draw(st.booleans())

    def cell(name: str) -> str:
        usual = st.sampled_from(CELLS[INPUTS[name]])
        return draw(st.one_of(usual, usual, st.sampled_from(ODD)) if odd else usual)

    rows = [
        ([cell(n) for n in names], draw(st.sampled_from(AMOUNTS if odd else ["1", "10000", "0.005", "null"])))
        for _ in range(draw(st.integers(0, 3)))
    ]
    policy = draw(st.sampled_from(["FIRST", "FIRST", "FIRST", "UNIQUE", "COLLECT"])) if odd else "FIRST"
    document = model_of({n: INPUTS[n] for n in names}, [(c, escaped(a)) for c, a in rows], policy=policy)
    if odd and draw(st.booleans()):
        cut = draw(st.sampled_from(["<outputEntry>", "<inputEntry>", "资格.符合", ">true<", 'label="', "</rule>"]))
        document = document.replace(cut, draw(st.sampled_from(["", "资格.没有", ">否<", 'label="a&#9;b'])), 1)
    return document


@pytest.fixture
def people(world: World, settings: object, tmp_path_factory: pytest.TempPathFactory) -> list[Business]:
    settings.HOME = tmp_path_factory.mktemp("home")  # type: ignore[attr-defined]
    with timekeeping.travel(MORNING):
        populate(world, 30)
    snapshot.settle(snapshot.refresh())
    return list(Business.objects.order_by("pk"))


def test_it_is_refused_with_a_reason_or_it_means_what_each_business_is_told(people: list[Business]) -> None:
    facts = {b.pk: values_of(b, ON) for b in people}
    seen = {"refused": 0, "simulated": 0}

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tables())
    @example(model_of({"纳税额": "number", "主体类型": "string"}, [(["", '"企业"'], "1"), ([">= 100", ""], "2")]))
    @example(model_of({"纳税额": "number"}, []))
    @example("")
    @example("<definitions/>")
    def holds(document: str) -> None:
        wrong = [f for f in check(document) if f.severity == "error"]
        try:
            told = simulate(document, ON)
        except RuleRefused as refused:
            assert wrong, refused.message  # what the check lets pass can be evaluated
            assert refused.message and refused.findings
            seen["refused"] += 1
            return
        seen["simulated"] += 1
        assert told.number + told.not_eligible + told.unknown == told.businesses == len(people)
        if wrong:
            return
        engine = Engine(document, "结果")
        for row in told.table.to_pylist():
            one = engine.outcome(facts[row["id"]])
            near = one.state == "not_eligible" and bool(engine.near_misses(facts[row["id"]]))
            assert (row["state"], row["amount"]) == ("near" if near else one.state, one.amount)

    holds()
    assert min(seen.values()) > 10, seen


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=tables())
def test_what_is_published_was_let_pass_by_the_check(db: None, world: World, document: str) -> None:
    rule = publishing.make_model("odd.table", title="怪表")
    version = publishing.draft(rule, document, world.officer)
    severities = {f.severity for f in check(document)}
    try:
        version = publishing.submit(version, world.officer)
    except RuleRefused as refused:
        assert "error" in severities and refused.findings
        return
    assert "error" not in severities
    version = publishing.review(version, world.officer2, ok=True)
    published = publishing.publish(version, world.officer, date(2023, 1, 1))
    assert verdicts.STATES and publishing.version_on(rule, ON) == published
    publishing.withdraw(published, world.officer, on=date(2023, 1, 1), reason="试过了")
