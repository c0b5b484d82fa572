"""Checking before publishing: what is refused, at which element, and what to use instead, in both languages."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.processes import bpmn
from yingshang.processes.bpmn import reading, vocabulary

from .drawing import HEAD, body, draw, loop, message, timer

SCENARIOS = sorted((Path(__file__).parents[2] / "src/yingshang/scenarios").glob("*/*.bpmn"))
S, E = '<startEvent id="s"/>', '<endEvent id="e"/>'
SUB = f'<subProcess id="sub">{body("s > check > e", s=S, e=E, check="user")}</subProcess>'


def found(xml: bytes) -> dict[str, str]:
    """Element → what is wrong (English)."""
    return {p.element: p.en for p in bpmn.check(xml)}


def the_problem(xml: bytes) -> bpmn.Problem:
    problems = bpmn.check(xml)
    assert len(problems) == 1, [str(p) for p in problems]
    return problems[0]


class TestGood:
    @pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: f"{p.parent.name}/{p.name}")
    def test_our_own_procedures(self, path: Path) -> None:
        assert [str(p) for p in bpmn.check(path.read_bytes())] == []

    def test_there_are_procedures(self) -> None:
        assert len(SCENARIOS) >= 8

    def test_everything_we_support_in_one_diagram(self) -> None:
        inner = body("s > check > e", s='<startEvent id="s"/>', e='<endEvent id="e"/>', check="user ys:actor='item'")
        xml = draw(
            "start > rule > both", "both > a > join", "both > b > join > kind", "kind > one > merge: n = 1",
            "kind > sub > merge", "merge > wait", "wait > paid > done", "wait > soon > done > end", "late > calc > stop",
            "withdrawn > stop", "urged > end",
            messages=("paid", "withdraw"), rule="rule routing#派单 -> routing", both="and",
            a="user ys:actor='unit:dept.tax' ys:clock='a,b'",
            b="manual", join="and", kind="or", one="user ys:actor='=\"unit:\" + routing.unit'", merge="or",
            sub=f'<subProcess id="sub">{loop("sites", "site", until="site = 1", out=("grades", "grade"))}{inner}</subProcess>',
            wait="event", paid="message paid", soon="timer 2026-10-01", done="xor", late="on a timer duration(promise)",
            withdrawn="on sub message withdraw", urged="beside b timer P3D", calc="script n := n + 1", stop="terminate",
        )  # fmt: skip
        assert [str(p) for p in bpmn.check(xml)] == []

    def test_pools_lanes_notes_and_left_over_declarations(self) -> None:
        lanes = '<laneSet id="ls"><lane id="l1" name="企业" ys:name_en="Enterprise"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
        xml = (
            draw("start > a > end", lanes=lanes, a="user")
            .replace(
                b"<process",
                '<collaboration id="c"><participant id="pool" name="办理" processRef="p"/></collaboration>'
                '<signal id="old"/><error id="older"/><process'.encode(),
            )
            .replace(b"</process>", '<textAnnotation id="n"><text>说明</text></textAnnotation></process>'.encode())
        )
        assert [str(p) for p in bpmn.check(xml)] == []


class TestElements:
    @pytest.mark.parametrize(
        "tag", sorted(t for t in vocabulary.INSTEAD if "Task" in t or t in ("transaction", "callActivity"))
    )
    def test_unsupported_steps(self, tag: str) -> None:
        if tag.startswith("global"):
            xml = draw("start > end").replace(b"<process", f'<{tag} id="x1"/><process'.encode())
        else:
            xml = draw("start > x1 > end", x1=f'<{tag} id="x1"/>')
        p = the_problem(xml)
        assert p.element == "x1"
        assert (p.mend_zh, p.mend_en) == vocabulary.INSTEAD[tag]
        assert p.zh == f"不支持 {tag}"
        assert p.line == 1

    @pytest.mark.parametrize(
        "definition",
        ["signalEventDefinition", "errorEventDefinition", "escalationEventDefinition", "conditionalEventDefinition",
         "compensateEventDefinition", "cancelEventDefinition", "linkEventDefinition"],
    )  # fmt: skip
    @pytest.mark.parametrize("event", ["startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent"])
    def test_unsupported_events(self, definition: str, event: str) -> None:
        flows = {
            "startEvent": ("x1 > a > end",),
            "endEvent": ("start > a > x1",),
            "boundaryEvent": ("start > a > end", "x1 > end"),
        }
        xml = draw(
            *flows.get(event, ("start > x1 > a > end",)),
            a="user",
            x1=f'<{event} id="x1" attachedToRef="a"><{definition}/></{event}>',
        )
        assert f"{definition} is not supported" in found(xml)["x1"]

    @pytest.mark.parametrize(
        ("event", "inner"), [("startEvent", timer("P1D")), ("startEvent", message("m")), ("endEvent", message("m")),
                             ("boundaryEvent", ""), ("intermediateCatchEvent", ""), ("boundaryEvent", timer("P1D") + message("m"))],
    )  # fmt: skip
    def test_events_out_of_place(self, event: str, inner: str) -> None:
        flows = {
            "startEvent": ("x1 > a > end",),
            "endEvent": ("start > a > x1",),
            "boundaryEvent": ("start > a > end", "x1 > end"),
        }
        xml = draw(
            *flows.get(event, ("start > x1 > a > end",)), messages=("m",), a="user",
            x1=f'<{event} id="x1" attachedToRef="a">{inner}</{event}>',
        )  # fmt: skip
        assert the_problem(xml).element == "x1"

    def test_data_and_loops_of_other_kinds(self) -> None:
        xml = draw("start > a > end", a="user <standardLoopCharacteristics/>", x1='<dataObject id="x1"/>')
        assert set(found(xml)) == {"a", "x1"}
        xml = draw("start > a > end", a="user <ioSpecification id='io'/>")
        assert set(found(xml)) == {"io"}

    def test_event_sub_processes(self) -> None:
        inner = body("s > e", s='<startEvent id="s"/>', e='<endEvent id="e"/>')
        xml = draw("start > end", x1=f'<subProcess id="x1" triggeredByEvent="true">{inner}</subProcess>')
        assert "event sub-processes" in " ".join(p.en for p in bpmn.check(xml) if p.element == "x1")

    def test_what_other_engines_would_do(self) -> None:
        xml = draw("start > a > end", a='user camunda:assignee="x" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"')
        assert "another engine" in the_problem(xml).en
        script = '<extensionElements><s:preScript xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">x</s:preScript></extensionElements>'
        assert "another engine" in the_problem(draw("start > a > end", a=f"user {script}")).en

    def test_ids(self) -> None:
        assert "used twice" in " ".join(found(draw("start > a > end", a="user", b='<textAnnotation id="a"/>')).values())
        for reserved in ("Start", "End", "a.BoundaryEventSplit", "a [child]"):
            assert "engine's own" in found(draw(f"start > {reserved} > end", **{reserved: "user"}))[reserved]
        long = "x" * 61
        assert "longer" in found(draw(f"start > {long} > end", **{long: "user"}))[long]
        assert "no id" in " ".join(found(draw("start > end", x1="<userTask/>")).values())

    def test_not_executable(self) -> None:
        assert "p" in found(draw("start > end").replace(b'isExecutable="true"', b'isExecutable="false"'))


class TestAttributes:
    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            ("user ys:acter='lead'", "acter"),
            ("user ys:actor='boss'", "actor"),
            ("user ys:actor='unit:'", "actor"),
            ("user ys:actor='role:Chief'", "actor"),
            ("user ys:actor='item'", "actor"),
            ("user ys:actor='=1 +'", "actor"),
            ("user ys:status='done'", "status"),
            ("user ys:clock='a b'", "clock"),
            ("user ys:outcomes='yes,,no'", "outcomes"),
            ("user ys:decision='a#b'", "decision"),
            ("rule routing -> x", "decision"),
            ("rule routing#r -> not-a-name", "result"),
            ("<scriptTask id='x1' ys:result='1a'><script>1</script></scriptTask>", "result"),
            ("<exclusiveGateway id='x1' ys:actor='lead'/>", "actor"),
        ],
    )
    def test_refused(self, kind: str, name: str) -> None:
        p = the_problem(draw("start > x1 > end", x1=kind))
        assert p.element == "x1"
        assert f"ys:{name}" in p.zh
        assert p.mend_zh
        assert p.mend_en

    def test_an_unknown_attribute_lists_the_known(self) -> None:
        p = the_problem(
            draw("start > x1 > end", x1="rule a#b -> c").replace(b"ys:decision", b'ys:tabel="x" ys:decision')
        )
        assert p.mend_en == "there are ys:decision, ys:name_en, ys:result"


class TestExpressions:
    @pytest.mark.parametrize("text", ["1 +", "(", 'x = "', "if a then b", "x == 1", "a && b", "${x}", ""])
    @pytest.mark.parametrize(
        "place",
        [
            lambda t: draw("start > x1 > a > end", x1=f"script n := {t}", a="user"),
            lambda t: draw("start > g", f"g > x1 > end: {t}", "g > end", g="xor", x1="user"),
            lambda t: draw("start > x1 > end", x1="user" + loop(count=t or " ")),
            lambda t: draw("start > x1 > end", x1="user" + loop("things", "thing", until=t or " ")),
            lambda t: draw("start > x1 > end", x1=f"timer {t or ' '}"),
        ],
        ids=["script", "condition", "number", "until", "timer"],
    )
    def test_what_is_not_feel(self, place: object, text: str) -> None:
        p = the_problem(place(text))  # type: ignore[operator]
        assert p.element in ("x1", "g_to_x1")
        assert "表达式" in p.zh
        if text:
            assert text in p.zh

    @pytest.mark.parametrize("text", ["P3", "P0.5D", "2026-13-01", "PT"])
    def test_times(self, text: str) -> None:
        assert the_problem(draw("start > x1 > end", x1=f"timer {text}")).element == "x1"

    def test_cycles_and_nothing(self) -> None:
        assert "x1" in found(
            draw(
                "start > x1 > end",
                x1=f'<intermediateCatchEvent id="x1">{timer("R3/P1D", "timeCycle")}</intermediateCatchEvent>',
            )
        )
        empty = '<intermediateCatchEvent id="x1"><timerEventDefinition/></intermediateCatchEvent>'
        assert "needs one time" in found(draw("start > x1 > end", x1=empty))["x1"]

    @pytest.mark.parametrize("language", ["python", "javascript", "groovy", "http://www.java.com/java"])
    def test_other_languages(self, language: str) -> None:
        xml = draw(
            "start > x1 > end", x1=f'<scriptTask id="x1" scriptFormat="{language}"><script>1</script></scriptTask>'
        )
        assert the_problem(xml).mend_en == "use FEEL"
        xml = draw("start > g", "g > a > end: x", "g > end", g="xor", a="user").replace(
            b"<conditionExpression", f'<conditionExpression language="{language}"'.encode()
        )
        assert the_problem(xml).mend_en == "use FEEL"

    @pytest.mark.parametrize(
        "characteristics", ["", "<loopCardinality>2</loopCardinality><loopDataInputRef>a</loopDataInputRef>",
                            "<loopDataInputRef>a</loopDataInputRef><loopDataOutputRef>b</loopDataOutputRef>",
                            '<loopDataInputRef>a</loopDataInputRef><inputDataItem id="a b"/>'],
    )  # fmt: skip
    def test_loops(self, characteristics: str) -> None:
        xml = draw(
            "start > x1 > end",
            x1=f"user <multiInstanceLoopCharacteristics>{characteristics}</multiInstanceLoopCharacteristics>",
        )
        assert the_problem(xml).element == "x1"

    @pytest.mark.parametrize("name", ["form.things", "1st", "a b", ""])
    def test_lists_are_variables(self, name: str) -> None:
        assert (
            "no name of a variable" in the_problem(draw("start > x1 > end", x1="user" + loop(name or " ", "thing"))).en
        )

    def test_lists_are_declared_or_an_editor_would_drop_them(self) -> None:
        xml = draw("start > x1 > end", x1="user" + loop("things", "thing", out=("results", "result")))
        assert found(xml) == {}
        problems = bpmn.check(xml.replace(b'<property id="things" name="things"/>', b""))
        assert ["'things' is not declared" in p.en for p in problems] == [True]

    def test_nameless_messages(self) -> None:
        xml = draw(
            "start > x1 > end", x1='<intermediateCatchEvent id="x1"><messageEventDefinition/></intermediateCatchEvent>'
        )
        assert "no name" in the_problem(xml).en


class TestFlows:
    def test_starts_and_ends(self) -> None:
        assert "start events" in found(draw("start > a > end", "s2 > a", a="user", s2='<startEvent id="s2"/>'))["p"]
        assert "no end event" in found(draw("start > a", "a > b", "b > a", a="user", b="user"))["p"]
        inner = body("s > check", s='<startEvent id="s"/>', check="user")
        assert (
            "no end event" in found(draw("start > sub > end", sub=f'<subProcess id="sub">{inner}</subProcess>'))["sub"]
        )

    def test_dead_ends_and_lost_steps(self) -> None:
        lost = bpmn.check(draw("start > a > end", a="user", b="user"))
        assert [(p.element, p.en) for p in lost] == [("b", "there is no way on from here"), ("b", "no flow leads here")]
        assert "no flow leads here" in found(draw("start > a > end", "b > a", a="user", b="user"))["b"]
        island = draw("start > end", "b > c", "c > b", b="user", c="user")
        assert found(island) == {"b": "it cannot be reached from the start", "c": "it cannot be reached from the start"}

    def test_flows_to_nowhere_and_between_levels(self) -> None:
        assert "in_to_check" in found(
            draw("start > sub > end", "in > check", sub=SUB,
                 **{"in": "user"})
        )  # fmt: skip
        assert "a_to_gone" in found(draw("start > a > end", "a > gone", a="user"))

    def test_two_flows_between_the_same_two(self) -> None:
        xml = draw("start > g", "g > a > end: x", "g > end", g="xor", a="user").replace(
            b"</process>", b'<sequenceFlow id="twice" sourceRef="g" targetRef="a"><conditionExpression>y</conditionExpression>'
            b"</sequenceFlow></process>")  # fmt: skip
        assert "two flows" in found(xml)["twice"]

    def test_forks_without_a_gateway(self) -> None:
        p = the_problem(draw("start > a > b > end", "a > end", a="user", b="user"))
        assert (p.element, "网关" in p.mend_zh) == ("a", True)

    def test_conditions_where_nobody_asks(self) -> None:
        p = the_problem(draw("start > a", "a > end: x = 1", a="user"))
        assert p.element == "a_to_end"

    @pytest.mark.parametrize("kind", ["xor", "or"])
    def test_defaults(self, kind: str) -> None:
        tag = {"xor": "exclusiveGateway", "or": "inclusiveGateway"}[kind]
        flows = ("start > g", "g > a > end: x", "g > b > end: y")
        none = found(draw(*flows, g=kind, a="user", b="user"))
        assert none == {"g": "there is no default flow: when no condition holds, the case is stuck"}
        conditioned = found(draw(*flows, g=f'<{tag} id="g" default="g_to_b"/>', a="user", b="user"))
        assert set(conditioned) == {"g_to_b"}
        bare = found(
            draw("start > g", "g > a > end", "g > b > end", g=f'<{tag} id="g" default="g_to_b"/>', a="user", b="user")
        )
        assert set(bare) == {"g_to_a"}

    def test_event_gateways(self) -> None:
        xml = draw("start > g", "g > a > end", "g > b > end", g="event", a="user", b="timer P1D")
        assert set(found(xml)) == {"g_to_a"}
        shared = draw(
            "start > x > g", "g > a > end", "g > b > end", "x > b", x="xor", g="event", a="timer P1D", b="timer P1D"
        )
        assert "g_to_b" in found(shared)

    def test_boundary_events_sit_on_something_that_waits(self) -> None:
        for host in ("gone", "start", "calc"):
            xml = draw("start > calc > end", "late > end", calc="script x := 1", late=f"on {host} timer P1D")
            assert the_problem(xml).element == "late"

    def test_circles_without_people(self) -> None:
        xml = draw(
            "start > again > count > way",
            "way > end: n > 3",
            "way > again",
            again="xor",
            way="xor",
            count="script n := n + 1",
        )
        assert "never stops" in the_problem(xml).en
        waits = draw("start > again > count > way", "way > end: n > 3", "way > pause > again", again="xor", way="xor",
                     count="script n := n + 1", pause="timer P1D")  # fmt: skip
        assert found(waits) == {}


class TestDeadlocks:
    @pytest.mark.parametrize(
        ("gateway", "stuck"),
        [
            # exclusive in, parallel out: only one of the two ever comes
            (draw("start > x", "x > a > j: c", "x > b > j", "j > end", x="xor", j="and", a="user", b="user"), "j"),
            # the way back leads through the gateway itself
            (draw("start > split > a > join > way", "split > b > join", "way > end: done", "way > split", split="and", join="and",
                  way="xor", a="user", b="user"), "split"),
            # inclusive in, parallel out
            (draw("start > x", "x > a > j: c", "x > b > j", "j > end", x="or", j="and", a="user", b="user"), "j"),
            # a deadline takes the token elsewhere
            (draw("start > s > a > j > end", "s > b > j", "late > end", s="and", j="and", a="user", b="user", late="on a timer P1D"), "j"),
            # the first event takes all
            (draw("start > g", "g > m > j", "g > t > j > end", messages=("m",), g="event", j="and", m="message m", t="timer P1D"), "j"),
        ],
    )  # fmt: skip
    def test_found(self, gateway: bytes, stuck: str) -> None:
        assert the_problem(gateway).element == stuck

    @pytest.mark.parametrize(
        "xml",
        [
            draw("start > s > a > j > end", "s > b > j", s="and", j="and", a="user", b="user"),
            # skipping a step inside a branch
            draw("start > s > x", "x > a > m: c", "x > m > j > end", "s > b > j", s="and", x="xor", m="xor", j="and", a="user", b="user"),
            # the deadline comes back to the branch
            draw("start > s > a > m > j > end", "s > b > j", "late > m", s="and", m="xor", j="and", a="user", b="user",
                 late="on a timer P1D"),
            # a terminating end leaves nothing waiting
            draw("start > s > a > j > end", "s > x", "x > b > j: c", "x > stop", s="and", x="xor", j="and", a="user", b="user",
                 stop="terminate"),
            # branches that end by themselves
            draw("start > s > a > end", "s > b > end", s="and", a="user", b="user"),
        ],
    )  # fmt: skip
    def test_not_found(self, xml: bytes) -> None:
        assert found(xml) == {}

    def test_big_plans_are_looked_through_quickly(self) -> None:
        flows, nodes = ["start > s", "j > end"], {"s": "and", "j": "and"}
        for n in range(24):
            flows += [f"s > a{n} > x{n}", f"x{n} > b{n} > m{n}: c", f"x{n} > m{n} > j"]
            nodes |= {f"a{n}": "user", f"b{n}": "user", f"x{n}": "xor", f"m{n}": "xor"}
        began = time.perf_counter()
        assert found(draw(*flows, **nodes)) == {}
        assert time.perf_counter() - began < 10


class TestBadInput:
    def test_malformed(self) -> None:
        p = the_problem(b"<definitions>\n<process>\n</definitions>")
        assert p.line == 3
        assert "第 3 行" in p.zh
        assert "line 3" in p.en

    @pytest.mark.parametrize(
        "junk", [b"", b"\x00", b"PK\x03\x04", b"{}", "办件".encode(), b"<html/>", b'<?xml version="1.0"?>']
    )
    def test_not_bpmn(self, junk: bytes) -> None:
        assert the_problem(junk).element == "definitions"

    ENTITY = (
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY e "&c;&c;&c;&c;&c;&c;&c;&c;">]>'
    )

    @pytest.mark.parametrize("use", ["&x;", "&e;", ""])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_entities_in_any_encoding(self, use: str, encoding: str) -> None:
        text = f'<?xml version="1.0" encoding="{encoding}"?>{self.ENTITY}' + draw("start > a > end", a="user").decode()
        xml = (
            text.replace('name="a"', f'name="{use if use != "&x;" else ""}"')
            .replace("<userTask", f"{use}<userTask")
            .encode(encoding)
        )
        assert "root:" not in str(bpmn.check(xml))
        assert the_problem(xml).element == "definitions"
        with pytest.raises(bpmn.UnreadableXml):
            bpmn.Definition.parse(xml)

    def test_a_bomb_in_an_attribute(self) -> None:
        entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
        xml = f'<!DOCTYPE d [<!ENTITY e0 "ha">{entities}]>{HEAD}<process id="&e11;"/></definitions>'.encode()
        began = time.perf_counter()
        assert the_problem(xml).element == "definitions"
        assert time.perf_counter() - began < 2

    def test_large_deep_and_many(self) -> None:
        assert "larger" in the_problem(b" " * (reading.MOST_BYTES + 1)).en
        assert bpmn.check(b"<a>" * 50_000) != []
        many = f'{HEAD}<process id="p">{"<textAnnotation/>" * 20_001}</process></definitions>'.encode()
        assert "more than" in the_problem(many).en

    def test_long_paths_are_refused_not_crashed_on(self) -> None:
        def path(length: int) -> bytes:
            names = [f"s{n}" for n in range(length)]
            return draw(" > ".join(["start", *names, "end"]), **dict.fromkeys(names, "user"))

        assert found(path(60)) == {}
        assert "too many steps" in " ".join(found(path(2000)).values())

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=300), st.integers(0, 2000), st.integers(0, 40))
    def test_never_raises(self, noise: bytes, at: int, cut: int) -> None:
        xml = draw("start > g", "g > a > end: x = 1", "g > b > end", "late > b", g="xor", a="user ys:actor='lead'", b="user",
                   late="on a timer P1D")  # fmt: skip
        for damaged in (xml[:at] + noise + xml[at + cut :], xml[:at] + xml[at + cut :]):
            for p in bpmn.check(damaged):
                assert p.zh
                assert p.en


def test_problems_read_well() -> None:
    p = bpmn.Problem("a", "不支持 task", "task is not supported", "请改为用户任务", "make it a user task", 7)
    assert str(p) == "a（第 7 行）：不支持 task，请改为用户任务"
    assert p.text("en") == "a (line 7): task is not supported; make it a user task"
