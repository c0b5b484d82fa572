"""Checks of ``project_items.toml``: the list of all folders together can be published, and what carries an item out is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from yingshang.projects import checking
from yingshang.scenarios import item_files, loader
from yingshang.scenarios.problems import Folder, Problem
from yingshang.scenarios.toml import BadScenario

#: Steps that a procedure of items has: the review may be part of others, the result is given out in one.
ISSUE = 'id="issue"'


def items(f: Folder, units: Callable[[], Mapping[str, set[str]]]) -> Iterator[Problem]:
    """What is wrong with the items of this folder, seen together with those of all others."""
    if not (f.path / item_files.FILE).exists():
        return
    try:
        own = item_files.read(f.path)
    except BadScenario as bad:
        yield f.problem(item_files.FILE, bad.key, bad.zh, bad.en, "改正这一项", "mend this key")
        return
    together = [own if other.folder == f.path.name else other for other in _others(f.path.parent)]
    known = set.intersection(*units().values()) if units() else set()
    for p in checking.problems(together, known, item_files.named(together)):
        if p.folder == f.path.name:
            yield f.problem(item_files.FILE, p.at, p.zh, p.en, p.mend_zh, p.mend_en)
    for item in own.items:
        yield from _run(f, item.code, item.run)
        if not item.source:
            yield f.problem(
                item_files.FILE, item.code, "没有写明出处", "no source",
                "写 source;原文没有的写“原文未列此项”", "give source, or say that the source does not list it",
            )  # fmt: skip


def _others(root: Path) -> Iterator[item_files.ItemsFile]:
    """The files of all folders that can be read; the others report for themselves."""
    for path in sorted(root.glob(f"*/{item_files.FILE}")):
        try:
            yield item_files.read(path.parent)
        except BadScenario:
            continue


def _run(f: Folder, code: str, run: str) -> Iterator[Problem]:
    """The service that carries an item out exists and gives out its result."""
    if not run:
        return
    scenario, _slash, service = run.partition("/")
    folder = f.path.parent / scenario
    spec = loader.read(folder) if (folder / loader.MANIFEST).exists() else None
    if spec is None or service not in spec.services:
        yield f.problem(
            item_files.FILE, code, f"没有服务 {run}", f"there is no service {run}",
            "写成 情景/服务", "write scenario/service",
        )  # fmt: skip
        return
    diagram = spec.procedures.get(spec.services[service].procedure)
    if diagram is None or ISSUE not in diagram.read_text(encoding="utf-8"):
        yield f.problem(
            item_files.FILE, code, f"{run} 的流程没有 issue 环节", f"the procedure of {run} has no step issue",
            "给出结果的环节编号应为 issue", "the step that gives out the result is named issue",
        )  # fmt: skip
