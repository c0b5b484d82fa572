"""Cells and values for property tests: constants that lie close together, so that boundaries are met often."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from yingshang.decisions import temporal
from yingshang.decisions.feel.types import BUILT_IN, Type
from yingshang.decisions.temporal import SECOND, Date, DateTime, DaysDuration, MonthsDuration, Time

#: Constants by kind, as FEEL writes them; every list is short, so that two cells often share one.
CONSTANTS: dict[str, list[str]] = {
    "number": [
        "0",
        "1",
        "1.5",
        "2",
        "-3",
        "1e-6100",
        "9e6144",
        "-9e6144",
        "0.1",
        "0.10000000000000000000000000000000001",
    ],
    "string": ['""', '"A"', '"B"', '"C"', '"C2"', '"C26"', '"C27"', '"制造业"', '"\U0010ffff"'],
    "boolean": ["true", "false"],
    "date": ['date("2024-02-28")', '@"2024-02-29"', '@"2024-03-01"', "date(2025, 1, 1)", '@"-0001-12-31"'],
    "date and time": ['@"2024-02-29T00:00:00"', '@"2024-02-29T00:00:01"', '@"2024-03-01T12:00:00.5"'],
    "time": ['@"00:00:00"', '@"12:00:00"', '@"12:00:00.25"', '@"23:59:59"'],
    "days and time duration": ['duration("P1D")', '@"PT24H0.000000001S"', '-@"PT1S"', '@"PT0S"'],
    "years and months duration": ['@"P1Y"', '@"P13M"', '-@"P1M"', '@"P0M"'],
}
KINDS = sorted(CONSTANTS)
ZONED = {
    "date and time": [
        '@"2024-02-29T00:00:00Z"',
        '@"2024-02-29T08:00:00+08:00"',
        '@"2024-02-29T12:00:00@Asia/Shanghai"',
    ],
    "time": ['@"00:00:00Z"', '@"08:00:00+08:00"', '@"23:30:00-01:00"'],
}


def type_of(kind: str) -> Type:
    return BUILT_IN[kind]


@st.composite
def cells(draw: st.DrawFn, kind: str, zoned: bool = False) -> str:
    """Unary tests over constants of one kind, now and then null or a constant of another."""
    pool = ZONED[kind] if zoned else CONSTANTS[kind]
    constant = st.sampled_from(pool)
    any_constant = st.one_of(constant, constant, constant, st.sampled_from(["null"]))
    op = draw(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]))

    def interval() -> str:
        left, right = draw(st.sampled_from("[(]")), draw(st.sampled_from("])["))
        return f"{left}{draw(any_constant)}..{draw(any_constant)}{right}"

    def one() -> str:
        shape = draw(st.integers(0, 11))
        if shape <= 1:
            return f"{op} {draw(any_constant)}"
        if shape <= 3:
            return interval()
        if shape == 4:
            return f"? {op} {draw(any_constant)}"
        if shape == 5:
            return f"? >= {draw(constant)} and not(? {op} {draw(constant)})"
        if shape == 6:
            return f"{draw(constant)} < ? or ? in ({draw(constant)}, {interval()})"
        if shape == 7:
            return f"? between {draw(constant)} and {draw(constant)}"
        if shape == 8:
            return f"[{draw(constant)}, {draw(any_constant)}]"
        if shape == 9:
            return f"list contains([{draw(constant)}, {draw(any_constant)}], ?)"
        if shape == 10 and kind == "string":
            return f"starts with(?, {draw(constant)})"
        return draw(any_constant)

    shape = draw(st.integers(0, 9))
    if shape == 0:
        return "-"
    text = ", ".join(one() for _ in range(draw(st.integers(1, 3))))
    return f"not({text})" if shape <= 3 else text


def values(kind: str) -> st.SearchStrategy[Any]:
    """Values around the constants, and others of the kind."""
    match kind:
        case "number":
            near = [Decimal(t) for t in CONSTANTS[kind]]
            return st.one_of(
                st.sampled_from([*near, *(v + Decimal("0.5") for v in near[:5]), Decimal("1E-6176"), Decimal("-0")]),
                st.decimals(-4, 4, places=2),
            )
        case "string":
            return st.one_of(
                st.sampled_from(
                    [
                        "",
                        "A",
                        "A\0",
                        "B",
                        "C",
                        "C2",
                        "C26",
                        "C2614",
                        "C26\U0010ffff",
                        "C27",
                        "制造业",
                        "\U0010ffff\U0010ffff",
                    ]
                ),
                st.text(max_size=3),
            )
        case "boolean":
            return st.booleans()
        case "date":
            return st.integers(19_770, 20_100).map(Date.from_ordinal) | st.just(Date(-1, 12, 31))
        case "date and time":
            return st.builds(DateTime, st.integers(19_780, 19_784).map(Date.from_ordinal), _clock())
        case "time":
            return _clock()
        case "days and time duration":
            return st.sampled_from([-SECOND, -1, 0, 1, temporal.DAY, temporal.DAY + 1]).map(DaysDuration)
    return st.integers(-14, 14).map(MonthsDuration)


def _clock() -> st.SearchStrategy[Time]:
    nanos = st.sampled_from([0, 1, SECOND, 43_200 * SECOND, 43_200 * SECOND + 1, 86_399 * SECOND, 3600 * SECOND])
    zone = st.sampled_from([None, None, None, 0, 28_800, -3600, "Asia/Shanghai"])
    return st.builds(Time, nanos, zone)
