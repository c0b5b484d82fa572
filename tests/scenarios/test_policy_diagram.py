"""The diagram of a claim can be followed at a glance: no line crosses, touches or runs through anything but its own ends."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from lxml import etree

import yingshang.scenarios

FOLDER = Path(yingshang.scenarios.__file__).parent / "policy_delivery"
N = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "di": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "w": "http://www.omg.org/spec/DD/20100524/DI",
}
Box = tuple[float, float, float, float]
#: Between lines that have nothing to do with one another.
APART = 5.0


def box_of(element: etree._Element) -> Box:
    x, y, width, height = (float(element.get(k)) for k in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


class Drawing:
    """Boxes of nodes, segments of flows (each a thin box: lines go across or up and down), and who belongs to whom."""

    def __init__(self, name: str) -> None:
        root = etree.parse(FOLDER / name).getroot()
        lanes = {e.get("id") for e in root.iterfind(".//bpmn:lane", N)} | {"pool"}
        self.nodes = {
            s.get("bpmnElement"): box_of(s.find("dc:Bounds", N))
            for s in root.iterfind(".//di:BPMNShape", N)
            if s.get("bpmnElement") not in lanes
        }
        self.ends = {
            f.get("id"): (f.get("sourceRef"), f.get("targetRef")) for f in root.iterfind(".//bpmn:sequenceFlow", N)
        }
        attached = root.iterfind(".//bpmn:boundaryEvent", N)
        self.attached = {e.get("id"): e.get("attachedToRef") for e in attached}
        self.lines: list[tuple[str, Box]] = []
        for edge in root.iterfind(".//di:BPMNEdge", N):
            points = [(float(p.get("x")), float(p.get("y"))) for p in edge.iterfind("w:waypoint", N)]
            for (ax, ay), (bx, by) in pairwise(points):
                assert ax == bx or ay == by, f"{edge.get('bpmnElement')} is not straight"
                self.lines.append((edge.get("bpmnElement"), (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))))


def meet(one: Box, other: Box, apart: float = 0.0) -> bool:
    return (
        one[0] - apart < other[2]
        and other[0] - apart < one[2]
        and one[1] - apart < other[3]
        and other[1] - apart < one[3]
    )


@pytest.fixture(params=["claim.bpmn", "correction.bpmn"])
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return Drawing(request.param)


def test_no_two_lines_meet(drawing: Drawing) -> None:
    wrong = [
        (a, b) for (a, one), (b, other) in combinations(drawing.lines, 2) if a != b and meet(one, other, apart=APART)
    ]
    assert not wrong


def test_no_line_runs_through_a_step(drawing: Drawing) -> None:
    wrong = []
    for flow, segment in drawing.lines:
        own = set(drawing.ends[flow])
        own |= {drawing.attached[n] for n in own if n in drawing.attached}
        wrong += [(flow, n) for n, box in drawing.nodes.items() if n not in own and meet(segment, box)]
    assert not wrong


def test_no_two_steps_overlap(drawing: Drawing) -> None:
    pairs = combinations(drawing.nodes.items(), 2)
    held = {frozenset(pair) for pair in drawing.attached.items()}
    assert not [(a, b) for (a, one), (b, other) in pairs if meet(one, other) and frozenset((a, b)) not in held]
