"""The measurements by name; each yields lines with a ratio, its target and whether it was met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Line = dict[str, Any]


def api_case(quick: bool) -> Iterator[Line]:
    from bench.api_case import measure

    line = measure(rounds=15 if quick else 60)
    yield {**line, "met": line["ratio"] <= 2}


ALL: dict[str, Callable[[bool], Iterator[Line]]] = {"api_case": api_case}
