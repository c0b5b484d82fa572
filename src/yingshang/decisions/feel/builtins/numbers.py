"""Functions of numbers (DMN 1.5, 10.3.4.5) and ``not`` (10.3.4.2)."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Any

from yingshang.decisions.feel.builtins.registry import builtin
from yingshang.decisions.temporal import DaysDuration, MonthsDuration
from yingshang.decisions.values import DECIMAL

#: Holds the whole quotient of any two numbers.
_EXACT = Context(prec=13_000, Emin=-20_000, Emax=20_000)
#: Scales that decimal128 has (10.3.4.5).
_LEAST_SCALE, _MOST_SCALE = -6111, 6176


def rounded(n: Decimal, scale: Decimal | None, mode: str) -> Decimal | None:
    """``n`` with at most ``scale`` decimals; unchanged where it has no more, null for scales that do not exist."""
    places = int(scale) if scale is not None else 0
    if not _LEAST_SCALE <= places <= _MOST_SCALE:
        return None
    exponent = n.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return n
    return n.quantize(Decimal((0, (1,), -places)), mode, DECIMAL)


@builtin("decimal", "n: number, scale: number")
def decimal(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_HALF_EVEN)


@builtin("floor", "n: number")
@builtin("floor", "n: number, scale: number")
def floor(n: Decimal, scale: Decimal | None = None) -> Decimal | None:
    return rounded(n, scale, ROUND_FLOOR)


@builtin("ceiling", "n: number")
@builtin("ceiling", "n: number, scale: number")
def ceiling(n: Decimal, scale: Decimal | None = None) -> Decimal | None:
    return rounded(n, scale, ROUND_CEILING)


@builtin("round up", "n: number, scale: number")
def round_up(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_UP)


@builtin("round down", "n: number, scale: number")
def round_down(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_DOWN)


@builtin("round half up", "n: number, scale: number")
def round_half_up(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_HALF_UP)


@builtin("round half down", "n: number, scale: number")
def round_half_down(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_HALF_DOWN)


@builtin("abs", "n: number|days|months")
def absolute(n: Any) -> Any:
    match n:
        case DaysDuration():
            return DaysDuration(abs(n.nanos))
        case MonthsDuration():
            return MonthsDuration(abs(n.months))
    return DECIMAL.abs(n)


@builtin("modulo", "dividend: number, divisor: number")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal:
    """``dividend - divisor * floor(dividend / divisor)``, exactly; the sign is the divisor's."""
    rest = DECIMAL.plus(_EXACT.remainder(dividend, divisor))
    return DECIMAL.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest


@builtin("sqrt", "number: number")
def sqrt(n: Decimal) -> Decimal:
    return DECIMAL.sqrt(n)


@builtin("log", "number: number")
def log(n: Decimal) -> Decimal | None:
    return DECIMAL.ln(n) if n > 0 else None


@builtin("exp", "number: number")
def exp(n: Decimal) -> Decimal:
    return DECIMAL.exp(n)


@builtin("odd", "number: number")
def odd(n: Decimal) -> bool | None:
    whole = even(n)
    return None if whole is None else not whole


@builtin("even", "number: number")
def even(n: Decimal) -> bool | None:
    # What is beyond the last digit is zeros.
    return None if n != n.to_integral_value() else int(n.as_tuple().exponent) > 0 or int(n) % 2 == 0


@builtin("not", "negand: boolean")
def not_(value: bool) -> bool:
    return not value
