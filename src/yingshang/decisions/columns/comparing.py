"""Comparisons of two columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yingshang.decisions.columns.domains import Days, Domain, Scaled, Spans
from yingshang.decisions.columns.numbers import Valid, as_raw, both_valid, bounds_of, to_scale
from yingshang.decisions.columns.vectors import CODE, Between, Coded, Exact, Raw, Values, Vector
from yingshang.decisions.values import compare as compare_values
from yingshang.decisions.values import equal

_OPERATORS = {"=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
              ">=": np.greater_equal}  # fmt: skip
#: Codes of verdicts.
_FALSE, _TRUE, _NULL = 0, 1, 2


def verdicts() -> Values:
    """The values that a comparison has, in the order of their codes."""
    return Values([False, True, None], lasting=True)


def told(op: str, a: Any, b: Any) -> bool | None:
    """``a op b`` for two FEEL values."""
    if op not in ("=", "!="):
        return compare_values(op, a, b)
    same = equal(a, b)
    return same if op == "=" or same is None else not same


def compare(op: str, a: Vector, b: Vector, exact: Exact, values: Values) -> Coded | None:
    """``a op b`` row by row; None where only the scalar engine can say.

    Args:
        exact: the scalar engine's verdicts.
        values: as :func:`verdicts` makes them.
    """
    p, q = as_raw(a), as_raw(b)
    if p is not None and q is not None:
        assert isinstance(p.domain, Scaled) and isinstance(q.domain, Scaled)
        scale = max(p.domain.scale, q.domain.scale)
        return _answer(op, _OPERATORS[op](to_scale(p, scale), to_scale(q, scale)), p.valid, q.valid, values)
    if isinstance(a, Raw) and isinstance(b, Raw) and a.domain == b.domain and _is_plain(a.domain):
        return _answer(op, _OPERATORS[op](a.numbers, b.numbers), a.valid, b.valid, values)
    x, y = bounds_of(a), bounds_of(b)
    return None if x is None or y is None else _bounded(op, x, y, exact, values)


def _is_plain(domain: Domain) -> bool:
    return isinstance(domain, (Days, Spans))


def _answer(op: str, truth: Any, a: Valid, b: Valid, values: Values) -> Coded:
    codes = np.asarray(truth, np.bool_).astype(CODE)
    valid = both_valid(a, b)
    if valid is not None:
        codes[~valid] = _NULL
        if op in ("=", "!="):
            # Null equals null, and differs from anything else.
            left = np.ones(len(codes), np.bool_) if a is None else a
            right = np.ones(len(codes), np.bool_) if b is None else b
            codes[~left & ~right] = _TRUE if op == "=" else _FALSE
            codes[left != right] = _FALSE if op == "=" else _TRUE
    return Coded(codes, values)


def _bounded(op: str, x: Between, y: Between, exact: Exact, values: Values) -> Coded:
    below, above = x.high < y.low, x.low > y.high
    sure: NDArray[np.bool_] = below | above
    truth = {"=": ~sure, "!=": sure, "<": below, "<=": below, ">": above, ">=": above}[op]
    coded = _answer(op, truth, x.valid, y.valid, values)
    valid = both_valid(x.valid, y.valid)
    rows = np.nonzero(~sure if valid is None else ~sure & valid)[0]
    if len(rows):
        coded.codes[rows] = [{False: _FALSE, True: _TRUE}.get(v, _NULL) for v in exact(rows)]
    return coded
