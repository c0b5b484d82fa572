"""The vocabulary of the reference district, and what is refused of another's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from yingshang import decisions, districts
from yingshang.districts import BadDistrict
from yingshang.rules import periods, vocabulary
from yingshang.rules.vocabulary import Entry, converted


def test_the_reference_district_s_vocabulary_is_sound() -> None:
    words = vocabulary.vocabulary()
    units = {u.code for u in districts.load("qiantang").units}
    for entry in words.values():
        assert not entry.source_unit or entry.source_unit in units, entry.name
        assert entry.name_en and entry.ask.label and entry.ask.label_en
        assert entry.held or not entry.column
    assert {e.name for e in words.search("高新")} == {"国家高新技术企业"}


def test_the_names_are_names_of_feel() -> None:
    for name in vocabulary.vocabulary():
        assert decisions.feel.evaluate(f"{name} = 1", {name: 1}) is True


def entry(**about: str) -> Entry:
    told = {"name": "甲", "name_en": "a", "key": "a", "period": "none", "type": "number", "unit": "元"} | about
    return Entry(**told, subject="business", source_unit="", absent=None, held=True, synonyms=())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1234567.80", Decimal("1234567.80")), (12, Decimal(12)), ("1.234", None), ("x", None), (True, None),
     ("1" * 17, None), ("9" * 16, Decimal("9" * 16)), ("NaN", None), (["1"], None), (None, None)],
)  # fmt: skip
def test_a_number_is_exact_or_not_known(value: object, expected: Decimal | None) -> None:
    assert converted(entry(), value) == expected


def test_other_types_are_what_they_say_or_not_known() -> None:
    assert converted(entry(type="boolean"), True) is True
    assert converted(entry(type="boolean"), "true") is None
    assert converted(entry(type="date"), "2022-10-15") == date(2022, 10, 15)
    assert converted(entry(type="date"), "2022-10") is None
    assert converted(entry(type="string"), 3) is None


def test_periods() -> None:
    on = date(2023, 4, 26)
    held = ["", "2021", "2022", "2023", "2024", "2023Q1", "2023Q2", "2023-03"]
    found = {rule: periods.choices(rule, on, held) for rule in periods.PERIODS}
    assert found == {
        "none": [""], "latest": ["2023", "2022", "2021"], "year": ["2023"], "last_year": ["2022"],
        "quarter": ["2023Q2"], "last_quarter": ["2023Q1"], "month": [], "last_month": ["2023-03"],
    }  # fmt: skip
    assert periods.choices("last_quarter", date(2023, 2, 1), ["2022Q4"]) == ["2022Q4"]
    assert periods.choices("last_month", date(2023, 1, 1), ["2022-12"]) == ["2022-12"]


def test_the_latest_year_that_is_held_may_be_behind() -> None:
    on = date(2026, 11, 29)
    assert [periods.behind("latest", p, on) for p in ("2022", "2024", "2025", "2026", "")] == [
        "2025",
        "2025",
        "",
        "",
        "",
    ]
    # What asks for one period takes that or none.
    assert not [rule for rule in periods.PERIODS if rule != "latest" and periods.behind(rule, "2022", on)]


@pytest.mark.parametrize(
    ("since", "on", "years"),
    [((2020, 5, 6), (2023, 5, 5), 2), ((2020, 5, 6), (2023, 5, 6), 3), ((2020, 2, 29), (2021, 2, 28), 0),
     ((2020, 2, 29), (2021, 3, 1), 1), ((2024, 1, 1), (2023, 1, 1), 0)],
)  # fmt: skip
def test_full_years(since: tuple[int, int, int], on: tuple[int, int, int], years: int) -> None:
    assert periods.full_years(date(*since), date(*on)) == years


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "facts.toml").write_text(
        '[[facts]]\nname = "甲"\nname_en = "a"\nkey = "business.nothing"\ntype = "numbr"\nperiod = "weekly"\n'
        '[[facts]]\nname = "甲"\nname_en = "a"\nkey = "computed:x"\ntype = "boolean"\nabsent = "nein"\n',
        "utf-8",
    )
    with pytest.raises(BadDistrict) as bad:
        vocabulary.load(tmp_path)
    assert len(bad.value.problems) == 6
