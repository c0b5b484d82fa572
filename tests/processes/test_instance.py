"""Procedures run: tasks, gateways, variables, sub-processes; every move through storage and a freshly read definition."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from yingshang.processes import bpmn

from .drawing import body, draw
from .running import NOW, Run


def test_a_case_goes_round_until_it_is_solved() -> None:
    run = Run(
        draw(
            "start > answer > confirm > solved",
            'solved > end: outcome = "solved"',
            "solved > raise > answer",
            answer="user ys:actor='lead' ys:status='handling'",
            confirm="user ys:actor='enterprise'",
            solved="xor",
            **{"raise": "script level := level + 1"},
        ),
        level=0,
        outcome="",
    )
    assert run.steps == ["answer"]
    run.do("answer").do("confirm", outcome="unsolved")
    assert (run.steps, run.data["level"]) == (["answer"], 1)
    run.do("answer").do("confirm", outcome="unsolved").do("answer").do("confirm", outcome="solved")
    assert run.ended
    assert run.data == {"level": 2, "outcome": "solved"}


def test_a_waiting_task_says_what_it_is() -> None:
    lanes = '<laneSet id="l"><lane id="l1" name="承办单位"><flowNodeRef>answer</flowNodeRef></lane></laneSet>'
    run = Run(
        draw("start > answer > end", lanes=lanes, answer="user ys:actor='lead' ys:clock='resolve' ys:form='reply'")
    )
    (task,) = run.load().tasks()
    assert (task.step, task.name, task.lane) == ("answer", "answer", "承办单位")
    assert task.attributes == {"actor": "lead", "clock": "resolve", "form": "reply"}
    assert task.item is None
    assert run.load().tasks()[0].id == task.id  # the same run of the step keeps its id


def test_a_task_is_done_once() -> None:
    run = Run(draw("start > a > b > end", a="user", b="user"))
    (task,) = run.load().tasks()
    instance = run.load()
    instance.complete(task.id, {}, NOW)
    with pytest.raises(bpmn.UnknownTask):
        instance.complete(task.id, {}, NOW)
    again = run.do("a").load()
    for wrong in (task.id, "nonsense", "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(bpmn.UnknownTask):
            again.complete(wrong, {}, NOW)


def test_conditions_hold_only_when_they_are_true() -> None:
    xml = draw(
        "start > ask > way", "way > yes > end: agreed", "way > no > end", ask="user", way="xor", yes="user", no="user"
    )
    assert Run(xml).do("ask", agreed=True).steps == ["yes"]
    # Text, numbers, null and unknown variables are not "true".
    for agreed in (False, None, "no", 1, [True]):
        assert Run(xml).do("ask", agreed=agreed).steps == ["no"]
    assert Run(xml).do("ask").steps == ["no"]


def test_conditions_are_asked_in_the_order_of_the_document_wherever_the_shapes_stand() -> None:
    flows = ("start > way", "way > a > end: n > 1", "way > b > end: n > 0", "way > end")
    xml = draw(*flows, way="xor", a="user", b="user")
    shapes = '<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:c="http://www.omg.org/spec/DD/20100524/DC">'
    shapes += "<d:BPMNPlane>"
    for name, y in (("a", 900), ("b", 100)):
        shapes += f'<d:BPMNShape bpmnElement="{name}"><c:Bounds x="0" y="{y}" width="1" height="1"/></d:BPMNShape>'
    drawn = xml.replace(b"</definitions>", f"{shapes}</d:BPMNPlane></d:BPMNDiagram></definitions>".encode())
    assert Run(xml, n=2).steps == ["a"]
    assert Run(drawn, n=2).steps == ["a"]
    assert Run(drawn, n=1).steps == ["b"]


def test_no_way_names_the_gateway_and_the_instance_cannot_be_stored() -> None:
    xml = draw("start > ask > way", "way > end: n > 1", "way > ask: n < 0", ask="user", way="xor")
    instance = Run(xml).load()
    with pytest.raises(bpmn.NoWay) as caught:
        instance.complete(instance.tasks()[0].id, {"n": 1}, NOW)
    assert caught.value.element == "way"
    with pytest.raises(RuntimeError):
        instance.dump()
    for move in (
        lambda: instance.complete("x", {}, NOW),
        lambda: instance.fire("x", NOW),
        lambda: instance.message("x", {}, NOW),
    ):
        with pytest.raises(RuntimeError, match="load"):
            move()


def test_a_circle_without_people_is_stopped() -> None:
    xml = draw("start > count > way", "way > end: n < 0", "way > count", count="script n := n + 1", way="xor")
    with pytest.raises(bpmn.Runaway):
        bpmn.Definition.parse(xml).start({"n": 0}, NOW)


class TestBranches:
    xml = draw(
        "start > split > fire > join > after > end",
        "split > water > join",
        split="and",
        fire="user",
        water="user",
        join="and",
        after="user",
    )

    @pytest.mark.parametrize("order", [("fire", "water"), ("water", "fire")])
    def test_what_one_branch_writes_is_not_undone_by_the_other(self, order: tuple[str, str]) -> None:
        # Each token of the engine carries a copy of the variables; a join that mixed them would bring old values back.
        run = Run(self.xml, fire_ok=None, water_ok=None, files=["map"])
        assert sorted(run.steps) == ["fire", "water"]
        first, second = order
        run.do(first, **{f"{first}_ok": True, "files": ["map", first]})
        assert run.steps == [second]
        run.do(second, **{f"{second}_ok": False})
        assert run.steps == ["after"]
        assert run.data == {f"{first}_ok": True, f"{second}_ok": False, "files": ["map", first]}
        assert run.do("after").ended

    def test_one_branch_reads_what_the_other_wrote(self) -> None:
        xml = draw(
            "start > split > a > join > end", "split > b > seen > join", split="and", a="user", b="user", join="and",
            seen="script seen := x",
        )  # fmt: skip
        assert Run(xml, x=1).do("a", x=2).do("b").data["seen"] == 2

    def test_branches_run_again_in_a_circle(self) -> None:
        xml = draw(
            "start > again > split > a > join > way", "split > b > join", "way > end: done", "way > again",
            again="xor", split="and", a="user", b="user", join="and", way="xor",
        )  # fmt: skip
        run = Run(xml, done=False)
        for _ in range(3):
            assert sorted(run.steps) == ["a", "b"]
            run.do("b").do("a")
        run.do("a", done=True)
        assert run.steps == ["b"]
        assert run.do("b").ended

    def test_inclusive_gateways_wait_for_the_branches_that_were_taken(self) -> None:
        xml = draw(
            "start > split", "split > a > join: fire", "split > b > join: water", "split > c > join",
            "join > after > end", split="or", a="user", b="user", c="user", join="or", after="user",
        )  # fmt: skip
        assert Run(xml, fire=True, water=False).do("a").steps == ["after"]
        run = Run(xml, fire=True, water=True)
        assert sorted(run.steps) == ["a", "b"]
        assert run.do("b").steps == ["a"]
        assert run.do("a").steps == ["after"]
        assert Run(xml, fire=False, water=False).steps == ["c"]

    def test_terminating_ends_everything(self) -> None:
        xml = draw("start > split > a > stop", "split > b > end", split="and", a="user", b="user", stop="terminate")
        run = Run(xml).do("a")
        assert run.ended
        assert run.steps == []


def test_sub_processes_share_the_variables() -> None:
    inner = body(
        "s > check > twice > e",
        s='<startEvent id="s"/>',
        e='<endEvent id="e"/>',
        check="user",
        twice="script n := n * 2",
    )
    xml = draw(
        "start > split > sub > join > after > end", "split > note > join",
        split="and", join="and", after="user", note="user", sub=f'<subProcess id="sub" name="sub">{inner}</subProcess>',
    )  # fmt: skip
    run = Run(xml, n=1)
    assert sorted(run.steps) == ["check", "note"]
    run.do("note", n=5, word="seen")
    run.do("check", more=1)
    assert run.steps == ["after"]
    assert run.data == {"n": 10, "word": "seen", "more": 1}
    assert run.do("after").ended


def test_nested_sub_processes_come_back_from_storage() -> None:
    deepest = body("s2 > work > e2", s2='<startEvent id="s2"/>', e2='<endEvent id="e2"/>', work="user")
    inner = body(
        "s1 > deep > e1",
        s1='<startEvent id="s1"/>',
        e1='<endEvent id="e1"/>',
        deep=f'<subProcess id="deep">{deepest}</subProcess>',
    )
    run = Run(draw("start > sub > last > end", sub=f'<subProcess id="sub">{inner}</subProcess>', last="user"), x=1)
    assert run.load().trail().active == ["sub", "deep", "work"]
    run.do("work", x=2)
    assert (run.steps, run.data) == (["last"], {"x": 2})


def test_decisions_are_asked_and_answered() -> None:
    asked = []

    def decide(reference: str, data: object) -> object:
        asked.append((reference, dict(data)))  # type: ignore[call-overload]
        return {"unit": "dept.economy", "sure": True, "share": Decimal("0.25")}

    xml = draw("start > route > way", "way > a > end: routing.sure", "way > b > end", route="rule routing#routing -> routing",
               way="xor", a="user", b="user")  # fmt: skip
    run = Run(xml, decide, category="policy")
    assert run.steps == ["a"]
    assert asked == [("routing#routing", {"category": "policy"})]
    assert run.data["routing"] == {"unit": "dept.economy", "sure": True, "share": Decimal("0.25")}
    with pytest.raises(bpmn.ScriptError, match="route"):
        bpmn.Definition.parse(xml).start({}, NOW)


def test_contexts_of_scripts_become_variables() -> None:
    xml = draw("start > calc > a > end", calc='script {total: 2 * 3, note: "ok"}', a="user")
    assert Run(xml).data == {"total": 6, "note": "ok"}
    with pytest.raises(bpmn.ScriptError, match="calc"):
        bpmn.Definition.parse(draw("start > calc > end", calc="script 1 + 1")).start({}, NOW)


def test_variables_come_back_as_they_went_in() -> None:
    data = {
        "money": Decimal("12345678901234567890.10"),
        "day": date(2026, 10, 1),
        "at": datetime(2026, 10, 1, 8, 30, tzinfo=UTC),
        "hour": time(8, 30),
        "span": timedelta(days=3, seconds=5),
        "nested": {"list": [1, 2.5, None, True, "文字", {"$": "date", "v": "not one"}]},
        "$": "dollar",
        "none": None,
    }
    run = Run(draw("start > a > b > end", a="user", b="user"), **data)
    assert run.data == data
    assert run.do("a", more={"x": Decimal("0.10")}).data == {**data, "more": {"x": Decimal("0.10")}}
    assert type(run.data["money"]) is Decimal


def test_attributes_may_be_expressions() -> None:
    run = Run(
        draw("start > a > end", a="""user ys:actor='="unit:" + routing.unit' ys:form='reply'"""),
        routing={"unit": "dept.tax"},
    )
    assert run.load().tasks()[0].attributes == {"actor": "unit:dept.tax", "form": "reply"}


def test_a_state_belongs_to_its_definition() -> None:
    one, other = draw("start > a > end", a="user"), draw("start > b > end", b="user")
    with pytest.raises(bpmn.UnreadableState):
        bpmn.Definition.parse(other).load(Run(one).state)
    for broken in (b"", b"nonsense", Run(one).state[:-5]):
        with pytest.raises(bpmn.UnreadableState):
            bpmn.Definition.parse(one).load(broken)


def test_a_move_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        bpmn.Definition.parse(draw("start > a > end", a="user")).start({}, datetime(2026, 1, 1))  # noqa: DTZ001


class TestLongLives:
    """A case may go round for years; its state and its speed depend on the diagram, not on the past."""

    def test_hundreds_of_rounds(self) -> None:
        run = Run(
            draw("start > a > b > way", "way > end: done", "way > a", a="user", b="user", way="xor", t="on b timer P1D", note="user")
            .replace(b"</process>", b'<sequenceFlow id="t_to_note" sourceRef="t" targetRef="note"/>'
                     b'<sequenceFlow id="note_to_a" sourceRef="note" targetRef="a"/></process>'),
            done=False,
        )  # fmt: skip
        definition = bpmn.Definition.parse(run.xml)
        state, sizes = run.state, []
        for n in range(400):
            instance = definition.load(state)
            for _ in ("a", "b"):
                instance.complete(instance.tasks()[0].id, {"done": n == 399}, NOW)
            state = instance.dump()
            sizes.append(len(state))
        assert definition.load(state).ended
        assert max(sizes) < min(sizes[:5]) + 100
        assert definition.load(state).trail().completed == ["start", "a", "b", "way", "end"]

    def test_hundreds_of_rounds_beside_a_branch_that_waits(self) -> None:
        xml = draw(
            "start > split > a > way", "way > join: done", "way > a", "split > b > join", "join > last > end",
            split="and", a="user", b="user", way="xor", join="and", last="user",
        )  # fmt: skip
        definition = bpmn.Definition.parse(xml)
        instance = definition.start({"done": False}, NOW)
        first = len(instance.dump())
        for n in range(600):
            task = next(t for t in instance.tasks() if t.step == "a")
            instance.complete(task.id, {"done": n == 599}, NOW)
        assert len(instance.dump()) < first + 200
        instance.complete(instance.tasks()[0].id, {}, NOW)
        assert [t.step for t in instance.tasks()] == ["last"]

    @pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
    def test_a_join_remembers_arrivals_of_branches_that_parted_earlier(self, order: str) -> None:
        xml = draw(
            "start > p > a > join > last > end", "p > q > b > join", "q > c > join",
            p="and", q="and", a="user", b="user", c="user", join="and", last="user",
        )  # fmt: skip
        run = Run(xml)
        for step in order:
            assert step in run.steps
            run.do(step)
        assert run.steps == ["last"]
        assert run.do("last").ended
