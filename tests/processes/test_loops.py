"""Multi-instance steps: side by side and in turn, with results, conditions, and variables of their own."""

from __future__ import annotations

from typing import Any

import pytest

from yingshang.processes import bpmn

from .drawing import body, draw, loop
from .running import NOW, Run

DEPARTMENTS = ["dept.fire", "dept.water", "dept.power"]


def each(together: bool = True, attributes: str = "", **options: Any) -> bytes:
    return draw(
        "start > ask > after > end",
        ask=f"user {attributes}" + loop("departments", "department", together=together, **options),
        after="user",
    )


def test_side_by_side_everybody_is_asked_at_once() -> None:
    run = Run(each(attributes="ys:actor='item'"), departments=DEPARTMENTS)
    tasks = run.load().tasks()
    assert [t.item for t in tasks] == DEPARTMENTS
    assert [t.attributes["actor"] for t in tasks] == [f"unit:{d}" for d in DEPARTMENTS]
    assert len({t.id for t in tasks}) == 3
    run.do("ask", 1).do("ask", 1)
    assert [t.item for t in run.load().tasks()] == ["dept.fire"]
    assert run.do("ask").steps == ["after"]


def test_in_turn_one_after_the_other() -> None:
    run = Run(each(False), departments=DEPARTMENTS)
    for department in DEPARTMENTS:
        assert [t.item for t in run.load().tasks()] == [department]
        run.do("ask", note=department)
    assert run.steps == ["after"]
    assert run.data["note"] == "dept.power"


@pytest.mark.parametrize("together", [True, False])
def test_items_are_the_instances_own(together: bool) -> None:
    run = Run(each(together), departments=DEPARTMENTS, department="shadowed")
    while "ask" in run.steps:
        run.do("ask")
    assert run.data == {"departments": DEPARTMENTS, "department": "shadowed"}


def test_results_are_collected_in_the_order_of_the_items() -> None:
    run = Run(each(out=("answers", "answer")), departments=DEPARTMENTS)
    run.do("ask", 2, answer="power").do("ask", 0, answer="fire")
    assert run.data["answers"] == ["fire", "power"]
    run.do("ask", 0, answer={"ok": True})
    assert run.data["answers"] == ["fire", {"ok": True}, "power"]
    assert "answer" not in run.data


@pytest.mark.parametrize("together", [True, False])
def test_enough_is_enough(together: bool) -> None:
    run = Run(each(together, until='verdict = "refused"'), departments=DEPARTMENTS)
    run.do("ask", verdict="ok")
    assert "ask" in run.steps
    assert run.do("ask", verdict="refused").steps == ["after"]


def test_a_majority_can_decide() -> None:
    run = Run(each(until="numberOfCompletedInstances / numberOfInstances > 0.5"), departments=DEPARTMENTS)
    assert run.do("ask").steps == ["ask", "ask"]
    assert run.do("ask").steps == ["after"]


def test_no_items_no_work() -> None:
    run = Run(each(out=("answers", "answer")), departments=[])
    assert run.steps == ["after"]
    assert run.data["answers"] == []


def test_a_number_of_instances() -> None:
    xml = draw("start > ask > after > end", ask="user" + loop(count="1 + 2", out=("found", "x")), after="user")
    run = Run(xml)
    assert run.steps == ["ask"] * 3
    assert run.do("ask", 2, x="c").do("ask", 0, x="a").do("ask", x="b").data["found"] == ["a", "b", "c"]


@pytest.mark.parametrize("bad", [None, "dept.fire", 3, {"a": 1}, ["x"] * 1001])
def test_only_a_list_of_sensible_length_has_items(bad: Any) -> None:
    with pytest.raises(bpmn.ScriptError, match="ask"):
        Run(each(), departments=bad)


@pytest.mark.parametrize("count", ["-1", "1.5", '"3"', "null", "2000", "true"])
def test_only_a_whole_number_counts(count: str) -> None:
    with pytest.raises(bpmn.ScriptError, match="ask"):
        Run(draw("start > ask > end", ask="user" + loop(count=count)))


def test_a_loop_is_come_to_again() -> None:
    xml = draw(
        "start > again > ask > way", "way > end: done", "way > again", again="xor", way="xor",
        ask="user" + loop("departments", "department"),
    )  # fmt: skip
    run = Run(xml, departments=["a", "b"], done=False)
    for _ in range(3):
        run.do("ask").do("ask")
    assert run.do("ask", done=True).do("ask").ended


def test_sub_processes_for_each_item_keep_their_items_apart() -> None:
    inner = body(
        "s > visit > grade > e", s='<startEvent id="s"/>', e='<endEvent id="e"/>', visit="user ys:actor='item'",
        grade='script grade := site.unit + "!"',
    )  # fmt: skip
    sub = f'<subProcess id="sub">{loop("sites", "site", out=("grades", "grade"))}{inner}</subProcess>'
    sites = [{"unit": "u1"}, {"unit": "u2"}]
    run = Run(draw("start > sub > after > end", sub=sub, after="user"), sites=sites, shared=0)
    assert [t.attributes["actor"] for t in run.load().tasks()] == ["unit:u1", "unit:u2"]
    run.do("visit", 1, shared=1)
    run.do("visit", 0)
    assert run.steps == ["after"]
    assert run.data == {"sites": sites, "shared": 1, "grades": ["u1!", "u2!"]}


def test_a_deadline_ends_all_instances() -> None:
    sub = f'<subProcess id="sub">{loop("sites", "site")}{body("s > visit > e", s=START, e=END, visit="user")}</subProcess>'
    for host, kind in (("ask", "user" + loop("sites", "site")), ("sub", sub)):
        xml = draw(
            f"start > {host} > after > end", "late > after", after="user", late=f"on {host} timer P3D", **{host: kind}
        )
        run = Run(xml, sites=["a", "b"])
        assert len(run.steps) == 2
        assert run.later(days=3).fire("late").steps == ["after"]
        assert run.timers == {}
        assert run.do("after").ended


START, END = '<startEvent id="s"/>', '<endEvent id="e"/>'


def test_definitions_are_shared_by_instances() -> None:
    definition = bpmn.Definition.parse(each())
    one = definition.start({"departments": ["a"]}, NOW)
    other = definition.start({"departments": ["b", "c"]}, NOW)
    for instance, count in ((one, 1), (other, 2)):
        for _ in range(count):
            assert {t.step for t in instance.tasks()} == {"ask"}
            instance.complete(instance.tasks()[0].id, {}, NOW)
        assert [t.step for t in instance.tasks()] == ["after"]
