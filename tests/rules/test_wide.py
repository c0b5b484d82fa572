"""What all businesses' columns say is what is known of each."""

from __future__ import annotations

from datetime import date

import pytest

from tests.rules.people import populate
from tests.support.world import World
from yingshang.registry.facts import correct_fact, record_fact
from yingshang.registry.models import Business
from yingshang.rules import wide
from yingshang.rules.gathering import gather
from yingshang.rules.known import facts_of, values_of
from yingshang.rules.vocabulary import vocabulary

ON = date(2023, 4, 26)


@pytest.mark.parametrize("on", [ON, date(2021, 12, 31), date(2025, 2, 28)])
def test_columns_say_of_each_business_what_is_known_of_it(world: World, on: date) -> None:
    populate(world, 60)
    words = vocabulary()
    table = wide.wide(words, gather(words), on)
    ids = table["id"].to_pylist()
    assert ids == sorted(Business.objects.values_list("pk", flat=True))
    sizes = set()
    for index, pk in enumerate(ids):
        expected = values_of(Business.objects.get(pk=pk), on)
        assert wide.row(table, index) == expected
        sizes.add(expected.get("企业规模"))
    assert {None, "大型", "中型", "小型", "微型", "不适用"} & sizes >= {None, "微型", "不适用"}


def test_some_businesses_alone_have_the_same_columns(world: World) -> None:
    some = [b.pk for b in populate(world, 30)][::3]
    words = vocabulary()
    whole, part = (wide.wide(words, gather(words, ids), ON) for ids in (None, some))
    rows = {pk: wide.row(whole, n) for n, pk in enumerate(whole["id"].to_pylist())}
    assert [wide.row(part, n) for n in range(part.num_rows)] == [rows[pk] for pk in sorted(some)]
    assert wide.wide(words, gather(words, []), ON).num_rows == 0


def test_a_value_comes_with_its_source_period_and_time(world: World) -> None:
    firm = world.business
    record_fact(firm, "revenue", "100.00", source="年报", period="2022", by=world.officer)
    fixed = correct_fact(firm, "revenue", "200.00", source="审计", reason="补报", period="2022", by=world.officer)
    told = facts_of(firm, ON)["营业收入"]
    assert (told.value, told.source, told.period, told.fact) == (200, "审计", "2022", fixed.pk)
    assert told.recorded_at == fixed.recorded_at
    assert facts_of(firm, date(2021, 1, 1)).get("营业收入") is None
    assert facts_of(firm, ON)["雏鹰企业"].value is False
    assert facts_of(firm, ON)["街道"].value == "下沙街道"
    assert facts_of(firm, ON)["企业规模"].value == "微型"


def test_the_facts_of_a_business_take_one_query(world: World, django_assert_num_queries: object) -> None:
    firm = Business.objects.select_related("street", "platform").get(pk=world.business.pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        facts_of(firm, ON)
