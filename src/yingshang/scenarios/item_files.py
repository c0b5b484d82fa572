"""``project_items.toml``: items and documents that a folder brings to the list of investment projects, see docs/projects.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from yingshang.projects.items import (
    NOTHING,
    Applies,
    Commitment,
    DocumentSpec,
    ItemsFile,
    ItemSpec,
    Time,
)
from yingshang.scenarios.toml import Table

FILE = "project_items.toml"
#: A text in an output cell of a table that says which items apply.
_NAMED = re.compile(r"<outputEntry[^>]*>\s*<text>\s*\"(\w+)\"\s*</text>")


def read(folder: Path) -> ItemsFile:
    """Read a folder's file; an empty one where there is none.

    Raises:
        BadScenario: a key is missing or of the wrong kind, or the table it names is not there.
    """
    path = folder / FILE
    if not path.exists():
        return ItemsFile(folder.name)
    table = Table.read(path)
    return ItemsFile(
        folder.name,
        tuple(_document(t, folder.name) for t in table.each("documents")),
        tuple(_item(t, folder.name) for t in table.each("items")),
        _applies(table, folder),
    )


def every(root: Path) -> Iterator[ItemsFile]:
    """The files of all folders below ``root`` that have one, by folder."""
    for path in sorted(root.glob(f"*/{FILE}")):
        yield read(path.parent)


def named(files: list[ItemsFile]) -> set[str]:
    """The codes of items that the folders' tables can answer with."""
    return {code for f in files if f.applies for code in _NAMED.findall(f.applies.document)}


def _applies(table: Table, folder: Path) -> Applies | None:
    reference = table.get("applies", "")
    if not reference:
        return None
    stem, _, name = reference.partition("#")
    path = folder / f"{stem}.dmn"
    if not name or not path.exists():
        raise table.bad("applies", f"没有决策 {reference}", f"there is no decision {reference}")
    return Applies(folder.name, name, path.read_text(encoding="utf-8"))


def _document(t: Table, folder: str) -> DocumentSpec:
    return DocumentSpec(t["code"], t.text("name"), bool(t.get("applicant", False)), folder)


def _item(t: Table, folder: str) -> ItemSpec:
    commit = t.table("commit") if "commit" in t else None
    return ItemSpec(
        code=t["code"],
        name=t.text("name"),
        unit=t["unit"],
        folder=folder,
        units=tuple(t.get("units", ())),
        promised=_time(t, "promised"),
        legal=_time(t, "legal"),
        inputs=tuple(t.get("inputs", ())),
        at_issue=tuple(t.get("at_issue", ())),
        after=tuple(t.get("after", ())),
        outputs=tuple(t.get("outputs", ())),
        commit=Commitment(commit["days"], commit["check_within"], commit["source"]) if commit else None,
        defer=dict(t.get("defer", {})),
        stands_for=t.get("stands_for", ""),
        stands_before=tuple(t.get("stands_before", ())),
        days_fact=t.get("days_fact", ""),
        milestone=t.get("milestone", ""),
        run=t.get("run", ""),
        source=t.get("source", ""),
        missing=t.text("missing") if "missing" in t else NOTHING,
    )


def _time(t: Table, key: str) -> Time:
    """Days and source; a time that is left out is not published."""
    if key not in t:
        return Time()
    told = t.table(key)
    return Time(told["days"], told["source"])
