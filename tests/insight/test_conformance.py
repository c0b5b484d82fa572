"""Cases against diagrams: what fits, what is extra, what is missing; and what an engine runs always fits."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import pytest

from tests.insight.logs import case, store
from yingshang import timekeeping
from yingshang.insight.conformance import align, check
from yingshang.insight.net import Net
from yingshang.insight.rows import CaseRow
from yingshang.processes import bpmn

DEMAND = Path(__file__).resolve().parents[2] / "src/yingshang/scenarios/qifu_express/demand.bpmn"
NOW = datetime(2023, 4, 26, 9, tzinfo=timekeeping.SHANGHAI)


@pytest.fixture(scope="module")
def demand() -> Net:
    return Net(DEMAND.read_bytes())


@pytest.mark.parametrize(
    ("steps", "whole", "extra", "missing"),
    [
        ("sign contact handle confirm", True, "", ""),
        ("dispatch sign dispatch sign contact handle confirm handle revisit", True, "", ""),
        ("sign contact", False, "", ""),
        ("sign contact", True, "", "handle confirm"),
        ("sign contact confirm", True, "", "handle"),
        ("sign contact stamp handle confirm", True, "stamp", ""),
        ("sign contact handle confirm dispatch", True, "dispatch", ""),
        ("", True, "", "handle confirm"),
        ("", False, "", ""),
    ],
)  # fmt: skip
def test_demand(demand: Net, steps: str, whole: bool, extra: str, missing: str) -> None:
    found = align(demand, steps.split(), whole=whole)
    assert found is not None
    assert (" ".join(found.extra), len(found.missing)) == (extra, len(missing.split()))
    assert (found.fitness == 1) == (not extra and not missing)
    assert 0 <= found.fitness <= 1


def _diagram(body: str) -> Net:
    return Net(
        f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"><process id="p">{body}
        </process></definitions>""".encode()
    )


def _flows(*pairs: str) -> str:
    return "".join(
        f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in (p.split(">") for p in pairs)
    )


def test_parallel_branches_come_together() -> None:
    net = _diagram(
        '<startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/><parallelGateway id="j"/>'
        '<userTask id="c"/><endEvent id="e"/>' + _flows("s>f", "f>a", "f>b", "a>j", "b>j", "j>c", "c>e")
    )
    for steps, cost in (("a b c", 0), ("b a c", 0), ("a c b", 2), ("a c", 1), ("a a b c", 1)):
        found = align(net, steps.split(), whole=True)
        assert found is not None
        assert len(found.extra) + len(found.missing) == cost, steps


def test_boundary_events_sub_processes_loops_and_terminating_ends() -> None:
    net = _diagram(
        '<startEvent id="s"/><subProcess id="u"><startEvent id="us"/><userTask id="a"/><userTask id="b"/>'
        '<endEvent id="ue"/>' + _flows("us>a", "a>b", "b>ue") + "</subProcess>"
        '<boundaryEvent id="t" attachedToRef="u"/><userTask id="late"/>'
        '<userTask id="m"><multiInstanceLoopCharacteristics/></userTask>'
        '<parallelGateway id="f"/><userTask id="x"/><userTask id="y"/><endEvent id="stop"><terminateEventDefinition/></endEvent>'
        '<endEvent id="e"/><endEvent id="e2"/>'
        + _flows("s>u", "u>m", "m>f", "f>x", "f>y", "x>stop", "y>e", "t>late", "late>e2")
    )
    fits = ("a b x", "a b m m m x", "a b m y x", "late", "a late")
    for steps in fits:
        found = align(net, steps.split(), whole=True)
        assert found is not None and found.fitness == 1, steps
    for steps in ("a b", "b a x", "a b late x", "late late"):
        found = align(net, steps.split(), whole=True)
        assert found is not None and found.fitness < 1, steps


def test_an_inclusive_gateway_takes_any_of_its_ways() -> None:
    net = _diagram(
        '<startEvent id="s"/><inclusiveGateway id="f"/><userTask id="a"/><userTask id="b"/><inclusiveGateway id="j"/>'
        '<userTask id="c"/><endEvent id="e"/>' + _flows("s>f", "f>a", "f>b", "a>j", "b>j", "j>c", "c>e")
    )
    for steps in ("a c", "b c", "a b c", "b a c"):
        found = align(net, steps.split(), whole=True)
        assert found is not None and found.fitness == 1, steps


def test_the_log_as_a_whole(demand: Net, tmp_path: Path) -> None:
    def ended(name: str, *steps: str, end: bool | None = True) -> CaseRow:
        made = case(name, *[(demand.names.get(s, (s,))[0], n) for n, s in enumerate(steps)])
        for event, step in zip(made.events, steps, strict=True):
            event.step = step if step in demand.names else ""
        made.ended = end
        return made

    again = ended("c6", "sign", "contact", "handle", "confirm", "handle", "confirm")
    for event in again.events[4:]:
        event.instance = "2"
    cases = [
        ended("c1", "sign", "contact", "handle", "confirm"),
        ended("c2", "sign", "协办", "contact", "handle", "confirm"),
        ended("c3", "sign", "handle", "handle", "confirm"),
        ended("c4", "sign", "contact", end=False),
        ended("c5", "sign", "contact", end=True),
        again,
    ]
    house = store(tmp_path, cases)
    with house.connect() as log:
        found = check(log, house, demand)
    assert (found.cases, found.fitting, found.beside, found.given_up) == (6, 4, 1, 0)
    assert found.fitness is not None and 0.8 < found.fitness < 1
    assert {(d.kind, d.step): d.cases for d in found.deviations if d.kind == "missing"}.keys() <= {
        ("missing", "contact"), ("missing", "handle"), ("missing", "confirm"), ("missing", "revisit"),
    }  # fmt: skip
    # The same as a log from elsewhere, where steps are known by their names and nothing is beside.
    for made in cases:
        for event in made.events:
            event.step = ""
    other = store(tmp_path, cases, "other", format="xes")
    with other.connect() as log:
        found = check(log, other, demand)
    assert (found.cases, found.beside, found.strangers) == (6, 0, [("协办", 1)])


def test_what_the_engine_runs_fits(demand: Net) -> None:
    definition = bpmn.Definition.parse(DEMAND.read_bytes())
    rng = random.Random(5)
    for _ in range(25):
        sure, level = rng.random() < 0.5, 0
        instance = definition.start(
            {"reopened": False, "level": 0}, NOW, lambda _ref, _data, sure=sure: {"sure": sure, "unit": "dept.commerce"}
        )
        steps = []
        while not instance.ended and len(steps) < 40:
            waiting = instance.tasks()[0]
            outcomes = waiting.attributes["outcomes"].split(",")
            outcome = rng.choice(outcomes)
            if waiting.step == "confirm" and rng.random() < 0.2:
                for timer in instance.timers():
                    instance.fire(timer.id, timer.due)
                continue
            steps.append(waiting.step)
            instance.complete(waiting.id, {"outcome": outcome, "level": level}, NOW)
        found = align(demand, steps, whole=instance.ended)
        assert found is not None and found.fitness == 1, steps


def test_a_sequence_that_takes_too_long_is_given_up(demand: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    from yingshang.insight import conformance

    monkeypatch.setattr(conformance, "MOST_STATES", 20)
    assert align(demand, ["confirm"] * 30, whole=True) is None
