"""Small logs as files, and as the rows that they are read to."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

from yingshang.insight.reading import read
from yingshang.insight.rows import CaseRow, EventRow
from yingshang.insight.store import Note, Store
from yingshang.insight.writing import Writer

DAY = 86_400_000_000
#: Saturday 1 January 2022, 08:00 in Shanghai.
NEW_YEAR = 1_640_995_200_000_000

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0" xmlns="http://www.xes-standard.org/">\n'


def event(name: str, time: str = "", **more: str) -> str:
    said = "".join(f'<string key="{k.replace("__", ":")}" value="{v}"/>' for k, v in more.items())
    at = f'<date key="time:timestamp" value="{time}"/>' if time else ""
    return f'<event><string key="concept:name" value="{name}"/>{at}{said}</event>\n'


def trace(name: str, *events: str, also: str = "") -> str:
    return f'<trace><string key="concept:name" value="{name}"/>{also}\n{"".join(events)}</trace>\n'


def xes(*traces: str, head: str = HEAD) -> str:
    return f"{head}{''.join(traces)}</log>\n"


def file(folder: Path, text: str | bytes, name: str = "log.xes") -> Path:
    raw = text.encode() if isinstance(text, str) else text
    path = folder / name
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


def log(folder: Path, *traces: str) -> Store:
    """The log of these traces, read."""
    return read(file(folder, xes(*traces)), folder / "log")


def store(folder: Path, cases: Iterable[CaseRow], name: str = "made", format: str = "house") -> Store:
    """The log of these rows."""
    with Writer(folder / name, Note(format=format)) as writer:
        writer.extend(cases)
        return writer.finish()


def case(name: str, *events: tuple[str, float], unit: str = "") -> CaseRow:
    """A case with events as (activity, days after new year)."""
    return CaseRow(name, [EventRow(a, NEW_YEAR + round(d * DAY), unit=unit) for a, d in events])
