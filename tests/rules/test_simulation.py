"""Simulations, lists and jobs: what they say is what counting by hand says."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from tests.rules.documents import TAX
from tests.support.world import MORNING
from yingshang import timekeeping
from yingshang.registry.facts import record_fact
from yingshang.registry.models import Business
from yingshang.rules import deltas, jobs, publishing, results, runs
from yingshang.rules.known import values_of
from yingshang.rules.models import PopulationRun
from yingshang.rules.simulation import simulate

ON = MORNING.date()


def by_hand(document: str, people: list[Business]) -> dict[int, tuple[str, Decimal | None]]:
    engine = publishing.Engine(document, "结果")
    found = {}
    for firm in people:
        facts = values_of(firm, ON)
        outcome = engine.outcome(facts)
        near = outcome.state == "not_eligible" and bool(engine.near_misses(facts))
        found[firm.pk] = ("near" if near else outcome.state, outcome.amount)
    return found


def test_a_simulation_counts_what_counting_by_hand_counts(people: list[Business]) -> None:
    told = simulate(TAX, ON)
    hand = by_hand(TAX, people)
    states = Counter(state for state, _ in hand.values())
    assert (told.number, told.near, told.unknown) == (states["eligible"], states["near"], states["unknown"])
    assert told.not_eligible == states["near"] + states["not_eligible"]
    assert told.amount == sum(amount or 0 for _, amount in hand.values()) > 0
    assert told.businesses == len(people)
    streets = Counter(f.street.name for f in people if hand[f.pk][0] == "eligible")
    assert {p.label: p.number for p in told.by["street"]} == dict(streets)
    sizes = Counter(values_of(f, ON).get("企业规模", "未知") for f in people if hand[f.pk][0] == "eligible")
    assert {p.label: p.number for p in told.by["size"]} == dict(sizes)
    for parts in told.by.values():
        assert sum(p.number for p in parts) == told.number
        assert sum(p.amount for p in parts) == told.amount
    assert sum(b.number for b in told.distribution) == told.number
    assert sum(g.number for g in told.near_misses) == told.near
    assert {(g.label, g.test) for g in told.near_misses} == {("纳税额", ">= 1000000"), ("主体类型", '"企业"')}


def test_sliders_and_the_version_in_force_are_compared(people: list[Business]) -> None:
    version = publishing.version_on(publishing.RuleModel.objects.get(key="a.tax"), ON)
    moved = {"资格#1.i1.1": Decimal(2_000_000), "资格#1.o2.1": Decimal(15_000)}
    assert version is not None
    told = simulate(version, ON, against=version, sliders=moved)
    before = by_hand(TAX, people)
    after = by_hand(TAX.replace("1000000", "2000000").replace("10000<", "15000<"), people)
    gains = {pk: (after[pk][1] or 0) - (before[pk][1] or 0) for pk in before}
    assert told.against is not None
    assert told.against.winners == sum(g > 0 for g in gains.values()) > 0
    assert told.against.losers == sum(g < 0 for g in gains.values()) > 0
    assert told.against.won - told.against.lost == sum(gains.values()) == told.amount - told.against.amount
    first = told.against.top_losers[0]
    assert first.after - first.before == min(gains.values()) == gains[first.id]
    assert first.name == Business.objects.get(pk=first.id).name
    nothing = simulate(version, ON, against=version)
    assert nothing.against is not None and (nothing.against.winners, nothing.against.losers) == (0, 0)
    assert nothing.number == nothing.against.number


def test_lists_of_what_is_stored(people: list[Business]) -> None:
    runs.run(ON)
    hand = by_hand(TAX, people)
    told = results.listing("a.tax", ON)
    assert told.total == sum(s == "eligible" for s, _ in hand.values())
    amounts = [row.amount for row in told.rows]
    assert amounts == sorted((a for _, a in hand.values() if a), reverse=True)
    assert {(r.id, r.amount) for r in told.rows} == {(pk, a) for pk, (s, a) in hand.items() if s == "eligible"}
    (street, *_) = results.counts("a.tax", "street", ON)
    some = results.listing("a.tax", ON, street=street.key)
    assert some.total == street.number and {r.street for r in some.rows} == {street.label}
    groups = results.near_misses("a.tax", ON)
    for group in groups:
        pages = results.listing("a.tax", ON, states=("near",), lack=group.text).pages
        rows = [
            row
            for page in range(1, pages + 1)
            for row in results.listing("a.tax", ON, states=("near",), lack=group.text, page=page).rows
        ]
        assert len({row.id for row in rows}) == len(rows) == group.number
        for row in rows:
            assert row.value == values_of(Business.objects.get(pk=row.id), ON)[group.label]
    firm = next(f for f in people if hand[f.pk][0] == "eligible")
    (one,) = results.results_of(firm.pk)
    assert (one.key, one.state, one.amount) == ("a.tax", *hand[firm.pk])
    assert results.listing("no.rule", ON).total == 0


def test_changes_of_a_run_are_told(people: list[Business]) -> None:
    first = runs.run(ON)
    assert list(results.changes(first)) == []
    firm = next(f for f in people if not f.facts.filter(key="tax_paid").exists() and f.kind == "enterprise")
    record_fact(firm, "tax_paid", "1000000.00", source="年报", period="2022")
    delta = deltas.recompute(on=ON)
    assert delta is not None
    assert [(pk, a, b) for pk, _, a, b in results.changes(delta)] == [(firm.pk, "unknown", "eligible")]
    assert results.results_of(firm.pk)[0].amount == 20_000
    assert firm.pk in {r.id for r in results.listing("a.tax", ON).rows}


def test_jobs_run_what_was_queued_and_follow_what_changed(people: list[Business]) -> None:
    with timekeeping.travel(MORNING):
        record = jobs.start(ON)
        assert record.state == "queued"
        jobs.run(run_id=record.pk)
        record.refresh_from_db()
        assert (record.state, record.progress) == ("done", 100)
        seconds = record.seconds
        jobs.run(run_id=record.pk)
        record.refresh_from_db()
        assert record.seconds == seconds
        jobs.follow(timestamp=0)
        assert PopulationRun.objects.count() == 1
        record_fact(people[0], "tax_paid", "7.00", source="年报", period="2020")
        jobs.follow(timestamp=0)
        assert PopulationRun.objects.filter(kind="delta").count() == 1
        publishing.install(publishing.make_model("b.tax", title="二"), TAX, ON)
        jobs.follow(timestamp=0)
        assert PopulationRun.objects.get(state="queued").only == ["b.tax"]
        jobs.follow(timestamp=0)
        assert PopulationRun.objects.filter(state="queued").count() == 1
        jobs.nightly(timestamp=0)
        assert PopulationRun.objects.filter(state="queued").count() == 2


def test_the_first_run_is_of_all_rules(people: list[Business]) -> None:
    with timekeeping.travel(MORNING):
        jobs.follow(timestamp=0)
        record = PopulationRun.objects.get()
        assert (record.state, record.only) == ("queued", [])
        jobs.run(run_id=record.pk)
        jobs.follow(timestamp=0)
        assert PopulationRun.objects.get().state == "done"
