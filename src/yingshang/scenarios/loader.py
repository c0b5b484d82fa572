"""Reading scenario folders: their TOML files and the names of what lies beside them, into the catalogs below.

Loading is quick and lazy: diagrams and tables are named, not parsed, and a form or record schema is read when it is
first asked for. What is wrong *inside* those files is found by :mod:`yingshang.scenarios.checker`.
"""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from yingshang.cases import catalog
from yingshang.cases.catalog import CategorySpec, PromiseSpec, ScenarioSpec, Service, Text
from yingshang.indicators import catalog as indicators
from yingshang.indicators.catalog import Indicator, Published
from yingshang.scenarios.toml import BadScenario, Table

ROOT = Path(__file__).resolve().parent
MANIFEST, INDICATORS = "scenario.toml", "indicators.toml"

__all__ = ["ROOT", "BadScenario", "Schemas", "folders", "read", "read_indicators", "register_all"]


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

    def __contains__(self, stem: object) -> bool:
        return stem in self.files

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


def folders(root: Path = ROOT) -> list[Path]:
    """Every folder with a ``scenario.toml``, by name."""
    return sorted(p.parent for p in root.glob(f"*/{MANIFEST}"))


def read(folder: Path) -> ScenarioSpec:
    """Read one folder.

    Raises:
        BadScenario: a key is missing or of the wrong kind, or the id is not the folder's name.
    """
    table = Table.read(folder / MANIFEST)
    if table["id"] != folder.name:
        raise table.bad("id", f"应与文件夹同名:{folder.name}", f"must be the folder's name: {folder.name}")
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


def read_indicators(folder: Path) -> list[Indicator]:
    """The indicators of ``indicators.toml``; none when there is no such file.

    Raises:
        BadScenario: a key is missing or of the wrong kind.
    """
    if not (folder / INDICATORS).exists():
        return []
    return [_indicator(folder.name, t) for t in Table.read(folder / INDICATORS).each("indicators")]


def register_all(root: Path = ROOT) -> list[ScenarioSpec]:
    """Read every folder and make it known to the kernel and the boards; called when the application starts."""
    specs = [read(folder) for folder in folders(root)]
    for spec in specs:
        catalog.register(spec)
        indicators.register(read_indicators(spec.folder))
    return specs


def _service(t: Table) -> Service:
    return Service(
        id=t["id"],
        name=t.text("name"),
        summary=t.text("summary"),
        procedure=t["procedure"],
        form=t.get("form", ""),
        start_by=tuple(t["start_by"]),
        number_prefix=t.get("number_prefix", "QT"),
    )


def _promise(t: Table) -> PromiseSpec:
    return PromiseSpec(
        code=t["code"],
        name=t.text("name"),
        amount=Decimal(str(t["amount"])),
        basis=t["basis"],
        source=t["source"],
        category=t.get("category", ""),
    )


def _category(t: Table) -> CategorySpec:
    hint = t.text("hint") if "hint" in t else Text("", "")
    return CategorySpec(code=t["code"], name=t.text("name"), words=tuple(t["words"]), hint=hint)


def _indicator(scenario: str, t: Table) -> Indicator:
    published = None
    if "published" in t:
        p = t.table("published")
        value = p.get("value")
        published = Published(None if value is None else Decimal(str(value)), p["text"], p["source"])
    return Indicator(
        id=t["id"],
        scenario=scenario,
        name=t.text("name"),
        unit=t.text("unit"),
        direction=t["direction"],
        sql=t["sql"],
        definition=t.text("definition"),
        target=Decimal(str(t["target"])) if "target" in t else None,
        published=published,
    )


def _hooks(folder: Path) -> Mapping[str, Callable[..., Any]]:
    """The public functions of ``hooks.py``, by name."""
    if not (folder / "hooks.py").exists():
        return {}
    module = importlib.import_module(f"{__package__}.{folder.name}.hooks")
    own = inspect.getmembers(module, lambda f: inspect.isfunction(f) and f.__module__ == module.__name__)
    return {name: function for name, function in own if not name.startswith("_")}
