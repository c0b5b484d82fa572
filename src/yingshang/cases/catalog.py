"""What the kernel knows of a scenario: plain data, filled in by the scenario registry at start.

The kernel never imports a scenario; ``yingshang.scenarios.loader`` reads the folders and calls :func:`register`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Text:
    """A name in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        from yingshang.accounts.models import localized

        return localized(self.zh, self.en)


@dataclass(frozen=True)
class PromiseSpec:
    """A promised time as the scenario proposes it; officials edit the row in ``cases.Promise``."""

    code: str
    name: Text
    amount: Decimal
    basis: str
    source: str = ""
    category: str = ""


@dataclass(frozen=True)
class CategorySpec:
    code: str
    name: Text
    words: tuple[str, ...] = ()
    hint: Text = Text("", "")


@dataclass(frozen=True)
class Service:
    """Something that can be started: by whom, with which form, on which procedure."""

    id: str
    name: Text
    summary: Text
    procedure: str
    form: str
    start_by: tuple[str, ...]
    """Who may open it: ``enterprise`` or roles of :class:`yingshang.accounts.models.Role`."""
    number_prefix: str = "QT"


class Hooks(Protocol):
    """Named points where a scenario may add a plain function (``hooks.py``); all are optional."""

    def propose_routing(self, case: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class ScenarioSpec:
    """One scenario folder, read and checked."""

    id: str
    name: Text
    folder: Path
    catalogue: tuple[str, ...]
    reform: tuple[str, ...]
    owner: str
    services: Mapping[str, Service] = field(default_factory=dict)
    promises: tuple[PromiseSpec, ...] = ()
    categories: tuple[CategorySpec, ...] = ()
    procedures: Mapping[str, Path] = field(default_factory=dict)
    decisions: Mapping[str, Path] = field(default_factory=dict)
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hooks: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def hook(self, name: str) -> Callable[..., Any] | None:
        return self.hooks.get(name)


_scenarios: dict[str, ScenarioSpec] = {}


class UnknownScenario(LookupError):
    """No scenario of that id is registered."""


def register(spec: ScenarioSpec) -> None:
    """Make a scenario known to the kernel; registering the same id again replaces it (reload)."""
    _scenarios[spec.id] = spec


def get(scenario: str) -> ScenarioSpec:
    """Return the scenario.

    Raises:
        UnknownScenario: with the ids that are known.
    """
    try:
        return _scenarios[scenario]
    except KeyError:
        known = ", ".join(sorted(_scenarios)) or "none"
        raise UnknownScenario(f"没有情景 {scenario!r};已登记:{known}") from None


def every() -> list[ScenarioSpec]:
    return [_scenarios[k] for k in sorted(_scenarios)]
