"""The snapshot's files: which of them count, and how they are written and mapped.

``$YINGSHANG_HOME/rules/snapshot/`` holds one base (Arrow IPC, not compressed, so that web workers map it and read nothing they
do not use) and patches (see :mod:`yingshang.rules.patches`). ``manifest.json`` names those that count; it is replaced as
a whole, so readers see one state or the next.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from yingshang.rules.vocabulary import vocabulary

#: Patched rows, as a share of the base, from which a new base is written.
WORN = 0.1
#: Patches from which a new base is written: each is a file to open.
MOST_PATCHES = 64


def folder() -> Path:
    """Where the files lie."""
    return Path(settings.HOME) / "rules" / "snapshot"


@dataclass(frozen=True)
class Manifest:
    """The files that count: the base, the patches from old to new with their rows, and what they were gathered for."""

    base: str
    rows: int
    patches: tuple[tuple[str, int], ...]
    keys: str

    @property
    def worn(self) -> bool:
        """Whether a new base is due."""
        return len(self.patches) >= MOST_PATCHES or sum(n for _, n in self.patches) > max(self.rows * WORN, 1000)

    @property
    def names(self) -> list[str]:
        """The files, from old to new."""
        return [self.base, *(name for name, _ in self.patches)]


def manifest() -> Manifest | None:
    """The present state, None where there is none."""
    try:
        told = json.loads((folder() / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    return Manifest(told["base"], told["rows"], tuple((n, r) for n, r in told["patches"]), told["keys"])


def write_manifest(told: Manifest) -> None:
    """Let these files count from now on."""
    partial = folder() / f"manifest-{uuid.uuid4().hex}.json"
    partial.write_text(json.dumps(vars(told)), "utf-8")
    partial.replace(folder() / "manifest.json")


def keys() -> str:
    """What the columns depend on besides the register: a vocabulary that asks for other facts needs a new base."""
    return _keys(id(vocabulary()))


@lru_cache(maxsize=4)
def _keys(words: int) -> str:
    entries = vocabulary().values()
    return json.dumps(sorted((e.key, e.type, e.unit, *sorted(e.values.items())) for e in entries), ensure_ascii=False)


def write(kind: str, table: pa.Table, metadata: Mapping[str, Any] | None = None) -> str:
    """Write a file, which appears under its name only when it is whole; return the name."""
    name = f"{kind}-{uuid.uuid4().hex}.arrow"
    told = {k: json.dumps(v) for k, v in (metadata or {}).items()}
    partial = folder() / f"{name}.partial"
    whole = table.replace_schema_metadata(told or None)
    with pa.OSFile(str(partial), "wb") as sink, pa.ipc.new_file(sink, whole.schema) as writer:
        writer.write_table(whole)
    partial.replace(folder() / name)
    return name


@lru_cache(maxsize=2 * MOST_PATCHES)
def mapped(path: str) -> pa.Table:
    """A file, mapped into memory.

    Raises:
        FileNotFoundError: somebody wrote a new base meanwhile.
    """
    return pa.ipc.open_file(pa.memory_map(path)).read_all()
