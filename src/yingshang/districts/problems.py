"""What is wrong with a district folder: which file, which key, what, and how to mend it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing to mend in a district folder; ``zh`` and ``en`` say what is wrong and what to write instead."""

    file: str
    key: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file} › {self.key}:{self.zh} / {self.en}"


class BadDistrict(ValueError):
    """A district folder that cannot be loaded; ``problems`` lists everything found, not only the first."""

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        self.folder = folder
        self.problems = problems
        lines = "\n".join(f"  - {p}" for p in problems)
        super().__init__(f"区数据文件夹 {folder} 有 {len(problems)} 处问题 / problems in the district folder:\n{lines}")


@dataclass
class Table:
    """A TOML table being read: takes values of a stated type and notes a problem where one is missing or wrong."""

    file: str
    where: str
    data: dict[str, Any]
    problems: list[Problem]

    def note(self, key: str, zh: str, en: str) -> None:
        where = f"{self.where}.{key}" if self.where and key else self.where or key
        self.problems.append(Problem(self.file, where, zh, en))

    def text(self, key: str, default: str | None = None, *, limit: int = 0) -> str:
        """Return a string; with no ``default`` the key is required. ``limit`` is the column's length, 0 is none."""
        value = self.data.get(key, default)
        if value is None:
            self.note(key, f'缺少必填项,请补上 {key} = "…"', f'is missing; add {key} = "…"')
            return ""
        if not isinstance(value, str):
            self.note(key, f"应为带引号的文字,现为 {value!r}", f"must be a quoted string, not {value!r}")
            return ""
        if limit and len(value) > limit:
            self.note(
                key, f"最长 {limit} 字,现为 {len(value)} 字,请缩短", f"has {len(value)} characters, at most {limit}"
            )
        return value

    def number(self, key: str, default: int | None = None, *, minimum: int = 0) -> int:
        """Return a whole number of at least ``minimum``."""
        value = self.data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            self.note(
                key, f"应为不小于 {minimum} 的整数,现为 {value!r}", f"must be a whole number ≥ {minimum}, not {value!r}"
            )
            return minimum
        return value

    def table(self, key: str) -> Table:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            self.note(key, '应为一个表,如 { zh = "…", en = "…" }', 'must be a table such as { zh = "…", en = "…" }')
            value = {}
        return Table(self.file, f"{self.where}.{key}" if self.where else key, value, self.problems)

    def tables(self, key: str) -> list[Table]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            self.note(key, f"应为若干 [[{key}]] 段", f"must be [[{key}]] sections")
            return []
        prefix = f"{self.where}.{key}" if self.where else key
        return [Table(self.file, f"{prefix}[{i + 1}]", v, self.problems) for i, v in enumerate(value)]

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.note(key, '应为文字列表,如 ["a", "b"]', 'must be a list of strings such as ["a", "b"]')
            return ()
        return tuple(value)


def read(folder: Path, file: str, problems: list[Problem]) -> Table:
    """Read ``folder/file`` as TOML; a missing or broken file is a problem, and reads as empty."""
    path = folder / file
    data: dict[str, Any] = {}
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        problems.append(
            Problem(file, "", f"文件不存在,请在 {folder} 下建立它", f"does not exist; create it in {folder}")
        )
    except UnicodeDecodeError:
        problems.append(Problem(file, "", "不是 UTF-8 编码,请另存为 UTF-8", "is not UTF-8; save it as UTF-8"))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(file, "", f"TOML 语法有误:{error}", f"is not valid TOML: {error}"))
    return Table(file, "", data, problems)
