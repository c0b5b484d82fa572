"""Diagrams without shapes get a layout; what runs stays the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from yingshang.processes import bpmn
from yingshang.processes.bpmn import laying_out as layouts

from .drawing import body, draw, loop

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((ROOT / "src/yingshang/scenarios").glob("*/*.bpmn"))
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"


def bare(xml: bytes) -> bytes:
    """The diagram without shapes."""
    root = etree.fromstring(xml)
    for diagram in root.findall(f"{DI}BPMNDiagram"):
        root.remove(diagram)
    return etree.tostring(root)


def drawn(xml: bytes) -> set[str | None]:
    root = etree.fromstring(xml)
    return {e.get("bpmnElement") for e in root.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge")}


INNER = body("s > check > e", s='<startEvent id="s"/>', e='<endEvent id="e"/>', check="user ys:actor='lead'")
EVERYTHING = draw(
    "start > route > g", "g > a > m: n > 1 and n < 3", "g > sub > m", "m > w", "w > paid > end", "w > soon > end", "late > stop",
    messages=("paid",), route="rule routing#派单 -> routing", g="xor", m="xor", w="event", paid="message paid", soon="timer P1D",
    late="on a timer duration(promise)", stop="terminate", a="user ys:actor='lead' ys:status='handling' ys:outcomes='yes,no'",
    sub=f'<subProcess id="sub" name="检查">{loop("sites", "site", until="site = 1")}{INNER}</subProcess>',
)  # fmt: skip


def test_a_layout_draws_everything_and_changes_nothing() -> None:
    assert bpmn.needs_layout(EVERYTHING)
    done = bpmn.layout(EVERYTHING)
    assert not bpmn.needs_layout(done)
    assert {"start", "sub", "check", "late", "late_to_stop", "s_to_check"} <= drawn(done)
    edges = [e.get("bpmnElement") for e in etree.fromstring(done).iter(f"{DI}BPMNEdge")]
    assert len(edges) == len(set(edges)) == EVERYTHING.count(b"<sequenceFlow")
    before, after = bpmn.Definition.parse(EVERYTHING), bpmn.Definition.parse(done)
    assert after.digest == before.digest
    assert (
        after.attributes("a") == before.attributes("a") == {"actor": "lead", "status": "handling", "outcomes": "yes,no"}
    )
    assert [str(p) for p in bpmn.check(done)] == []


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.name)
def test_our_procedures_with_their_pools_and_lanes(path: Path) -> None:
    xml = path.read_bytes()
    assert not bpmn.needs_layout(xml)
    done = bpmn.layout(bare(xml), ROOT / "node_modules")
    assert not bpmn.needs_layout(done)
    assert bpmn.Definition.parse(done).digest == bpmn.Definition.parse(xml).digest


def test_one_missing_shape_is_enough() -> None:
    done = etree.fromstring(bpmn.layout(draw("start > a > end", a="user")))
    for tag, name in (("BPMNShape", "end"), ("BPMNEdge", "start_to_a")):
        root = etree.fromstring(etree.tostring(done))
        (shape,) = (e for e in root.iter(f"{DI}{tag}") if e.get("bpmnElement") == name)
        shape.getparent().remove(shape)
        assert bpmn.needs_layout(etree.tostring(root))


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    xml = draw("start > a > end", a="user")
    with pytest.raises(bpmn.LayoutError, match="bpmn-auto-layout"):
        bpmn.layout(xml, tmp_path)
    monkeypatch.setattr(layouts, "_node", lambda: str(tmp_path / "no-node"))
    with pytest.raises(bpmn.LayoutError, match="Node"):
        bpmn.layout(xml)
    with pytest.raises(bpmn.UnreadableXml):
        bpmn.layout(b"<!DOCTYPE x []><x/>")


def test_a_layout_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "node"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setattr(layouts, "_node", lambda: str(slow))
    monkeypatch.setattr(layouts, "SECONDS", 0.5)
    with pytest.raises(bpmn.LayoutError, match=r"0\.5"):
        bpmn.layout(draw("start > a > end", a="user"))


def test_a_layout_that_changes_the_procedure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        layouts,
        "_SCRIPT",
        layouts._SCRIPT.replace("await layoutProcess(xml)", "(await layoutProcess(xml)).replaceAll('lead', 'role:x')"),
    )
    with pytest.raises(bpmn.LayoutError, match="changed"):
        bpmn.layout(draw("start > a > end", a="user ys:actor='lead'"))
