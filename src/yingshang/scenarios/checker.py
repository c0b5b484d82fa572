"""Checking scenario folders before they are used: every file is valid and everything one file names exists in another.

``check_all()`` runs in ``make test`` and as ``manage.py check_scenarios``. A check is a generator of problems over one
folder; to add one, write it and put it into ``CHECKS``.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from yingshang.accounts.models import Role
from yingshang.cases.models import Promise
from yingshang.scenarios import (
    case_tables,
    check_diagrams,
    check_files,
    check_items,
    check_policies,
    check_tables,
    loader,
)
from yingshang.scenarios.problems import Folder, Problem
from yingshang.scenarios.toml import BadScenario

DISTRICTS = loader.ROOT.parent / "districts"
UNIT_CODE = re.compile(r'"((?:district|dept|street|platform|community|grid)\.[\w.]+)"')
HOOKS = {"propose_routing", "on_overdue", "on_action", "on_step", "on_timer", "bars_step", "bars_actions"}


@cache
def known_units() -> dict[str, set[str]]:
    """Unit codes of each district folder: the scenarios must fit all of them."""
    found = {}
    for file in sorted(DISTRICTS.glob("*/units.toml")):
        found[file.parent.name] = {u["code"] for u in tomllib.loads(file.read_text(encoding="utf-8"))["units"]}
    return found


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Entries and reform codes of the requirement catalogue."""
    return tomllib.loads((loader.ROOT / "catalogue.toml").read_text(encoding="utf-8"))


def identity(f: Folder) -> Iterator[Problem]:
    """Catalogue ids, reform codes, composed scenarios, README, and honesty about what is only a name."""
    entries, reform = catalogue()["entries"], catalogue()["reform"]
    yield from f.missing("catalogue", f.spec.catalogue, entries, "目录条目", "catalogue entry")
    yield from f.missing("reform", f.spec.reform, reform, "改革编号", "reform code")
    others = {p.name for p in loader.folders(f.path.parent)}
    yield from f.missing("composes", f.table.get("composes", []), others, "情景", "scenario")
    readme = f.path / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    if not text:
        yield f.problem(
            "README.md", "", "没有 README", "no README", "写明做什么、给谁用、不做什么", "say what, for whom, what not"
        )
    names = [c for c in f.spec.catalogue if entries.get(c, {}).get("kind") == "name-only"]
    if names and not (f.table.get("name_only") and "只有名称" in text):
        yield f.problem(
            "scenario.toml", "name_only", f"原文只有名称:{'、'.join(names)}", f"a name only in the source: {', '.join(names)}",
            "加 name_only = true,并在 README 里写明“原文只有名称”", "add name_only = true and say so in the README",
        )  # fmt: skip


def units(f: Folder) -> Iterator[Problem]:
    """Every unit code named anywhere exists in every district."""
    named = [("scenario.toml", "owner", f.spec.owner)]
    for path in [*f.spec.decisions.values(), *f.spec.procedures.values()]:
        text = path.read_text(encoding="utf-8")
        codes = {*UNIT_CODE.findall(text), *re.findall(r'ys:actor="unit:([\w.]+)"', text)}
        named += [(path.name, "", code) for code in sorted(codes)]
    for district, codes in known_units().items():
        for file, key, code in named:
            if code not in codes:
                yield f.problem(
                    file, key, f"{district} 没有单位 {code}", f"{district} has no unit {code}",
                    f"改用 districts/{district}/units.toml 里的编号", f"use a code of districts/{district}/units.toml",
                )  # fmt: skip


def services(f: Folder) -> Iterator[Problem]:
    """Each service names a procedure and a form that exist and people who do."""
    starters = {"enterprise", *Role.values}
    for i, s in enumerate(f.spec.services.values()):
        at = f"services[{i}]"
        yield from f.missing(f"{at}.procedure", [s.procedure], f.spec.procedures, "流程文件", "procedure file")
        yield from f.missing(f"{at}.form", [s.form] if s.form else [], f.spec.forms, "表单", "form")
        yield from f.missing(f"{at}.start_by", s.start_by, starters, "身份", "role")
    used = {s.procedure for s in f.spec.services.values()}
    for name in sorted(set(f.spec.procedures) - used):
        yield f.problem(
            f"{name}.bpmn", "", "没有服务使用这个流程", "no service uses this procedure",
            "在 [[services]] 里引用它,或删去", "name it in [[services]], or remove it",
        )  # fmt: skip


def promises(f: Folder) -> Iterator[Problem]:
    """Every promise has a clock and every clock a promise; amounts, bases and categories make sense."""
    categories = [c.code for c in f.spec.categories]
    for code in _twice(categories):
        yield f.problem(
            "scenario.toml", "categories", f"分类 {code} 重复", f"category {code} twice", "删去一个", "remove one"
        )
    for code, category in _twice((p.code, p.category) for p in f.spec.promises):
        yield f.problem(
            "scenario.toml", "promises", f"时限 {code}/{category} 重复", f"promise {code}/{category} twice",
            "删去一个", "remove one",
        )  # fmt: skip
    started = check_diagrams.clocks_started(f) if f.spec.services else set()
    for i, p in enumerate(f.spec.promises):
        at = f"promises[{i}]"
        yield from f.missing(f"{at}.basis", [p.basis], Promise.Basis.values, "计时方式", "basis")
        yield from f.missing(f"{at}.category", [p.category] if p.category else [], categories, "分类", "category")
        if p.amount <= 0:
            yield f.problem(
                "scenario.toml", f"{at}.amount", "时限应大于 0", "must be positive", "写正数", "write a positive number"
            )
        if p.code not in started:
            yield f.problem(
                "scenario.toml", f"{at}.code", f"没有环节开始计时 {p.code}", f"no step starts the clock {p.code}",
                f'在流程图的环节上写 ys:clock="{p.code}"', f'put ys:clock="{p.code}" on a step of the diagram',
            )  # fmt: skip
    general = {p.code for p in f.spec.promises if not p.category}
    for code in sorted(started - general - check_diagrams.KERNEL_CLOCKS):
        yield f.problem(
            "scenario.toml", "promises", f"流程图里的时限 {code} 没有承诺", f"the diagram's clock {code} has no promise",
            f"加一条不分类的 [[promises]] code = \"{code}\"", f"add a [[promises]] of code {code} without category",
        )  # fmt: skip


def hooks(f: Folder) -> Iterator[Problem]:
    """Only named points of the kernel."""
    for name in f.spec.hooks:
        if name not in HOOKS:
            yield f.problem(
                "hooks.py", name, f"没有叫 {name} 的挂接点", f"there is no hook {name}",
                f"可用:{'、'.join(sorted(HOOKS))};内部函数以下划线开头", f"known: {', '.join(sorted(HOOKS))}; others start with _",
            )  # fmt: skip


def policies(f: Folder) -> Iterator[Problem]:
    """Policies and clauses of the folder, see :mod:`check_policies`."""
    return check_policies.policies(f, known_units)


def items(f: Folder) -> Iterator[Problem]:
    """Items of investment projects of the folder, see :mod:`check_items`."""
    return check_items.items(f, known_units)


CHECKS: list[Callable[[Folder], Iterable[Problem]]] = [
    identity,
    units,
    services,
    promises,
    hooks,
    check_files.schemas,
    check_tables.tables,
    case_tables.cases,
    policies,
    items,
    check_files.indicators,
    check_files.stories,
    check_diagrams.parse,
    check_diagrams.references,
]


def check(path: Path) -> list[Problem]:
    """All problems of one folder."""
    try:
        folder = Folder.open(path)
    except BadScenario as bad:
        return [Problem(path.name, bad.file.name, bad.key, bad.zh, bad.en, "改正这一项", "mend this key")]
    return [problem for one in CHECKS for problem in one(folder)]


def check_all(root: Path = loader.ROOT) -> list[Problem]:
    """All problems of all folders; empty when everything may be used."""
    return [problem for path in loader.folders(root) for problem in check(path)]


def _twice(items: Iterable[Any]) -> list[Any]:
    return [item for item, n in Counter(items).items() if n > 1]
