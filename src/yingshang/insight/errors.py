"""What can be wrong with an event log."""

from __future__ import annotations

import unicodedata

#: Characters of a sentence: what a file says of itself may be of any length.
MOST = 600


class BadLog(ValueError):
    """A log that cannot be used; says in Chinese and English what is wrong, in which file and on which line.

    Attributes:
        zh, en: what is wrong and how to mend it, without the place.
        file: name of the file.
        line: 1-based; 0 where the format has no lines or it is not known.
    """

    def __init__(self, zh: str, en: str, *, file: str = "", line: int = 0) -> None:
        self.zh, self.en, self.file, self.line = visible(zh), visible(en), visible(file), line
        super().__init__(f"{self.said_zh} / {self.said_en}")

    @property
    def said_zh(self) -> str:
        """The whole sentence in Chinese."""
        where = f"{self.file} 第 {self.line} 行：" if self.line else f"{self.file}："
        return f"{where if self.file or self.line else ''}{self.zh}".strip()

    @property
    def said_en(self) -> str:
        """The whole sentence in English."""
        where = f"{self.file}, line {self.line}: " if self.line else f"{self.file}: "
        return f"{where if self.file or self.line else ''}{self.en}".strip()

    def placed(self, file: str, line: int = 0) -> BadLog:
        """The same, with its place where that was not known yet."""
        return BadLog(self.zh, self.en, file=self.file or file, line=self.line or line)


def visible(text: str) -> str:
    """A text of a file as it may be shown and stored: nothing invisible, nothing that turns the direction, not too long."""
    kept = "".join(
        f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text[: MOST + 1]
    )
    return kept if len(text) <= MOST else f"{kept[:MOST]}…"
