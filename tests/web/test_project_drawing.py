"""What the drawings of a project span and where things stand in them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from yingshang.web.views.projects import drawing

MONDAY = date(2023, 5, 1)


def at(place: str) -> float:
    return float(place.removesuffix("%"))


@pytest.mark.parametrize(
    ("days", "names"),
    [
        (3, ["05-01"]),
        (28, ["05-01", "05-08", "05-15", "05-22", ""]),
        (60, ["05-01", "05-15", "05-29", "06-12", "06-26"]),
        (100, ["05-01", "06-01", "07-01", "08-01"]),
        (200, ["23-05", "", "23-07", "", "23-09", "", "23-11"]),
        (700, ["23-05", "", "23-09", "", "24-01", "", "24-05", "", "24-09", "", "25-01", ""]),
    ],
)  # fmt: skip
def test_the_scale_names_weeks_or_months_by_its_length(days: int, names: list[str]) -> None:
    drawn = drawing.scale(MONDAY, MONDAY + timedelta(days=days), MONDAY)
    assert [name for _x, name in drawn.ticks] == names
    places = [at(x) for x, _name in drawn.ticks]
    assert places == sorted(places) and places[0] >= 0 and places[-1] < 100
    assert drawn.today == "0.00%"


def test_a_bar_is_cut_at_the_edges_and_gone_outside() -> None:
    drawn = drawing.scale(MONDAY, MONDAY + timedelta(days=9), MONDAY - timedelta(days=1))
    assert drawn.today == ""
    before = drawn.bar("plan", MONDAY - timedelta(days=5), MONDAY + timedelta(days=4))
    assert before == drawing.Bar("plan", "0.00%", "50.00%")
    assert drawn.bar("plan", MONDAY - timedelta(days=5), MONDAY - timedelta(days=1)) is None
    assert drawn.bar("plan", MONDAY + timedelta(days=20), MONDAY + timedelta(days=30)) is None


def test_a_forecast_is_drawn_in_its_order() -> None:
    from yingshang.projects.forecast import Forecast, History

    day = {n: MONDAY + timedelta(days=n) for n in (10, 20, 30, 40, 50)}
    found = Forecast(
        likely=day[30],
        fifty=(day[20], day[40]),
        ninety=(day[10], day[50]),
        history=History({}, {}, {}, 0, 0, False),
        borrowed=(),
        untold=(),
        beyond=(),
    )
    drawn = drawing.of_forecast(found, day[20], MONDAY)
    ninety, fifty = at(drawn.ninety.x), at(drawn.fifty.x)
    assert (
        0 <= ninety < fifty < at(drawn.likely) < fifty + at(drawn.fifty.width) < ninety + at(drawn.ninety.width) < 100
    )
    assert at(drawn.planned) == pytest.approx(fifty)
