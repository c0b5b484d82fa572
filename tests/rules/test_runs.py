"""Runs over the population: results as of each business, differences, what changed alone, and runs that were killed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from django.db import connections

from tests.rules.documents import model_of
from tests.rules.people import populate
from tests.support.world import MORNING, World, uscc
from yingshang import timekeeping
from yingshang.registry.facts import correct_fact, record_fact
from yingshang.registry.models import Business, Fact
from yingshang.rules import deltas, evaluating, files, publishing, runs, snapshot, storing, verdicts
from yingshang.rules.known import values_of
from yingshang.rules.models import Change, PopulationRun, RuleResult

ON = MORNING.date()
TAX = model_of({"纳税额": "number"}, [([">= 3000000"], "20000"), ([">= 1000000"], "10000")])
SMALL = model_of(
    {"企业规模": "string", "街道": "string", "研发费用占比": "number"},
    [(['"小型", "微型"', '"下沙街道"', ">= 3"], "5000")],
)


@pytest.fixture(autouse=True)
def elsewhere(settings: object, tmp_path: Path) -> None:
    settings.HOME = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def rules(world: World) -> list[Business]:
    with timekeeping.travel(MORNING):
        for key, document in (("a.tax", TAX), ("b.small", SMALL)):
            publishing.install(publishing.make_model(key, title=key), document, date(2023, 1, 1))
        return [world.business, world.other_business, *populate(world, 80)]


def expected(key: str, business: Business) -> tuple[str, Decimal | None]:
    version = publishing.version_on(publishing.RuleModel.objects.get(key=key), ON)
    assert version is not None
    facts = values_of(Business.objects.get(pk=business.pk), ON)
    engine = publishing.engine(version)
    outcome = engine.outcome(facts)
    near = outcome.state == "not_eligible" and bool(engine.near_misses(facts))
    return "near" if near else outcome.state, outcome.amount


def check_all(businesses: list[Business]) -> None:
    for key, stored in storing.stored().items():
        rows = {r["id"]: (r["state"], r["amount"]) for r in stored.table.to_pylist()}
        assert rows == {b.pk: expected(key, b) for b in businesses}


def test_a_run_says_of_each_business_what_the_single_engine_says(rules: list[Business]) -> None:
    said: list[tuple[float, str]] = []
    done = runs.run(ON, progress=lambda share, doing, _en: said.append((share, doing)))
    assert (done.state, done.progress, done.businesses) == ("done", 100, len(rules))
    assert [doing for _, doing in said] == ["读取企业数据", "a.tax", "b.small"]
    assert sorted(share for share, _ in said) == [share for share, _ in said]
    check_all(rules)
    for result in RuleResult.objects.select_related("version__model"):
        states = [expected(result.version.model.key, b) for b in rules]
        assert result.eligible == sum(s == "eligible" for s, _ in states)
        assert result.not_eligible == sum(s in ("near", "not_eligible") for s, _ in states)
        assert result.near == sum(s == "near" for s, _ in states)
        assert result.unknown == sum(s == "unknown" for s, _ in states)
        assert result.amount == sum(a or 0 for _, a in states)
        assert (result.gained, result.lost, result.amount_before) == (0, 0, None)
        content = storing.path_of(result).read_bytes()
        assert result.digest == __import__("hashlib").sha256(content).hexdigest()
    assert {s for key in ("a.tax", "b.small") for s, _ in (expected(key, b) for b in rules)} >= set(verdicts.STATES)


def test_only_what_changed_is_computed_anew(rules: list[Business], world: World) -> None:
    runs.run(ON)
    assert deltas.recompute(on=ON) is None
    firm = next(b for b in rules if expected("a.tax", b)[0] != "eligible" and not _held(b, "tax_paid", "2022"))
    record_fact(firm, "tax_paid", "1000000.00", source="年报", period="2022", by=world.officer)
    other = Business.objects.create(
        uscc=uscc("91330114MA2B99999"), name="新设有限公司", name_key="x", kind="enterprise", industry_code="C38",
        street=world.units["street.xiasha"], founded=ON, synthetic=True,
    )  # fmt: skip
    delta = deltas.recompute(on=ON)
    assert delta is not None and (delta.kind, delta.state, delta.businesses) == ("delta", "done", 2)
    check_all([*rules, other])
    result = delta.results.get(version__model__key="a.tax")
    assert (result.eligible, result.gained, result.lost) == (1, 1, 0)
    assert not Change.objects.exists()
    correct_fact(firm, "tax_paid", "3000000.00", source="年报", reason="补报", period="2022", by=world.officer)
    again = deltas.recompute(on=ON)
    assert again is not None
    check_all([*rules, other])
    result = again.results.get(version__model__key="a.tax")
    assert (result.amount_before, result.amount, result.gained, result.lost) == (10_000, 20_000, 0, 0)
    full = runs.run(ON)
    check_all([*rules, other])
    assert full.results.get(version__model__key="a.tax").gained == 0
    assert (
        full.results.get(version__model__key="a.tax").amount_before
        == full.results.get(version__model__key="a.tax").amount
    )


def _held(business: Business, key: str, period: str) -> bool:
    return Fact.objects.filter(business=business, key=key, period=period).exists()


def test_a_business_that_is_gone_is_gone_from_the_next_run(rules: list[Business]) -> None:
    runs.run(ON)
    gone = Business.objects.create(
        uscc=uscc("91330114MA2B99998"), name="误登", name_key="x", kind="enterprise", street=rules[0].street,
        industry_code="C38", founded=ON, synthetic=True,
    )  # fmt: skip
    deltas.recompute(on=ON)
    gone_id = gone.pk
    gone.delete()
    deltas.recompute(on=ON)
    assert gone_id not in snapshot.raw()["id"].to_pylist()
    runs.run(ON)
    check_all(rules)


def test_differences_to_the_last_run_are_told(rules: list[Business]) -> None:
    runs.run(ON)
    before = {b.pk: expected("a.tax", b) for b in rules}
    rule = publishing.RuleModel.objects.get(key="a.tax")
    tighter = TAX.replace("&gt;= 1000000", "&gt;= 2000000").replace("20000<", "30000<")
    publishing.install(rule, tighter, ON)
    assert runs.due() == ["a.tax"]
    done = runs.run(ON, only=["a.tax"])
    assert runs.due() == []
    after = {b.pk: expected("a.tax", b) for b in rules}
    (result,) = done.results.all()
    lost = [pk for pk in before if before[pk][0] == "eligible" != after[pk][0]]
    assert lost and result.lost == len(lost) and result.gained == 0
    assert result.amount_before == sum(a or 0 for _, a in before.values())
    assert result.amount == sum(a or 0 for _, a in after.values())
    table = storing.read(storing.path_of(result))
    assert [
        r["id"] for r in table.to_pylist() if r["before"] == "eligible" != r["state"]
    ] == sorted(lost)  # fmt: skip
    check_all(rules)


def test_what_changed_of_a_rule_whose_version_was_not_run_yet_waits_for_the_run(
    rules: list[Business], world: World
) -> None:
    runs.run(ON)
    publishing.install(publishing.RuleModel.objects.get(key="a.tax"), TAX.replace("20000<", "30000<"), ON)
    for key in ("tax_paid", "rd_share"):
        record_fact(world.business, key, "9.00", source="年报", period="2022", by=world.officer)
    delta = deltas.recompute(on=ON)
    assert delta is not None
    assert [r.version.model.key for r in delta.results.all()] == ["b.small"]


@pytest.mark.parametrize(
    ("key", "concerned"),
    [("tax_paid", ["a.tax"]), ("rd_share", ["b.small"]), ("employees", ["b.small"]), ("patents", [])],
)
def test_only_rules_that_read_what_changed_are_evaluated(
    rules: list[Business],
    world: World,
    key: str,
    concerned: list[str],
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        runs.run(ON)
    period = "" if key == "patents" else "2022"
    record_fact(world.business, key, 9, source="年报", period=period, by=world.officer)
    delta = deltas.recompute(on=ON)
    assert delta is not None and [r.version.model.key for r in delta.results.all()] == concerned
    check_all(rules)
    correct_fact(world.business, key, 3_000_000, source="年报", reason="更正", period=period, by=world.officer)
    assert deltas.recompute(on=ON) is not None
    check_all(rules)
    # On another day periods and ages may be others.
    record_fact(world.other_business, key, 9, source="年报", period=period, by=world.officer)
    later = deltas.recompute(on=ON.replace(month=5))
    assert later is not None and later.results.count() == 2


def test_a_run_that_failed_says_why_and_can_be_run_again(
    rules: list[Business], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.run(ON)
    record = runs.queued(ON)
    real = evaluating.evaluate
    monkeypatch.setattr(evaluating, "evaluate", lambda *a: (_ for _ in ()).throw(OSError("磁盘已满")))
    with pytest.raises(OSError, match="磁盘已满"):
        runs.run(record=record)
    record.refresh_from_db()
    assert (record.state, record.error) == ("failed", "磁盘已满")
    check_all(rules)
    monkeypatch.setattr(evaluating, "evaluate", real)
    assert runs.run(record=record).state == "done"
    check_all(rules)


def test_old_files_are_thrown_away_but_not_those_that_count(
    rules: list[Business], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "KEPT", 1)
    first, second = runs.run(ON), runs.run(ON, only=["a.tax"])
    assert storing.folder(first).exists()  # the other rule's results lie there
    third = runs.run(ON)
    assert [storing.folder(r).exists() for r in (first, second, third)] == [False, False, True]
    check_all(rules)


def test_the_snapshot_is_made_anew_when_it_is_worn(rules: list[Business], monkeypatch: pytest.MonkeyPatch) -> None:
    runs.run(ON)
    monkeypatch.setattr(files, "MOST_PATCHES", 2)
    for n in range(3):
        record_fact(rules[n], "output", f"{n}.00", source="年报", period="2022")
        snapshot.settle(snapshot.refresh())
    whole = snapshot.raw()
    snapshot.compact()
    held = snapshot.manifest()
    assert held is not None and not held.patches
    assert snapshot.raw().to_pylist() == whole.to_pylist()
    assert len(list(snapshot.folder().glob("*.arrow"))) == 1


@pytest.mark.django_db(transaction=True)
def test_changes_are_noted_with_the_change_and_stay_until_they_are_taken() -> None:
    from tests.support.world import build

    with timekeeping.travel(MORNING):
        world = build()
    snapshot.settle(snapshot.refresh())
    record_fact(world.business, "tax_paid", "5.00", source="年报", period="2022")
    for _ in range(2):  # until they are settled, the next one does it again
        refreshed = snapshot.refresh()
        assert refreshed.ids == [world.business.pk]
    record_fact(world.other_business, "tax_paid", "5.00", source="年报", period="2022")
    snapshot.settle(refreshed)
    assert snapshot.refresh().ids == [world.other_business.pk]


def test_a_delta_that_failed_is_done_by_the_next_one(
    rules: list[Business], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.run(ON)
    record_fact(world.business, "tax_paid", "9000000.00", source="年报", period="2022", by=world.officer)
    real = storing.write
    monkeypatch.setattr(storing, "write", lambda *a: (_ for _ in ()).throw(OSError("磁盘已满")))
    with pytest.raises(OSError, match="磁盘已满"):
        deltas.recompute(on=ON)
    monkeypatch.setattr(storing, "write", real)
    assert deltas.recompute(on=ON) is not None
    check_all(rules)


def test_after_many_changes_everything_is_evaluated(
    rules: list[Business], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.run(ON)
    monkeypatch.setattr(deltas, "MOST_DELTAS", 1)
    for n, kind in enumerate(("delta", "full")):
        record_fact(rules[n], "tax_paid", "1.00", source="年报", period="2022")
        done = deltas.recompute(on=ON)
        assert done is not None and done.kind == kind
    check_all(rules)


@pytest.mark.django_db(transaction=True)
def test_two_runs_do_not_go_side_by_side() -> None:
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [runs.LOCK])
        with pytest.raises(runs.Busy):
            runs.run(ON)
    other.close()
    assert runs.run(ON).state == "done"


def test_states_of_businesses_that_nothing_is_stored_of(rules: list[Business]) -> None:
    runs.run(ON)
    stored = storing.stored("a.tax")["a.tax"]
    states, amounts = stored.states(storing.Asked(np.asarray([rules[0].pk, 10**9], np.int64)))
    assert states[1] == verdicts.NOTHING and amounts[1] == 0
    assert verdicts.STATES[states[0]] == expected("a.tax", rules[0])[0]
    assert PopulationRun.objects.get().kind == "full"
