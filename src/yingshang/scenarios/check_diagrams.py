"""Checks of diagrams: the engine supports them, and what their steps name exists."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree

from yingshang import decisions
from yingshang.accounts.models import Role
from yingshang.cases import clocks, engine
from yingshang.cases.models import Status
from yingshang.processes import bpmn
from yingshang.scenarios.problems import Folder, Problem

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
YS = "{urn:yingshang:bpmn}"
#: Clocks that the kernel starts by itself: at opening, and when a case climbs.
KERNEL_CLOCKS = frozenset({*engine.AT_OPENING, clocks.ESCALATION})
ACTORS = re.compile(r"lead|dispatcher|enterprise|revisitor|item|unit:[\w.]+|role:\w+")
OUTCOME = re.compile(r'outcome\s*=\s*"(\w+)"')


def parse(f: Folder) -> Iterator[Problem]:
    """The engine takes every diagram as it is."""
    for path in f.spec.procedures.values():
        for p in bpmn.check(path.read_bytes()):
            yield f.problem(path.name, p.element, p.zh, p.en, "按提示改流程图", "change the diagram as it says")


def references(f: Folder) -> Iterator[Problem]:
    """Actors, statuses, clocks, forms, decisions and outcomes that steps and flows name all exist."""
    promised = {p.code for p in f.spec.promises}
    for path in f.spec.procedures.values():
        root = _root(path)
        if root is None:
            continue
        outcomes: set[str] = set()
        for step in root.iter(f"{BPMN}userTask"):
            at = step.get("id", "")
            outcomes.update(_codes(step, "outcomes"))
            actor = step.get(f"{YS}actor", "")
            if not ACTORS.fullmatch(actor):
                yield f.problem(path.name, at, f"ys:actor“{actor}”看不懂", f"ys:actor {actor!r} is not understood",
                                "写 lead、dispatcher、enterprise、revisitor、item、unit:编号 或 role:岗位",
                                "write lead, dispatcher, enterprise, revisitor, item, unit:<code> or role:<role>")  # fmt: skip
            if not step.get(f"{YS}name_en"):
                yield f.problem(
                    path.name, at, "环节缺英文名", "the step lacks an English name", "补 ys:name_en", "add ys:name_en"
                )
            role = [actor[5:]] if actor.startswith("role:") else []
            status = [step.get(f"{YS}status", "")]
            form = [step.get(f"{YS}form", "")] if step.get(f"{YS}form") else []
            yield from f.missing(at, role, Role.values, "岗位", "role", path.name)
            yield from f.missing(at, status, Status.values, "状态", "status", path.name)
            yield from f.missing(at, form, f.spec.forms, "表单", "form", path.name)
            yield from f.missing(at, _codes(step, "clock"), promised, "时限承诺", "promise", path.name)
            yield from f.missing(at, _codes(step, "stops"), promised, "时限承诺", "promise", path.name)
        for rule in root.iter(f"{BPMN}businessRuleTask"):
            stem, _, name = rule.get(f"{YS}decision", "").partition("#")
            yield from f.missing(rule.get("id", ""), [stem], f.spec.decisions, "决策文件", "decision file", path.name)
            if stem in f.spec.decisions:
                known = _decisions(f.spec.decisions[stem])
                yield from f.missing(rule.get("id", ""), [name], known, "决策", "decision", path.name)
        for flow in root.iter(f"{BPMN}sequenceFlow"):
            asked = OUTCOME.findall("".join(flow.itertext()))
            yield from f.missing(flow.get("id", ""), asked, outcomes, "环节结果", "outcome of a step", path.name)


def clocks_started(f: Folder) -> set[str]:
    """Promises whose clock some step starts, and those the kernel starts by itself."""
    roots = [root for path in f.spec.procedures.values() if (root := _root(path)) is not None]
    return set(KERNEL_CLOCKS).union(*(_codes(s, "clock") for r in roots for s in r.iter(f"{BPMN}userTask")))


def _decisions(path: Path) -> Collection[str]:
    """Names of a model's decisions; what cannot be read is reported by the check of tables."""
    try:
        return decisions.load(path).decisions
    except decisions.DecisionError:
        return ()


def _codes(step: Element, name: str) -> list[str]:
    return [c.strip() for c in step.get(f"{YS}{name}", "").split(",") if c.strip()]


def _root(path: Path) -> Element | None:
    """The diagram as XML; what cannot be parsed is reported by :func:`parse`."""
    try:
        root: Element = ElementTree.fromstring(path.read_bytes())
    except ParseError:
        return None
    return root
