"""Facts: recorded once, corrected by a new row, readable as of any day, loaded in bulk."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from yingshang import timekeeping
from yingshang.accounts.models import AuditEntry, Person, Unit
from yingshang.accounts.units import place
from yingshang.registry import facts
from yingshang.registry.models import Business, Fact

JANUARY = datetime(2023, 1, 10, 9, 0, tzinfo=timekeeping.SHANGHAI)
MARCH = datetime(2023, 3, 10, 9, 0, tzinfo=timekeeping.SHANGHAI)


@pytest.fixture
def business(street: Unit, make_businesses: Callable[..., list[Business]]) -> Business:
    return make_businesses(1, street)[0]


@pytest.fixture
def clerk(db: None) -> Person:
    return Person.objects.create(username="clerk", kind="official", name="统计员")


def test_money_is_kept_exactly(business: Business) -> None:
    facts.record_fact(business, "revenue", Decimal("12345678.90"), period="2022", source="统计年报")
    view = facts.facts_of(business)
    assert view.value("revenue", "2022") == "12345678.90"
    assert view.money("revenue") == Decimal("12345678.90")


def test_the_same_again_is_the_same_row(business: Business) -> None:
    first = facts.record_fact(business, "employees", 12, period="2022", source="年报")
    assert facts.record_fact(business, "employees", 12, period="2022", source="年报").pk == first.pk
    assert Fact.objects.count() == 1


def test_a_different_value_asks_for_a_correction(business: Business) -> None:
    facts.record_fact(business, "employees", 12, period="2022", source="年报")
    with pytest.raises(facts.FactError, match="更正"):
        facts.record_fact(business, "employees", 13, period="2022", source="年报")
    facts.record_fact(business, "employees", 13, period="2023", source="年报")
    assert facts.facts_of(business).value("employees") == 13


def test_a_correction_keeps_the_old_row_and_both_days_can_be_asked(business: Business, clerk: Person) -> None:
    with timekeeping.travel(JANUARY):
        old = facts.record_fact(business, "high_tech", False, period="2022", source="科技局")
    with timekeeping.travel(MARCH):
        new = facts.correct_fact(
            business, "high_tech", True, period="2022", source="科技局", reason="公示名单补录", by=clerk
        )
    old.refresh_from_db()
    assert (old.value, old.superseded_at, old.recorded_at) == (False, MARCH, JANUARY)
    assert (new.value, new.recorded_by, new.reason) == (True, clerk, "公示名单补录")
    assert facts.facts_of(business).value("high_tech") is True
    assert facts.facts_of(business, at=MARCH - timedelta(seconds=1)).value("high_tech") is False
    assert facts.facts_of(business, at=MARCH).value("high_tech") is True
    assert facts.facts_of(business, at=JANUARY - timedelta(seconds=1)).value("high_tech") is None
    entry = AuditEntry.objects.get(action="fact.correct")
    assert (entry.data["old"], entry.data["new"]) == (False, True)


def test_two_corrections_at_the_same_moment_follow_each_other(business: Business, clerk: Person) -> None:
    with timekeeping.travel(JANUARY):
        facts.record_fact(business, "patents", 1, source="知识产权中心")
        for n in (2, 3):
            facts.correct_fact(business, "patents", n, source="知识产权中心", reason="核对", by=clerk)
    assert facts.facts_of(business).value("patents") == 3
    assert list(Fact.objects.order_by("id").values_list("value", flat=True)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("value", "reason", "says"), [(5, "核对", "无需更正"), (6, " ", "理由")]
)  # fmt: skip
def test_an_empty_correction_is_refused(business: Business, clerk: Person, value: int, reason: str, says: str) -> None:
    facts.record_fact(business, "patents", 5, source="知识产权中心")
    with pytest.raises(facts.FactError, match=says):
        facts.correct_fact(business, "patents", value, source="知识产权中心", reason=reason, by=clerk)


def test_what_is_not_held_cannot_be_corrected(business: Business, clerk: Person) -> None:
    with pytest.raises(facts.FactError, match="直接登记"):
        facts.correct_fact(business, "patents", 1, source="x", reason="y", by=clerk)


@pytest.mark.parametrize(
    ("key", "period", "source", "value", "says"),
    [
        ("Revenue", "2022", "s", 1, "事实名"),
        ("revenue", "2022Q5", "s", 1, "期间"),
        ("revenue", "2022-13", "s", 1, "期间"),
        ("revenue", "22", "s", 1, "期间"),
        ("revenue", "2022", " ", 1, "来源"),
        ("revenue", "2022", "s", 1.5, "浮点"),
        ("revenue", "2022", "s", {"a": [0.1]}, "浮点"),
        ("revenue", "2022", "s", Decimal("NaN"), "有限"),
        ("revenue", "2022", "s", {1, 2}, "set"),
    ],
)
def test_what_is_not_a_fact_is_refused(
    business: Business, key: str, period: str, source: str, value: object, says: str
) -> None:
    with pytest.raises(facts.FactError, match=says):
        facts.record_fact(business, key, value, period=period, source=source)
    assert not Fact.objects.exists()


@given(st.from_regex(r"\A\d{4}(Q[1-4]|-(0[1-9]|1[0-2]))?\Z"))
def test_every_written_period_is_understood(period: str) -> None:
    assert facts.PERIOD.fullmatch(period)


def test_the_database_refuses_to_overwrite_a_fact(business: Business) -> None:
    fact = facts.record_fact(business, "patents", 5, source="s")
    for changes in ({"value": 6}, {"source": "other"}, {"period": "2022"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Fact.objects.filter(pk=fact.pk).update(**changes)
    assert facts.facts_of(business).value("patents") == 5


def test_the_latest_period_is_the_default(business: Business) -> None:
    for period, n in (("2021", 1), ("2022", 2), ("2022Q3", 3)):
        facts.record_fact(business, "employees", n, period=period, source="s")
    view = facts.facts_of(business)
    assert (view.value("employees"), view.value("employees", "2021"), view.value("employees", "2020")) == (3, 1, None)
    assert list(view) == ["employees"] and len(view) == 1
    assert view.money("nothing") is None


def test_bulk_loading_equals_single_recording(business: Business, clerk: Person) -> None:
    rows = [
        facts.FactRow(business.pk, "revenue", "2022", Decimal("10.50"), "统计\t年报\\\n二"),
        facts.FactRow(business.pk, "founded_as", "", date(2020, 1, 2), "登记"),
        facts.FactRow(business.pk, "tags", "2022Q1", ['“引号"', None, True, 3], "登记"),
    ]
    assert facts.copy_facts(rows, by=clerk) == 3
    view = facts.facts_of(business)
    assert view.value("revenue") == "10.50"
    assert view.value("founded_as") == "2020-01-02"
    assert view.value("tags") == ['“引号"', None, True, 3]
    held = view.fact("revenue")
    assert held is not None
    assert (held.source, held.recorded_by) == ("统计\t年报\\\n二", clerk)


def test_bulk_loading_refuses_a_second_current_value(business: Business) -> None:
    row = facts.FactRow(business.pk, "patents", "", 1, "s")
    facts.copy_facts([row])
    with pytest.raises(IntegrityError), transaction.atomic():
        facts.copy_facts([row])
    with pytest.raises(facts.FactError), transaction.atomic():
        facts.copy_facts([facts.FactRow(business.pk, "x", "", 1.0, "s")])
    assert Fact.objects.count() == 1


def test_two_people_cannot_record_the_same_fact_differently(
    transactional_db: None, make_businesses: Callable[..., list[Business]]
) -> None:
    """The second waits for the first, then is told that a value is held."""

    def on_own_connection(work: Callable[[], object]) -> object:
        try:
            return work()
        except facts.FactError as error:
            return error
        finally:
            connection.close()

    def set_up() -> Business:
        root = place(Unit(code="district.two", kind="district", name="测试区"), None)
        return make_businesses(1, place(Unit(code="street.two", kind="street", name="测试街道"), root))[0]

    first_recorded, finish = threading.Event(), threading.Event()

    def first(business: Business) -> Fact:
        with transaction.atomic():
            fact = facts.record_fact(business, "patents", 1, source="a")
            first_recorded.set()
            assert finish.wait(10)
        return fact

    with ThreadPoolExecutor() as pool:
        business = pool.submit(on_own_connection, set_up).result()
        assert isinstance(business, Business)
        try:
            one = pool.submit(on_own_connection, lambda: first(business))
            assert first_recorded.wait(10)
            two = pool.submit(on_own_connection, lambda: facts.record_fact(business, "patents", 2, source="b"))
            with pytest.raises(TimeoutError):
                two.result(timeout=0.3)
            finish.set()
            assert isinstance(one.result(10), Fact)
            assert isinstance(two.result(10), facts.FactError)
            held = pool.submit(on_own_connection, lambda: facts.facts_of(business).value("patents")).result()
            assert held == 1
        finally:
            finish.set()
