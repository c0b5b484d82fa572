"""The measurements by name; each yields lines with a ratio, its target and whether it was met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Line = dict[str, Any]


def api_case(quick: bool) -> Iterator[Line]:
    from bench.api_case import measure

    line = measure(rounds=20 if quick else 150)
    yield {**line, "met": line["ratio"] <= 2}


def pages(quick: bool) -> Iterator[Line]:
    from bench.pages import measure

    yield from measure()


def imports(quick: bool) -> Iterator[Line]:
    from bench.importing import measure

    yield measure(10_000 if quick else 100_000)


def lists(quick: bool) -> Iterator[Line]:
    from bench.lists import measure

    yield from measure(10_000, 100_000 if quick else 1_000_000, 40 if quick else 200)


def rules(quick: bool) -> Iterator[Line]:
    from bench.rules import growth, measure

    rounds = 2 if quick else 3
    yield from growth(12_000 if quick else 120_000, rounds)
    yield from measure(rounds)


def insight(quick: bool) -> Iterator[Line]:
    from bench.insight import run

    yield from run(100_000 if quick else 1_000_000, 5 if quick else 9)


def projects(quick: bool) -> Iterator[Line]:
    from bench.projects import measure

    yield from measure(rounds=20 if quick else 100)


#: In this order: the import and the lists throw away what cases there are.
ALL: dict[str, Callable[[bool], Iterator[Line]]] = {
    "api_case": api_case,
    "pages": pages,
    "projects": projects,
    "imports": imports,
    "lists": lists,
    "rules": rules,
    "insight": insight,
}
