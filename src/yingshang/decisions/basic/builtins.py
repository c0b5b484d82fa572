"""FEEL built-in functions (DMN 1.5, 10.3.4). Each returns null where its arguments are not of its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any

from yingshang.decisions.basic.values import DECIMAL, Function, compare, equal

BUILTINS: dict[str, Function] = {}


def _builtin(name: str, *parameters: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(fn: Callable[..., Any]) -> Callable[..., Any]:
        BUILTINS[name] = Function(name, parameters, fn)
        return fn

    return add


def _text(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Null unless every argument is a string."""

    def checked(*args: Any) -> Any:
        return fn(*args) if all(isinstance(a, str) for a in args) else None

    return checked


def _flat(args: tuple[Any, ...]) -> list[Any]:
    return args[0] if len(args) == 1 and isinstance(args[0], list) else list(args)


def _numbers(args: tuple[Any, ...]) -> list[Decimal] | None:
    items = _flat(args)
    return items if items and all(isinstance(i, Decimal) for i in items) else None


_builtin("contains", "string", "match")(_text(lambda s, m: m in s))
_builtin("starts with", "string", "match")(_text(lambda s, m: s.startswith(m)))
_builtin("ends with", "string", "match")(_text(lambda s, m: s.endswith(m)))
_builtin("upper case", "string")(_text(str.upper))
_builtin("lower case", "string")(_text(str.lower))
_builtin("string length", "string")(_text(lambda s: Decimal(len(s))))
_builtin("substring before", "string", "match")(_text(lambda s, m: s.partition(m)[0] if m in s else ""))
_builtin("substring after", "string", "match")(_text(lambda s, m: s.partition(m)[2] if m in s else ""))
_builtin("not", "negand")(lambda v: (not v) if isinstance(v, bool) else None)


@_builtin("substring", "string", "start position", "length")
def substring(s: Any, start: Any, length: Any = None) -> Any:
    if not isinstance(s, str) or not isinstance(start, Decimal) or start == 0:
        return None
    begin = int(start) - 1 if start > 0 else max(len(s) + int(start), 0)
    return s[begin:] if length is None else s[begin : begin + int(length)]


@_builtin("matches", "input", "pattern")
def matches(s: Any, pattern: Any) -> Any:
    if not isinstance(s, str) or not isinstance(pattern, str) or len(pattern) > 500:
        return None
    try:
        return re.search(pattern, s) is not None
    except re.error:
        return None


@_builtin("string", "from")
def string(v: Any) -> Any:
    if v is None:
        return None
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, Decimal):
        return format(v.normalize(), "f") if v == v.to_integral() else format(v, "f")
    return str(v)


@_builtin("number", "from")
def number(v: Any) -> Any:
    try:
        return Decimal(v) if isinstance(v, str) else v if isinstance(v, Decimal) else None
    except ArithmeticError:
        return None


@_builtin("string join", "list", "delimiter")
def string_join(items: Any, delimiter: Any = "") -> Any:
    if not isinstance(items, list) or not all(i is None or isinstance(i, str) for i in items):
        return None
    return (delimiter or "").join(i for i in items if i is not None)


@_builtin("split", "string", "delimiter")
def split(s: Any, delimiter: Any) -> Any:
    try:
        return re.split(delimiter, s)
    except (re.error, TypeError):
        return None


@_builtin("count", "list")
def count(*args: Any) -> Any:
    return Decimal(len(_flat(args)))


@_builtin("sum", "list")
def sum_(*args: Any) -> Any:
    items = _numbers(args)
    if items is None:
        return None
    total = Decimal(0)
    for i in items:
        total = DECIMAL.add(total, i)
    return total


@_builtin("mean", "list")
def mean(*args: Any) -> Any:
    items = _numbers(args)
    return None if items is None else DECIMAL.divide(sum_(items), Decimal(len(items)))


def _best(op: str, args: tuple[Any, ...]) -> Any:
    items = _flat(args)
    if not items:
        return None
    best = items[0]
    for i in items[1:]:
        better = compare(op, i, best)
        if better is None:
            return None
        if better:
            best = i
    return best


_builtin("min", "list")(lambda *args: _best("<", args))
_builtin("max", "list")(lambda *args: _best(">", args))


@_builtin("all", "list")
def all_(*args: Any) -> Any:
    items = _flat(args)
    if any(i is False for i in items):
        return False
    return True if all(i is True for i in items) else None


@_builtin("any", "list")
def any_(*args: Any) -> Any:
    items = _flat(args)
    if any(i is True for i in items):
        return True
    return False if all(i is False for i in items) else None


@_builtin("list contains", "list", "element")
def list_contains(items: Any, element: Any) -> Any:
    return any(equal(i, element) is True for i in items) if isinstance(items, list) else None


@_builtin("append", "list", "item")
def append(items: Any, *more: Any) -> Any:
    return [*(items if isinstance(items, list) else [items]), *more]


@_builtin("concatenate", "list")
def concatenate(*lists: Any) -> Any:
    return [i for x in lists for i in (x if isinstance(x, list) else [x])]


@_builtin("distinct values", "list")
def distinct(items: Any) -> Any:
    if not isinstance(items, list):
        return None
    kept: list[Any] = []
    for i in items:
        if not any(equal(i, k) is True for k in kept):
            kept.append(i)
    return kept


@_builtin("union", "list")
def union(*lists: Any) -> Any:
    return distinct(concatenate(*lists))


@_builtin("flatten", "list")
def flatten(items: Any) -> Any:
    if not isinstance(items, list):
        return None
    return [x for i in items for x in (flatten(i) if isinstance(i, list) else [i])]


@_builtin("reverse", "list")
def reverse(items: Any) -> Any:
    return items[::-1] if isinstance(items, list) else None


@_builtin("index of", "list", "match")
def index_of(items: Any, match: Any) -> Any:
    if not isinstance(items, list):
        return None
    return [Decimal(n) for n, i in enumerate(items, 1) if equal(i, match) is True]


def _rounded(rounding: str) -> Callable[..., Any]:
    def fn(n: Any, scale: Any = Decimal(0)) -> Any:
        if not isinstance(n, Decimal) or not isinstance(scale, Decimal):
            return None
        return n.quantize(Decimal(1).scaleb(-int(scale)), rounding=rounding, context=DECIMAL)

    return fn


_builtin("decimal", "n", "scale")(_rounded(ROUND_HALF_EVEN))
_builtin("floor", "n", "scale")(_rounded(ROUND_FLOOR))
_builtin("ceiling", "n", "scale")(_rounded(ROUND_CEILING))
_builtin("round up", "n", "scale")(_rounded(ROUND_UP))
_builtin("round down", "n", "scale")(_rounded(ROUND_DOWN))
_builtin("round half up", "n", "scale")(_rounded(ROUND_HALF_UP))
_builtin("round half down", "n", "scale")(_rounded(ROUND_HALF_DOWN))
_builtin("abs", "n")(lambda n: abs(n) if isinstance(n, (Decimal, timedelta)) else None)


@_builtin("modulo", "dividend", "divisor")
def modulo(a: Any, b: Any) -> Any:
    if not isinstance(a, Decimal) or not isinstance(b, Decimal) or b == 0:
        return None
    return DECIMAL.subtract(a, DECIMAL.multiply(b, DECIMAL.divide(a, b).to_integral_value(ROUND_FLOOR)))


@_builtin("date", "from")
def date_(v: Any, month: Any = None, day: Any = None) -> Any:
    try:
        if month is not None:
            return date(int(v), int(month), int(day))
        if isinstance(v, datetime):
            return v.date()
        return v if isinstance(v, date) else date.fromisoformat(v)
    except (ValueError, TypeError):
        return None


@_builtin("date and time", "from")
def date_and_time(v: Any, t: Any = None) -> Any:
    try:
        if t is not None:
            return datetime.combine(v.date() if isinstance(v, datetime) else v, t)
        return v if isinstance(v, datetime) else datetime.fromisoformat(v)
    except (ValueError, TypeError, AttributeError):
        return None


@_builtin("time", "from")
def time_(v: Any) -> Any:
    try:
        return v.timetz() if isinstance(v, datetime) else v if isinstance(v, time) else time.fromisoformat(v)
    except (ValueError, TypeError):
        return None


_DURATION = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


@_builtin("duration", "from")
def duration(v: Any) -> Any:
    m = _DURATION.fullmatch(v) if isinstance(v, str) else None
    if m is None or not any(m.groups()[1:]):
        return v if isinstance(v, timedelta) else None
    days, hours, minutes, seconds = (float(g or 0) for g in m.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if m.group(1) else length


@_builtin("get value", "m", "key")
def get_value(m: Any, key: Any) -> Any:
    return m.get(key) if isinstance(m, Mapping) else None
