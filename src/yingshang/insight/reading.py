"""Bringing a log in from a file, whatever its format."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from yingshang.insight import ocel_reading
from yingshang.insight.errors import BadLog
from yingshang.insight.rows import CaseRow
from yingshang.insight.store import Note, Store
from yingshang.insight.writing import Writer
from yingshang.insight.xes_reading import XesReader

#: Bytes of a log once it is unpacked: no log of a district is longer, and a bomb stops here.
MOST_BYTES = 16 << 30
#: Told the share of the file that was read (0 to 1), and the events so far.
Progress = Callable[[float, int], None]


class _Unpacked(io.RawIOBase):
    """The bytes of a file, unpacked where it is packed; knows how far in the file it is."""

    def __init__(self, raw: IO[bytes], size: int) -> None:
        self._raw, self.size, self._given = raw, max(size, 1), 0
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        self._source = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if packed else raw)

    def read(self, size: int = -1) -> bytes:
        try:
            chunk = self._source.read(size)
        except EOFError:
            raise BadLog("压缩文件不完整，请重新下载", "the packed file is cut off: download it again") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise BadLog(f"压缩文件已损坏({error})", f"the packed file is damaged ({error})") from None
        self._given += len(chunk)
        if self._given > MOST_BYTES:
            raise BadLog(f"解压后超过 {MOST_BYTES >> 30} GB", f"more than {MOST_BYTES >> 30} GB once unpacked")
        return chunk

    def head(self) -> bytes:
        """The first bytes, which are read again afterwards."""
        found = self.read(64)
        self._source.seek(0)
        self._given = 0
        return found

    @property
    def share(self) -> float:
        """How much of the file was read, 0 to 1."""
        return min(self._raw.tell() / self.size, 1.0)


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
        path: XES, plain or packed with gzip, or OCEL 2.0 as JSON or SQLite.
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
        line = 0
        try:
            stream = _Unpacked(raw, path.stat().st_size)
            head = stream.head()
            if head.startswith(b"SQLite format 3\0"):
                note.format = "ocel"
                _take(ocel_reading.from_sqlite(path, note, object_type), writer, stream, progress)
            elif head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
                note.format = "ocel"
                _take(ocel_reading.from_json(cast("IO[bytes]", stream), note, object_type), writer, stream, progress)
            elif not head:
                raise BadLog("文件是空的", "the file is empty")
            elif head.startswith(b"PK"):
                raise BadLog(
                    "这是 ZIP 或表格文件，请先解压出 .xes", "this is a ZIP or a spreadsheet: unpack the .xes first"
                )
            else:
                reader = XesReader(cast("IO[bytes]", stream), note, activity)
                try:
                    _take(reader.cases(), writer, stream, progress)
                except BadLog:
                    line = reader.line
                    raise
            if writer.events_count_so_far and not writer.named:
                raise BadLog(
                    f"事件都没有属性“{activity}”，不知道做了什么，请指定别的属性",
                    f"no event has the attribute {activity!r}, which would say what was done: name another one",
                )
            return writer.finish()
        except BadLog as error:
            raise error.placed(name or path.name, line) from None


def _take(cases: Iterator[CaseRow], writer: Writer, stream: _Unpacked, progress: Progress | None) -> None:
    told = 0
    for case in cases:
        writer.add(case)
        if progress and writer.events_count != told:
            told = writer.events_count
            progress(stream.share, told)
