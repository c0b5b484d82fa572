"""Tables of a scenario's TOML files that say which file and which key when something is missing."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yingshang.cases.catalog import Text


class BadScenario(ValueError):
    """A TOML file of a scenario cannot be read or lacks something; names file and key, and says how to mend it."""

    def __init__(self, file: Path, key: str, zh: str, en: str) -> None:
        super().__init__(f"{file.parent.name}/{file.name} [{key}] {zh} / {en}")
        self.file, self.key, self.zh, self.en = file, key, zh, en


class Table:
    """A TOML table read with errors that name file and key."""

    def __init__(self, file: Path, data: Mapping[str, Any], at: str = "") -> None:
        self.file, self.data, self.at = file, data, at

    @classmethod
    def read(cls, file: Path) -> Table:
        """The whole file.

        Raises:
            BadScenario: it is not TOML in UTF-8.
        """
        try:
            return cls(file, tomllib.loads(file.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadScenario(file, "", f"不是有效的 TOML:{error}", f"not valid TOML: {error}") from error

    def __getitem__(self, key: str) -> Any:
        if key not in self.data:
            raise self.bad(key, "缺少这一项,请补上", "is missing, please add it")
        return self.data[key]

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def get(self, key: str, default: Any = None) -> Any:
        return self.data.get(key, default)

    def text(self, key: str) -> Text:
        """A name in both languages: ``{ zh = "…", en = "…" }``."""
        value = self[key]
        if not isinstance(value, Mapping) or not {"zh", "en"} <= value.keys():
            raise self.bad(key, '应写成 { zh = "中文", en = "English" }', 'must be { zh = "…", en = "…" }')
        return Text(value["zh"], value["en"])

    def table(self, key: str) -> Table:
        """A table inside this one."""
        value = self[key]
        if not isinstance(value, Mapping):
            raise self.bad(key, "应是一张表 { … }", "must be a table { … }")
        return Table(self.file, value, f"{self.at}{key}.")

    def each(self, key: str) -> list[Table]:
        """The tables of an array such as ``[[promises]]``; none when it is left out."""
        return [Table(self.file, row, f"{self.at}{key}[{i}].") for i, row in enumerate(self.get(key, []))]

    def bad(self, key: str, zh: str, en: str) -> BadScenario:
        """The error for something wrong with ``key`` of this table."""
        return BadScenario(self.file, f"{self.at}{key}", zh, en)
