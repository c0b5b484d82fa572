"""XML as a stream, the way every log in XML is read: no document type, no endless attribute, faults with their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat

from yingshang.insight.errors import BadLog

CHUNK = 1 << 18
#: Bytes that may come without a single tag being closed: longer than any attribute of a real log.
MOST_UNPARSED = 16 << 20


class Parsing:
    """Parses a stream and tells of each tag.

    Args:
        stream: the XML.
        start: told the tag with its prefix, and the attributes.
        end: told the tag.

    Attributes:
        seen_root: to be set once the outermost element is known to be that of a log.
    """

    def __init__(
        self, stream: IO[bytes], start: Callable[[str, dict[str, str]], None], end: Callable[[str], None]
    ) -> None:
        self._stream = stream
        self.seen_root = False
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = start
        self._parser.EndElementHandler = end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def on_text(self, told: Callable[[str], None]) -> None:
        """Also tell of text."""
        self._parser.CharacterDataHandler = told

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self._parser.CurrentLineNumber

    def chunks(self) -> Iterator[None]:
        """Parse piece by piece.

        Raises:
            BadLog: not well-formed, cut off, with a document type, or with an endless attribute; with the line.
        """
        parser, fed = self._parser, 0
        try:
            while chunk := self._stream.read(CHUNK):
                parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - parser.CurrentByteIndex > MOST_UNPARSED:
                    raise self.bad(
                        "一个属性长得不像办件记录，已停止读取", "one attribute is longer than any of a real log"
                    )
                yield
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self._not_well_formed(error) from None
        except BadLog:
            raise
        except (LookupError, ValueError) as error:  # an encoding that Python, or expat, does not know
            raise self.bad(
                f"不是合法的 XML({error})，请存为 UTF-8", f"not well-formed XML ({error}): save it as UTF-8"
            ) from None
        yield

    def bad(self, zh: str, en: str) -> BadLog:
        """What is wrong on this line."""
        return BadLog(zh, en, line=self.line)

    def _doctype(self, *_: object) -> None:
        raise self.bad(
            "文件含有 DOCTYPE，日志不需要它，请删去", "it has a document type, which a log does not need: remove it"
        )

    def _not_well_formed(self, error: expat.ExpatError) -> BadLog:
        what = expat.ErrorString(error.code) or str(error)
        cut = error.code in (
            expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
            expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
            expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
        )
        if cut and self.seen_root:
            return BadLog(
                "文件在这里断了，不完整，请重新导出或下载",
                "the file is cut off here: export or download it again",
                line=error.lineno,
            )
        return BadLog(f"不是合法的 XML({what})", f"not well-formed XML ({what})", line=error.lineno)
