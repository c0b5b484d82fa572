"""The items of the arrays of one JSON object, one at a time and with their lines: what is in memory is one item."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator
from typing import IO, Any

from yingshang.insight.errors import BadLog

CHUNK = 1 << 20
#: Characters of one item: more than any event of a real log has.
MOST_OF_ITEM = 16 << 20
_BLANKS = re.compile(r"[ \t\r\n]*")
#: How near the end of what was read a fault may lie that more text could mend: longer than any word or number.
_NEAR = 64


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} 不是 JSON / {name} is not JSON")


class Items:
    """Reads a document whose outermost value is an object."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        first = stream.read(CHUNK)
        self._decode = codecs.getincrementaldecoder(json.detect_encoding(first))("strict").decode
        self._text, self._at, self._counted, self.line, self._whole = "", 0, 0, 1, False
        self._take(first)
        self._decoder = json.JSONDecoder(parse_constant=_no_number)

    def of(self, wanted: Collection[str]) -> Iterator[tuple[str, Any]]:
        """``(key, item)`` of the arrays of these keys; :attr:`line` is that on which the item begins.

        Raises:
            BadLog: not JSON, cut off, not an array where one is wanted, or an item that is too long; with the line.
        """
        self._expect("{")
        if self._peek() == "}":
            self._at += 1
        else:
            while True:
                key = self._value()
                if not isinstance(key, str):
                    raise self._bad("应为键名", "the name of a key was expected")
                self._expect(":")
                if key not in wanted:
                    self._value()
                elif self._peek() != "[":
                    raise self._bad(f"{key} 应为数组", f"{key} has to be an array")
                else:
                    for item in self._array():
                        yield key, item
                if self._comma("}"):
                    break
        if self._peek():
            raise self._bad("最外层之后还有内容", "there is more after the outermost value")

    def _array(self) -> Iterator[Any]:
        self._expect("[")
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._comma("]"):
                return

    def _comma(self, end: str) -> bool:
        """Whether this was the last; else a comma stood here."""
        found = self._peek()
        if found not in (",", end) or not found:
            raise self._bad(f"应为“,”或“{end}”", f"',' or '{end}' was expected")
        self._at += 1
        return found == end

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._bad(f"应为“{sign}”", f"'{sign}' was expected")
        self._at += 1

    def _peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            self._at = _BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]
            self._count()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                near = error.pos > len(self._text) - _NEAR or error.msg.startswith("Unterminated string")
                if near and self._more():
                    continue
                line = self.line + self._text.count("\n", self._at, error.pos)
                if near:
                    raise self._cut(line) from None
                raise BadLog(f"不是合法的 JSON({error.msg})", f"not JSON ({error.msg})", line=line) from None
            except (ValueError, RecursionError) as error:
                raise self._bad(f"不是合法的 JSON({error})", f"not JSON ({error})") from None
            # A number may go on in what is not read yet.
            if end < len(self._text) or not self._more():
                self._at = end
                return found

    def _more(self) -> bool:
        """Read on; False at the end of the file."""
        if self._whole:
            return False
        self._count()
        self._text, self._at, self._counted = self._text[self._at :], 0, 0
        if len(self._text) > MOST_OF_ITEM:
            raise self._bad("有一项长得不像办件记录，已停止读取", "one item is longer than any of a real log")
        try:
            raw = self._stream.read(CHUNK)
        except BadLog as error:
            raise error.placed("", self.line) from None
        return self._take(raw)

    def _take(self, raw: bytes) -> bool:
        self._whole = not raw
        try:
            self._text += self._decode(raw, self._whole)
        except UnicodeDecodeError as error:
            self.line += self._text.count("\n", self._counted) + error.object[: error.start].count(b"\n")
            self._counted = len(self._text)
            if self._whole:
                raise self._cut(self.line) from None
            raise self._bad(
                f"编码不是 {error.encoding}，请存为 UTF-8", f"not encoded as {error.encoding}: save it as UTF-8"
            ) from None
        return not self._whole

    def _count(self) -> None:
        self.line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at

    def _cut(self, line: int) -> BadLog:
        return BadLog(
            "文件在这里断了，不完整，请重新导出或下载",
            "the file is cut off here: export or download it again",
            line=line,
        )

    def _bad(self, zh: str, en: str) -> BadLog:
        if self._whole and self._at >= len(self._text):
            return self._cut(self.line)
        return BadLog(f"不是合法的 JSON({zh})", f"not JSON ({en})", line=self.line)
