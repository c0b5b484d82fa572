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


def _point(value: Any) -> Range:
    """A point as the range that holds only it; null is neither point nor range."""
    if value is None or type(value) in (list, dict):
        raise Unfit
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


#: Names of the two parameters: the specification's differ with what is a point and what a range.
_NAMES = (("range1", "range2"), ("point1", "point2"), ("point", "range"), ("range", "point"))


def _declare(name: str, test: Callable[[Range, Range], bool], turned: bool) -> None:
    """Declare a function of two ranges or points."""

    def body(a: Any, b: Any) -> bool:
        x, y = _point(a), _point(b)
        return test(y, x) if turned else test(x, y)

    for first, second in _NAMES:
        builtin(name, f"{first}: any, {second}: any")(body)


for _name, _test, _turned in (
    ("before", before, False),
    ("after", before, True),
    ("meets", meets, False),
    ("met by", meets, True),
    ("overlaps", overlaps, False),
    ("overlaps before", overlaps_before, False),
    ("overlaps after", overlaps_before, True),
    ("finishes", finishes, False),
    ("finished by", finishes, True),
    ("includes", includes, False),
    ("during", includes, True),
    ("starts", starts, False),
    ("started by", starts, True),
    ("coincides", coincides, False),
):
    _declare(_name, _test, _turned)
