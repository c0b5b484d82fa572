"""What a check finds: where, what is wrong, how to mend it, in both languages; and the folder it looks at."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from yingshang.cases.catalog import ScenarioSpec
from yingshang.scenarios import loader
from yingshang.scenarios.toml import Table


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one file of a scenario folder."""

    folder: str
    file: str
    key: str
    zh: str
    en: str
    mend_zh: str
    mend_en: str

    def line(self, language: str = "zh") -> str:
        """The problem on one line: where, what, and how to mend it."""
        where = f"{self.folder}/{self.file}" + (f" [{self.key}]" if self.key else "")
        if language == "en":
            return f"{where}: {self.en}. To mend: {self.mend_en}"
        return f"{where}:{self.zh}。怎么改:{self.mend_zh}"

    def __str__(self) -> str:
        return self.line()


@dataclass(frozen=True)
class Folder:
    """A scenario folder that could be read."""

    path: Path
    table: Table
    spec: ScenarioSpec

    @classmethod
    def open(cls, path: Path) -> Folder:
        """Read the folder.

        Raises:
            BadScenario: one of its TOML files cannot be read.
        """
        loader.read_indicators(path)
        return cls(path, Table.read(path / loader.MANIFEST), loader.read(path))

    def problem(self, file: str, key: str, zh: str, en: str, mend_zh: str, mend_en: str) -> Problem:
        return Problem(self.path.name, file, key, zh, en, mend_zh, mend_en)

    def missing(
        self, key: str, named: Iterable[str], known: Container[str], zh: str, en: str, file: str = loader.MANIFEST
    ) -> Iterator[Problem]:
        """A problem for every name that is not among the known ones."""
        listed = "、".join(sorted(known)) if isinstance(known, Iterable) else ""
        shown = listed if len(listed) <= 300 else f"{listed[:300]}…"
        for name in named:
            if name not in known:
                yield self.problem(
                    file,
                    key,
                    f"没有{zh} {name}",
                    f"there is no {en} {name}",
                    f"可用:{shown or '无'}",
                    f"known: {shown or 'none'}",
                )
