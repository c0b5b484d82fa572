"""Reading scenario folders: ``scenario.toml`` and the names of what lies beside it, into the kernel's catalog.

Loading is quick and lazy: diagrams and tables are named, not parsed, and a form or record schema is read when it is
first asked for. What is wrong *inside* those files is found by :mod:`yingshang.scenarios.checker`.
"""

from __future__ import annotations

import importlib
import inspect
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from yingshang.cases import catalog
from yingshang.cases.catalog import CategorySpec, PromiseSpec, ScenarioSpec, Service, Text

ROOT = Path(__file__).resolve().parent
MANIFEST = "scenario.toml"


class BadScenario(ValueError):
    """``scenario.toml`` cannot be read or lacks something; says which file, which key and how to mend it."""

    def __init__(self, file: Path, key: str, zh: str, en: str) -> None:
        super().__init__(f"{file.parent.name}/{file.name} [{key}] {zh} / {en}")
        self.file, self.key, self.zh, self.en = file, key, zh, en


class Schemas(Mapping[str, Mapping[str, Any]]):
    """The JSON files of a folder by stem, each read when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.files = {p.stem: p for p in sorted(folder.glob("*.json"))}
        self._read = cache(lambda stem: json.loads(self.files[stem].read_text(encoding="utf-8")))

    def __getitem__(self, stem: str) -> Mapping[str, Any]:
        if stem not in self.files:
            raise KeyError(stem)
        schema: Mapping[str, Any] = self._read(stem)
        return schema

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


def folders(root: Path = ROOT) -> list[Path]:
    """Every folder with a ``scenario.toml``, by name."""
    return sorted(p.parent for p in root.glob(f"*/{MANIFEST}"))


def manifest(folder: Path) -> dict[str, Any]:
    """The folder's ``scenario.toml`` as plain data.

    Raises:
        BadScenario: it is not TOML.
    """
    file = folder / MANIFEST
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadScenario(file, "", f"不是有效的 TOML:{error}", f"not valid TOML: {error}") from error


def read(folder: Path) -> ScenarioSpec:
    """Read one folder.

    Raises:
        BadScenario: a key is missing or of the wrong kind, or the id is not the folder's name.
    """
    table = _Table(folder / MANIFEST, manifest(folder))
    if table["id"] != folder.name:
        raise BadScenario(table.file, "id", f"应与文件夹同名:{folder.name}", f"must be the folder's name: {folder.name}")
    return ScenarioSpec(
        id=folder.name,
        name=table.text("name"),
        folder=folder,
        catalogue=tuple(table["catalogue"]),
        reform=tuple(table["reform"]),
        owner=table["owner"],
        services={t["id"]: _service(t) for t in table.each("services")},
        promises=tuple(_promise(t) for t in table.each("promises")),
        categories=tuple(_category(t) for t in table.each("categories")),
        procedures={p.stem: p for p in sorted(folder.glob("*.bpmn"))},
        decisions={p.stem: p for p in sorted(folder.glob("*.dmn"))},
        forms=Schemas(folder / "forms"),
        records=Schemas(folder / "records"),
        hooks=_hooks(folder),
    )


def register_all(root: Path = ROOT) -> list[ScenarioSpec]:
    """Read every folder and make it known to the kernel; called when the application starts."""
    specs = [read(folder) for folder in folders(root)]
    for spec in specs:
        catalog.register(spec)
    return specs


def _service(t: _Table) -> Service:
    return Service(
        id=t["id"],
        name=t.text("name"),
        summary=t.text("summary"),
        procedure=t["procedure"],
        form=t.get("form", ""),
        start_by=tuple(t["start_by"]),
        number_prefix=t.get("number_prefix", "QT"),
    )


def _promise(t: _Table) -> PromiseSpec:
    return PromiseSpec(
        code=t["code"],
        name=t.text("name"),
        amount=Decimal(str(t["amount"])),
        basis=t["basis"],
        source=t["source"],
        category=t.get("category", ""),
    )


def _category(t: _Table) -> CategorySpec:
    hint = t.text("hint") if "hint" in t.data else Text("", "")
    return CategorySpec(code=t["code"], name=t.text("name"), words=tuple(t["words"]), hint=hint)


def _hooks(folder: Path) -> Mapping[str, Callable[..., Any]]:
    """The public functions of ``hooks.py``, by name."""
    if not (folder / "hooks.py").exists():
        return {}
    module = importlib.import_module(f"{__package__}.{folder.name}.hooks")
    own = inspect.getmembers(module, lambda f: inspect.isfunction(f) and f.__module__ == module.__name__)
    return {name: function for name, function in own if not name.startswith("_")}


class _Table:
    """A table of ``scenario.toml`` that names file and key when something is missing."""

    def __init__(self, file: Path, data: Mapping[str, Any], at: str = "") -> None:
        self.file, self.data, self.at = file, data, at

    def __getitem__(self, key: str) -> Any:
        if key not in self.data:
            raise BadScenario(self.file, f"{self.at}{key}", "缺少这一项,请补上", "is missing, please add it")
        return self.data[key]

    def get(self, key: str, default: Any) -> Any:
        return self.data.get(key, default)

    def text(self, key: str) -> Text:
        """A name in both languages: ``{ zh = "…", en = "…" }``."""
        value = self[key]
        if not isinstance(value, Mapping) or not {"zh", "en"} <= value.keys():
            raise BadScenario(
                self.file, f"{self.at}{key}", '应写成 { zh = "中文", en = "English" }', "needs both zh and en"
            )
        return Text(value["zh"], value["en"])

    def each(self, key: str) -> list[_Table]:
        """The tables of an array such as ``[[promises]]``; none when it is left out."""
        rows = self.data.get(key, [])
        return [_Table(self.file, row, f"{key}[{i}].") for i, row in enumerate(rows)]
