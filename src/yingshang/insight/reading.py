"""Bringing a log in from a file, whatever its format."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from yingshang.insight import ocel_reading, ocel_xml_reading
from yingshang.insight.errors import BadLog
from yingshang.insight.packing import Unpacked
from yingshang.insight.rows import CaseRow
from yingshang.insight.store import Note, Store
from yingshang.insight.writing import Writer
from yingshang.insight.xes_reading import OcelAsXml, XesReader

#: Told the share of the file that was read (0 to 1), and the events so far.
Progress = Callable[[float, int], None]


def read(
    path: Path,
    folder: Path,
    *,
    name: str = "",
    activity: str = "concept:name",
    object_type: str = "",
    progress: Progress | None = None,
) -> Store:
    """Bring a log in; the folder is there when this returns and not before.

    Args:
        path: XES, or OCEL 2.0 as XML, JSON or SQLite; plain, packed with gzip, or alone in a ZIP.
        folder: where it goes; must not exist.
        name: of the file, for messages; by default that of ``path``.
        activity: attribute of XES events that names what was done.
        object_type: of OCEL, the type of object whose life is a case; by default ``case``, or the one with most events.
        progress: see :data:`Progress`.

    Raises:
        BadLog: with file, line and reason; nothing is left behind.
    """
    note = Note()
    with open(path, "rb") as raw, Writer(folder, note) as writer:
        reader: XesReader | None = None
        try:
            stream = Unpacked(raw, path.stat().st_size)
            head = stream.head()
            if not head.strip():
                raise BadLog("文件是空的", "the file is empty")
            if head.startswith(b"SQLite format 3\0"):
                note.format = "ocel"
                with _plain_file(path, stream, folder) as plain:
                    _take(ocel_reading.from_sqlite(plain, note, object_type), writer, stream, progress)
            elif _is_json(head):
                note.format = "ocel"
                _take(ocel_reading.from_json(cast("IO[bytes]", stream), note, object_type), writer, stream, progress)
            else:
                reader = XesReader(cast("IO[bytes]", stream), note, activity)
                try:
                    _take(reader.cases(), writer, stream, progress)
                    reader = None
                except OcelAsXml:
                    reader, note.format, note.about = None, "ocel", {}
                    stream.again()
                    found = ocel_xml_reading.from_xml(cast("IO[bytes]", stream), note, object_type)
                    _take(found, writer, stream, progress)
            if writer.events_count_so_far and not writer.named:
                raise BadLog(
                    f"事件都没有属性“{activity}”，不知道做了什么，请指定别的属性",
                    f"no event has the attribute {activity!r}, which would say what was done: name another one",
                )
            return writer.finish(by_name=note.format == "xes")
        except BadLog as error:
            raise error.placed(name or path.name, reader.line if reader else 0) from None


def _is_json(head: bytes) -> bool:
    text = head.decode(json.detect_encoding(head), "ignore")
    return text.lstrip("\ufeff \t\r\n").startswith("{")


@contextmanager
def _plain_file(path: Path, stream: Unpacked, folder: Path) -> Iterator[Path]:
    """The file itself, or what is packed in it, for what cannot be read as a stream."""
    if not stream.packed:
        yield path
        return
    with tempfile.NamedTemporaryFile(dir=folder.parent, prefix=".unpacked-") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
        out.flush()
        yield Path(out.name)


def _take(cases: Iterator[CaseRow], writer: Writer, stream: Unpacked, progress: Progress | None) -> None:
    told = 0
    for case in cases:
        writer.add(case)
        if progress and writer.events_count != told:
            told = writer.events_count
            progress(stream.share, told)
