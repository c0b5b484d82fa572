"""Functions that compare ranges and points (DMN 1.5, 10.3.4.12, after Allen's interval algebra)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yingshang.decisions.feel.builtins.registry import Unfit, builtin
from yingshang.decisions.values import Range, compare, equal


def _same(a: Any, b: Any) -> bool:
    verdict = equal(a, b)
    if verdict is None:
        raise Unfit
    return verdict


def _less(a: Any, b: Any) -> bool:
    verdict = compare("<", a, b)
    if verdict is None:
        raise Unfit
    return verdict


def _range(value: Any) -> Range:
    """A point as the range that holds only it."""
    return value if isinstance(value, Range) else Range(value, value, True, True)


def _starts_before(a: Range, b: Range) -> bool:
    return _less(a.low, b.low) or (_same(a.low, b.low) and a.low_in and not b.low_in)


def _ends_before(a: Range, b: Range) -> bool:
    return _less(a.high, b.high) or (_same(a.high, b.high) and b.high_in and not a.high_in)


def _start_same(a: Range, b: Range) -> bool:
    return _same(a.low, b.low) and a.low_in == b.low_in


def _end_same(a: Range, b: Range) -> bool:
    return _same(a.high, b.high) and a.high_in == b.high_in


def before(a: Range, b: Range) -> bool:
    return _less(a.high, b.low) or (_same(a.high, b.low) and not (a.high_in and b.low_in))


def meets(a: Range, b: Range) -> bool:
    return a.high_in and b.low_in and _same(a.high, b.low)


def overlaps(a: Range, b: Range) -> bool:
    return not before(a, b) and not before(b, a)


def overlaps_before(a: Range, b: Range) -> bool:
    return _starts_before(a, b) and not before(a, b) and (_ends_before(a, b) or _end_same(a, b))


def includes(a: Range, b: Range) -> bool:
    return (_starts_before(a, b) or _start_same(a, b)) and (_ends_before(b, a) or _end_same(a, b))


def finishes(a: Range, b: Range) -> bool:
    return _end_same(a, b) and (_starts_before(b, a) or _start_same(a, b))


def starts(a: Range, b: Range) -> bool:
    return _start_same(a, b) and (_ends_before(a, b) or _end_same(a, b))


def coincides(a: Range, b: Range) -> bool:
    return _start_same(a, b) and _end_same(a, b)


_POINT = "number|string|date|time|datetime|days|months"
#: Parameters by what is a point and what a range, with the names that the specification gives them.
_PARAMETERS = {
    "pp": f"point1: {_POINT}, point2: {_POINT}",
    "pr": f"point: {_POINT}, range: range",
    "rp": f"range: range, point: {_POINT}",
    "rr": "range1: range, range2: range",
}


def _declare(name: str, test: Callable[[Range, Range], bool], turned: bool, takes: str) -> None:
    """Declare a function of two ranges or points; ``turned`` tests the second against the first."""

    def body(a: Any, b: Any) -> bool:
        x, y = _range(a), _range(b)
        return test(y, x) if turned else test(x, y)

    for kinds in takes.split():
        builtin(name, _PARAMETERS[kinds])(body)


for _name, _test, _turned, _takes in (
    ("before", before, False, "pp pr rp rr"),
    ("after", before, True, "pp pr rp rr"),
    ("meets", meets, False, "rr"),
    ("met by", meets, True, "rr"),
    ("overlaps", overlaps, False, "rr"),
    ("overlaps before", overlaps_before, False, "rr"),
    ("overlaps after", overlaps_before, True, "rr"),
    ("finishes", finishes, False, "pr rr"),
    ("finished by", finishes, True, "rp rr"),
    ("includes", includes, False, "rp rr"),
    ("during", includes, True, "pr rr"),
    ("starts", starts, False, "pr rr"),
    ("started by", starts, True, "rp rr"),
    ("coincides", coincides, False, "pp rr"),
):
    _declare(_name, _test, _turned, _takes)
