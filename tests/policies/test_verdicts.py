"""What a business qualifies for, with the reason; a handful of queries however many clauses."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.policies.house import DECLARED, GRANT, House, clause
from yingshang.policies import actions, verdicts
from yingshang.policies.models import Clause
from yingshang.registry.facts import correct_fact


def of(house: House, which: Clause, **told: object) -> verdicts.Verdict:
    found = verdicts.verdicts_for(house.business, **told)  # type: ignore[arg-type]
    return next(v for v in found if v.clause == which)


def test_eligible_by_facts_that_are_held_with_their_sources(house: House) -> None:
    v = of(house, house.grant)
    assert (v.state, v.amount, v.can_claim) == (verdicts.ELIGIBLE, Decimal("50000.00"), True)
    assert [(c.label, c.value, c.met) for c in v.conditions] == [
        ("国家高新技术企业", True, True),
        ("从业人员", "120", True),
    ]
    assert {n: f.source for n, f in v.facts.items()} == {"国家高新技术企业": "科技", "从业人员": "人社"}


def test_one_condition_short_says_by_how_much(house: House) -> None:
    correct_fact(house.business, "employees", 15, source="人社", period="2022", reason="核实", by=None)
    v = of(house, house.grant)
    assert (v.state, v.amount) == (verdicts.NEAR, None)
    (failed,) = v.near_misses[0].failed
    assert failed.change is not None and (failed.label, str(failed.change.by)) == ("从业人员", "5")
    assert [c.met for c in v.conditions] == [True, False]


def test_two_conditions_short_is_not_near_and_shows_them(house: House) -> None:
    correct_fact(house.business, "employees", 15, source="人社", period="2022", reason="核实", by=None)
    correct_fact(house.business, "high_tech", False, source="科技", period="2022", reason="核实", by=None)
    v = of(house, house.grant)
    assert (v.state, v.near_misses) == (verdicts.NOT_ELIGIBLE, ())
    assert [c.met for c in v.conditions] == [False, False]


def test_what_is_not_known_is_named_and_may_be_declared(house: House) -> None:
    v = of(house, house.reward)
    assert v.state == verdicts.UNKNOWN and set(v.missing) == set(DECLARED) and v.can_claim
    v = of(house, house.reward, declared=DECLARED)
    assert (v.state, v.amount) == (verdicts.ELIGIBLE, Decimal("100000.02"))


def test_text_and_rules_without_a_published_version_match_nobody(house: House) -> None:
    text = clause(house.world, house.policy, "N1", None, grade="N", kind="text", money="none")
    half = clause(house.world, house.policy, "H1", None, grade="H", kind="text", money="none")
    assert of(house, text).state == verdicts.TEXT
    assert of(house, half).state == verdicts.UNPUBLISHED
    assert not of(house, half).can_claim and not of(house, text).can_claim


def test_days_before_a_rule_was_in_force_keep_what_was_then(house: House) -> None:
    from datetime import date

    assert of(house, house.grant, on=date(2021, 12, 31)).state == verdicts.UNPUBLISHED


def own(house: House) -> list[verdicts.Verdict]:
    """Those of the test's own policy; the scenarios bring others."""
    return [v for v in verdicts.verdicts_for(house.business) if v.clause.policy == house.policy]


def test_totals_name_the_facts_that_would_help_most(house: House) -> None:
    t = verdicts.totals(own(house))
    assert (t.amount, t.eligible, t.unknown) == (Decimal("50000.00"), 2, 1)
    assert next(iter(t.missing.values())) == 1


def test_exclusion_shows_in_the_total_and_says_why(house: House) -> None:
    other = clause(house.world, house.policy, "C04", GRANT.replace("50000", "30000"), order=4)
    actions.save_combination(None, "one_of", "exclusive", [house.grant, other], policy=house.policy)
    low = of(house, other)
    assert (low.state, low.amount, low.excluded) == (verdicts.ELIGIBLE, Decimal(0), True)
    assert low.reasons[0].other == "sample/C02"
    assert verdicts.totals(own(house)).amount == Decimal("50000.00")


def test_the_number_of_queries_does_not_grow_with_clauses(house: House) -> None:
    business = house.business
    verdicts.verdicts_for(business)  # the models are compiled once a process
    with CaptureQueriesContext(connection) as few:
        verdicts.verdicts_for(business)
    more = [clause(house.world, house.policy, f"D{n}", GRANT, order=10 + n) for n in range(6)]
    actions.save_combination(None, "cap", "cap", more, amount=Decimal(100000))
    verdicts.verdicts_for(business)
    with CaptureQueriesContext(connection) as many:
        found = verdicts.verdicts_for(business)
    assert len([v for v in found if v.clause.policy == house.policy]) == 9
    assert len(few) == len(many) <= 5, [q["sql"] for q in many.captured_queries]


def test_the_reason_of_one_clause(house: House) -> None:
    told = verdicts.explain(house.grant, house.business)
    assert told is not None and told.trace is not None
    assert (told.before, told.quote, told.after) == ("第一条 给予奖励。第二条 ", "给予补助。", "")
    assert "50000" in told.trace.as_text("zh")


def test_a_cap_of_a_group_counts_what_its_other_firms_took(house: House) -> None:
    from tests.policies.house import PAYEE
    from yingshang.registry.facts import record_fact

    for business in (house.business, house.world.other_business):
        record_fact(business, "group.code", "G1", source="企业集团登记")
    record_fact(house.world.other_business, "employees", 120, source="人社", period="2022")
    record_fact(house.world.other_business, "high_tech", True, source="科技", period="2022")
    actions.save_combination(None, "group", "cap", [house.grant], amount=Decimal(70_000), per="group")
    assert of(house, house.grant).amount == Decimal(50_000)
    actions.confirm_grant(house.world.firm2, house.grant, house.world.other_business, payee=PAYEE)
    v = of(house, house.grant)
    assert (v.amount, v.rule_amount, v.reasons[0].limit) == (Decimal(20_000), Decimal(50_000), Decimal(70_000))
