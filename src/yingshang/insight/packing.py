"""The bytes of a log, unpacked where it is packed with gzip or ZIP, and never more than a log can have."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from typing import IO, cast

from yingshang.insight.errors import BadLog

#: Bytes of a log once it is unpacked: no log of a district is longer.
MOST_BYTES = 16 << 30
#: From so many bytes on, what unpacks to more than so many times its size is no log but made to fill the disk.
SUSPICIOUS, MOST_TIMES = 64 << 20, 400
#: Packed once in a ZIP, and in it with gzip.
_LAYERS = 3
_DAMAGED = (
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    OSError,
)


class Unpacked(io.RawIOBase):
    """A file as a log; knows how far in the file it is.

    Raises:
        BadLog: damaged, cut off, a ZIP of several files, a spreadsheet, or a bomb.
    """

    def __init__(self, raw: IO[bytes], size: int) -> None:
        self._raw, self.size = raw, max(size, 1)
        self.again()

    def again(self) -> None:
        """From the beginning."""
        self._raw.seek(0)
        self._given, self.packed = 0, False
        source = self._raw
        for _layer in range(_LAYERS):
            start = self._read(source, 4)
            source.seek(0)
            if start.startswith(b"\x1f\x8b"):
                source = cast("IO[bytes]", gzip.GzipFile(fileobj=source, mode="rb"))
            elif start == b"PK\x03\x04" and not self.packed:
                source = _only_file(source)
            elif start[:2] == b"PK":
                raise BadLog("ZIP 里没有文件，或套着另一个 ZIP", "the ZIP holds no file, or another ZIP")
            else:
                break
            self.packed = True
        self._source = source

    def read(self, size: int = -1) -> bytes:
        chunk = self._read(self._source, size)
        self._given += len(chunk)
        if self._given > MOST_BYTES:
            raise BadLog(f"解压后超过 {MOST_BYTES >> 30} GB", f"more than {MOST_BYTES >> 30} GB once unpacked")
        if self._given > SUSPICIOUS and self._given > MOST_TIMES * max(self._raw.tell(), 1):
            raise BadLog(
                f"解压后是原来的 {MOST_TIMES} 倍以上，不像日志，已停止读取",
                f"unpacks to more than {MOST_TIMES} times its size, which no log does: reading was stopped",
            )
        return chunk

    def head(self) -> bytes:
        """The first bytes, which are read again afterwards."""
        found = self.read(256)
        self.again()
        return found

    @property
    def share(self) -> float:
        """How much of the file was read, 0 to 1."""
        return min(self._raw.tell() / self.size, 1.0)

    @staticmethod
    def _read(source: IO[bytes], size: int) -> bytes:
        try:
            return source.read(size)
        except EOFError:
            raise BadLog("压缩文件不完整，请重新下载", "the packed file is cut off: download it again") from None
        except _DAMAGED as error:
            raise _damaged(error) from None


def _only_file(source: IO[bytes]) -> IO[bytes]:
    """The one file of a ZIP."""
    try:
        packed = zipfile.ZipFile(source)
        names = packed.namelist()
        if "[Content_Types].xml" in names:
            raise BadLog("这是表格或文档，不是事件日志", "this is a spreadsheet or a document, not an event log")
        files = [f for f in packed.infolist() if not f.is_dir() and not _beside(f.filename)]
        if len(files) != 1:
            shown = "、".join(f.filename for f in files[:5])
            raise BadLog(
                f"ZIP 里应只有一个日志文件，有 {len(files)} 个：{shown}",
                f"the ZIP has to hold one log and holds {len(files)} files: {shown}",
            )
        if files[0].flag_bits & 1:
            raise BadLog("ZIP 加了密码，请解密后再传", "the ZIP is encrypted: take the password off")
        return packed.open(files[0])
    except _DAMAGED as error:
        raise _damaged(error) from None


def _beside(name: str) -> bool:
    """Whether this is what some systems put beside the files."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _damaged(error: BaseException) -> BadLog:
    return BadLog(f"压缩文件不完整或已损坏({error})", f"the packed file is cut off or damaged ({error})")
