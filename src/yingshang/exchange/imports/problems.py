"""What can be wrong with a file as a whole, and with one cell of it; both say how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from django.utils.translation import override

from yingshang.cases.catalog import Text
from yingshang.cases.sheets import BadFile as BadFile

T = TypeVar("T")


def in_both(say: Callable[[], T]) -> tuple[T, T]:
    """What ``say`` returns when Chinese is spoken, and when English is: a refusal is kept for readers of both."""
    with override("zh-hans"):
        zh = say()
    with override("en"):
        return zh, say()


@dataclass(frozen=True)
class Cell:
    """One cell that cannot go in: its column's heading, what is wrong and how to mend it."""

    column: Text
    reason: Text


@dataclass
class Line:
    """One row of the file: its number (the heading is row 1), the texts by column key, and what is wrong so far."""

    number: int
    values: dict[str, str]
    problems: list[Cell] = field(default_factory=list)
