"""Columns and cells of every kind, drawn near the thresholds that decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
from hypothesis import strategies as st

_EXACT = Context(prec=60)
NUMBERS = ("0", "1", "-1", "2.5", "2.50", "3", "9.99", "10", "99.995", "100", "1E+3", "-0.01", "0.1", "0.3",
           "12345678901234567890.123", "99999999999999999999999999999999.99", "0.000000000000000000000001")  # fmt: skip
TEXTS = ("", "a", "A", "B", "C", "C2", "C27", "C3", "中型", "大型", "小", "zz", 'q"uote', "a b")
DATES = ("2024-01-31", "2024-02-28", "2024-02-29", "2024-03-01", "2023-12-31", "1969-12-31", "1970-01-01", "0001-01-01",
         "9999-12-31")  # fmt: skip
TIMES = (
    "2024-02-29T00:00:00",
    "2024-02-29T23:59:59",
    "1969-12-31T23:59:59",
    "1988-04-10T00:30:00",
    "2024-03-01T08:00:00",
)
SPANS = ("PT0S", "P1D", "-P1D", "PT36H", "P1DT0.5S")
CLOCKS = ("00:00:00", "12:30:00", "23:59:59")


@dataclass(frozen=True)
class Kind:
    """A kind of column: FEEL type, Arrow type, the constants of cells, and the values of rows."""

    feel: str
    arrow: pa.DataType
    constants: tuple[str, ...]
    values: st.SearchStrategy[object]


def _near(values: tuple[str, ...], scale: int, most: int) -> st.SearchStrategy[Decimal]:
    unit = Decimal(1).scaleb(-scale)
    fitting = [v for t in values if abs(v := _EXACT.quantize(Decimal(t), unit)) < most]
    return st.builds(lambda v, n: _EXACT.add(v, n * unit), st.sampled_from(fitting), st.integers(-2, 2)).filter(
        lambda v: abs(v) < most
    )


def _number(arrow: pa.DataType, scale: int, most: int) -> Kind:
    values = _near(NUMBERS, scale, most)
    return Kind("number", arrow, NUMBERS, values.map(int) if scale == 0 else values)


def _moment(zone: ZoneInfo | None) -> st.SearchStrategy[datetime]:
    moments = [datetime.fromisoformat(t) for t in TIMES]
    shift = st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(microseconds=-1), timedelta(hours=8)])
    return st.builds(lambda m, s: (m + s).replace(tzinfo=zone), st.sampled_from(moments), shift)


def _days() -> st.SearchStrategy[date]:
    days = [date.fromisoformat(d) for d in DATES]
    return st.builds(
        lambda d, n: date.fromordinal(min(max(d.toordinal() + n, 1), date.max.toordinal())),
        st.sampled_from(days),
        st.integers(-1, 1),
    )


_FLOATS = st.one_of(
    st.sampled_from([0.1, 0.3, 2.5, 9.99, 99.995, -0.01, 1e3, 1e300, -1e-300, float("nan"), float("inf"), -0.0]),
    st.floats(width=64),
)
_PLAIN_DATE_TIMES = tuple(f'date and time("{t}")' for t in TIMES)
_ZONED = tuple(f'date and time("{t}Z")' for t in TIMES)
KINDS: dict[str, Kind] = {
    "int8": _number(pa.int8(), 0, 120),
    "int64": _number(pa.int64(), 0, 2**62),
    "uint64": _number(pa.uint64(), 0, 2**63) ,
    "cents": _number(pa.decimal128(12, 2), 2, 10**10),
    "fine": _number(pa.decimal128(38, 10), 10, 10**28),
    "long": _number(pa.decimal128(38, 2), 2, 10**36),
    "double": Kind("number", pa.float64(), NUMBERS, _FLOATS),
    "text": Kind("string", pa.string(), tuple(f'"{t}"'.replace('q"', 'q\\"') for t in TEXTS), st.sampled_from(TEXTS)),
    "bool": Kind("boolean", pa.bool_(), ("true", "false"), st.booleans()),
    "date": Kind("date", pa.date32(), tuple(f'date("{d}")' for d in DATES), _days()),
    "moment": Kind("date and time", pa.timestamp("us"), _PLAIN_DATE_TIMES, _moment(None)),
    "instant": Kind("date and time", pa.timestamp("us", "UTC"), _ZONED, _moment(ZoneInfo("UTC"))),
    "local": Kind("date and time", pa.timestamp("us", "Asia/Shanghai"), _ZONED, _moment(ZoneInfo("Asia/Shanghai"))),
    "span": Kind("days and time duration", pa.duration("us"), tuple(f'duration("{s}")' for s in SPANS),
                 st.builds(lambda d, n: timedelta(hours=d, microseconds=n), st.sampled_from([0, 24, -24, 36]),
                           st.integers(-1, 1))),
    "clock": Kind("time", pa.time64("us"), tuple(f'time("{t}")' for t in CLOCKS),
                  st.sampled_from([time(0), time(12, 30), time(12, 30, 0, 1), time(23, 59, 59, 999999)])),
}  # fmt: skip
KINDS["uint64"] = Kind("number", pa.uint64(), NUMBERS, _near(NUMBERS, 0, 2**63).filter(lambda v: v >= 0).map(int))


@st.composite
def column(draw: st.DrawFn, kind: Kind, rows: int) -> pa.Array:
    """A column of a kind, a quarter of it null."""
    values = [draw(st.one_of(kind.values, kind.values, kind.values, st.none())) for _ in range(rows)]
    return pa.array(values, kind.arrow)


@st.composite
def cell(draw: st.DrawFn, kind: Kind, others: tuple[str, ...] = ()) -> str:
    """A unary test on values of a kind; ``others`` are variables of the same type that it may read."""
    constant = st.sampled_from(kind.constants)
    ordered = kind.feel != "boolean"
    forms = ["-", "one", "one", "list", "not", "null", "asked", "is null"]
    if ordered:
        forms += ["less", "less", "range", "range", "range", "between", "several"]
    if others:
        forms += ["variable", "variable"]
    if kind.feel == "string":
        forms += ["starts", "length", "matches"]
    if kind.feel == "number":
        forms += ["twice"]
    a, b = draw(constant), draw(constant)
    op = draw(st.sampled_from(["<", "<=", ">", ">="]))
    match draw(st.sampled_from(forms)):
        case "-":
            return "-"
        case "one":
            return a
        case "list":
            return f"{a}, {b}"
        case "not":
            return f"not({a}, {b})" if not ordered or draw(st.booleans()) else f"not({op} {a})"
        case "null":
            return "null"
        case "is null":
            return draw(st.sampled_from(["? = null", "? != null", "not(null)"]))
        case "asked":
            return f"? = {a} or ? != {b}"
        case "less":
            return f"{op} {a}"
        case "range":
            return f"{draw(st.sampled_from(['[', '(', ']']))}{a}..{b}{draw(st.sampled_from([']', ')', '[']))}"
        case "between":
            return f"? between {a} and {b}"
        case "several":
            return f"{op} {a}, [{a}..{b}]"
        case "variable":
            return draw(st.sampled_from([f"{op} {others[0]}", others[0], f"not({others[0]})"]))
        case "starts":
            return f"starts with(?, {a})"
        case "length":
            return "string length(?) > 1"
        case "matches":
            return 'matches(?, "^[A-C]")'
    return f"? * 2 {op} {a}"


__all__ = ["KINDS", "NUMBERS", "UTC", "Kind", "cell", "column"]
