"""Folders loaded again over what people changed here: item by item, field by field; what people changed stays.

Three documents of :func:`~yingshang.projects.items.as_data`: what the folders said when they were loaded last, what is in force
now, what the folders say today. Documents and tables are the folders' alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A field of an item in which the list in force differs from the folders; None is "not there".

    Attributes:
        field: its name in the stored document (``unit``, ``promised``, ``after`` …).
    """

    code: str
    field: str
    ours: Any
    brought: Any


def changes(brought: Data, ours: Data) -> Iterator[Change]:
    """Where the list in force says something else of an item than the folders do; items of only one side are left out."""
    theirs = {i["code"]: i for i in brought["items"]}
    for item in ours["items"]:
        other = theirs.get(item["code"], item)
        for field in dict.fromkeys([*item, *other]):
            if item.get(field) != other.get(field):
                yield Change(item["code"], field, item.get(field), other.get(field))


def merge(base: Data, ours: Data, brought: Data) -> dict[str, Any]:
    """What the folders say today, with what people changed since ``base``.

    An item that a folder no longer brings is gone, and nothing waits for it any more.
    """
    items = {i["code"]: dict(i) for i in brought["items"]}
    for change in changes(base, ours):
        item = items.get(change.code)
        if item is None:
            continue
        kept = change.ours
        if change.field == "after" and kept:
            kept = [c for c in kept if c in items]
        if kept is None or kept == []:
            item.pop(change.field, None)
        else:
            item[change.field] = kept
    return {**brought, "items": list(items.values())}
