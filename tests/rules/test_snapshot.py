"""The snapshot after any changes is what gathering the whole register would give; notes say what changed, and no more."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection

from tests.rules.people import populate
from tests.support.world import MORNING, World, uscc
from yingshang import timekeeping
from yingshang.accounts.models import Unit
from yingshang.registry.facts import FactRow, copy_facts, correct_fact, record_fact
from yingshang.registry.models import Business, Fact
from yingshang.rules import files, gathering, snapshot
from yingshang.rules.models import Change
from yingshang.rules.vocabulary import vocabulary

ON = MORNING.date()
KEYS = ("tax_paid", "revenue", "employees", "rd_share", "high_tech")


@pytest.fixture
def people(world: World, settings: object, tmp_path: Path) -> list[Business]:
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    with timekeeping.travel(MORNING):
        populate(world, 40)
    snapshot.settle(snapshot.refresh())
    return list(Business.objects.order_by("pk"))


def rows_of(table: pa.Table) -> dict[int, dict[str, Any]]:
    """What is known of each business, without what is not known."""
    return {r["id"]: {k: v for k, v in r.items() if v is not None} for r in table.to_pylist()}


def check() -> None:
    assert rows_of(snapshot.raw()) == rows_of(gathering.gather(vocabulary()))


def new(world: World, n: int) -> Business:
    return Business.objects.create(
        uscc=uscc(f"91330114MA2D{n:05}"), name=f"新设{n}有限公司", name_key="x", kind="enterprise", industry_code="C38",
        street=world.units["street.xiasha"], founded=ON, synthetic=True,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_it_is_what_gathering_everything_gives(
    people: list[Business], world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(files, "MOST_PATCHES", 6)
    come: list[Business] = []
    for step in range(12):
        for _ in range(rng.randrange(1, 6)):
            one = rng.choice([*people, *come])
            match rng.randrange(6):
                case 0 | 1 | 2:
                    key, period = rng.choice(KEYS), rng.choice(["2021", "2022", "2023"])
                    value: object = rng.random() < 0.5 if key == "high_tech" else rng.randrange(10**6)
                    held = Fact.objects.filter(business=one, key=key, period=period, superseded_at=None).first()
                    if held is None:
                        record_fact(one, key, value, source="测试", period=period)
                    elif held.value != value:
                        correct_fact(one, key, value, source="测试", period=period, reason="改", by=None)
                case 3:
                    come.append(new(world, 100 * seed + len(come) + 10 * step))
                case 4:
                    # One that was entered by mistake: nothing is known of it yet.
                    if unknown := [b for b in come if not b.facts.exists()]:
                        gone = rng.choice(unknown)
                        come.remove(gone)
                        gone.delete()
                case 5:
                    one.street = rng.choice([world.units["street.xiasha"], world.units["street.baiyang"]])
                    one.save()
        refreshed = snapshot.refresh(taking=rng.random() < 0.5)
        if rng.random() < 0.8:
            snapshot.settle(refreshed)
        snapshot.compact()
        check()
        known = [f.name for f in vocabulary().values() if f.subject == "business"]
        some = sorted(rng.sample([b.pk for b in people], 7))
        alone = rows_of(snapshot.of_some([*some, 10**9], ON, known))
        whole = rows_of(snapshot.of_all(ON, known))
        assert alone == {pk: whole[pk] for pk in some}


def noted() -> list[tuple[int, list[str] | None]]:
    notes = Change.objects.order_by("pk")
    rows = [(pk, c.keys and sorted(c.keys)) for c in notes for pk in sorted(c.businesses)]
    Change.objects.all().delete()
    return rows


def test_notes_say_which_facts_changed(people: list[Business]) -> None:
    one = people[0]
    record_fact(one, "tax_paid", "1.00", source="测试", period="2019")
    assert noted() == [(one.pk, ["tax_paid"])]
    correct_fact(one, "tax_paid", "2.00", source="测试", period="2019", reason="改", by=None)
    assert noted() == [(one.pk, ["tax_paid"])] * 2  # the old one ends, the new one begins
    record_fact(one, "no_rule_reads_this", 1, source="测试")
    refreshed = snapshot.refresh()
    assert refreshed.ids == [] and refreshed.notes
    snapshot.settle(refreshed)
    assert noted() == []


def test_only_what_rules_read_of_a_business_is_noted(people: list[Business], world: World) -> None:
    one = people[0]
    one.address = "新地址"
    one.save()
    assert noted() == []
    for name, value in (("industry_code", "C3911"), ("founded", date(2001, 1, 1)), ("status", "suspended"),
                        ("capital", 5), ("leading_industry", "航空航天"), ("foreign_invested", True),
                        ("name", "改名有限公司"), ("platform", world.units["platform.pharma"])):  # fmt: skip
        setattr(one, name, value)
        one.save()
        assert noted() == [(one.pk, None)], name


def test_a_street_that_is_renamed_concerns_its_businesses(people: list[Business], world: World) -> None:
    street = world.units["street.xiasha"]
    there = sorted(Business.objects.filter(street=street).values_list("pk", flat=True))
    Unit.objects.filter(pk=street.pk).update(name=street.name)
    assert noted() == []
    Unit.objects.filter(pk=street.pk).update(name="下沙新街道", short_name="下沙新街道")
    assert sorted(pk for pk, _ in noted()) == there
    Unit.objects.filter(pk=street.pk).update(name="下沙街道", short_name="")
    snapshot.settle(snapshot.refresh())
    check()


def test_a_bulk_load_notes_businesses_alone(people: list[Business]) -> None:
    rows = [FactRow(b.pk, f"bulk{n}", "", n, "测试") for n in range(10_001 // len(people) + 1) for b in people]
    copy_facts(rows)
    assert sorted(noted()) == [(b.pk, None) for b in people]


def test_every_column_that_is_gathered_is_watched(db: None) -> None:
    """The trigger names the columns of the register that the gathering query reads."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'rules_note_moved'")
        (source,) = cursor.fetchone()
    columns = {*gathering._BUSINESS_COLUMNS} - {"id", "street", "platform"} | {"street_id", "platform_id"}
    assert all(f"c.{c}" in source and f"b.{c}" in source for c in columns)
