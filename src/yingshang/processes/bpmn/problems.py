"""What keeps a diagram from being published."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One finding.

    Attributes:
        element: id of the element (its tag, where it has none).
        zh, en: what is wrong.
        mend_zh, mend_en: what to do instead.
        line: of the XML, 0 when not known.
    """

    element: str
    zh: str
    en: str
    mend_zh: str = ""
    mend_en: str = ""
    line: int = 0

    def text(self, language: str = "zh") -> str:
        """The finding in one sentence, ``zh`` or ``en``."""
        if language == "en":
            where = f"{self.element} (line {self.line})" if self.line else self.element
            return f"{where}: {self.en}" + (f"; {self.mend_en}" if self.mend_en else "")
        where = f"{self.element}（第 {self.line} 行）" if self.line else self.element
        return f"{where}：{self.zh}" + (f"，{self.mend_zh}" if self.mend_zh else "")

    def __str__(self) -> str:
        return self.text()
