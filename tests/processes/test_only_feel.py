"""No expression of a diagram reaches Python: FEEL is the only language, at every place where an engine evaluates text.

The diagrams go to the engine past the checker, which would refuse most of them: what holds here holds without it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import pytest
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine

from yingshang.processes import bpmn
from yingshang.processes.bpmn import scripting

from .drawing import body, draw, loop, timer
from .running import NOW

_seen: list[str] | None = None
#: What Python tells of when code is compiled or run from text, or the machine is reached for.
_TELLING = ("compile", "exec", "open", "os.", "subprocess.", "socket.", "ctypes.", "shutil.", "code.")


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is not None and event.startswith(_TELLING):
        _seen.append(f"{event} {arguments!r}"[:200])


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collects every compilation, execution and access to the machine inside the block."""
    global _seen
    _seen = []
    try:
        yield _seen
    finally:
        _seen = None


def test_the_watch_sees_what_it_is_for() -> None:
    with watched() as seen:
        eval("1 + 1")
    assert any(s.startswith("compile") for s in seen)
    assert any(s.startswith("exec") for s in seen)


HOSTILE = [
    '__import__("os").system("touch {canary}")',
    'open("{canary}", "w")',
    "().__class__.__bases__[0].__subclasses__()",
    'x.__class__.__init__.__globals__["__builtins__"]',
    'eval("1")',
    'exec("x = 1")',
    "(lambda: 1)()",
    "[c for c in x]",
    "x.upper()",
    'x.format("{{0.__class__}}")',
    "task.workflow.script_engine",
    "print(x)",
    "globals()",
    "len(x)",
    "int(x) + 1 if x else 2",
    "x := 1",
    "import os",
]


def caught(definition: str) -> str:
    """An intermediate event."""
    return f'<intermediateCatchEvent id="x1">{definition}</intermediateCatchEvent>'


SUB = body("s > e", s='<startEvent id="s"/>', e='<endEvent id="e"/>')
PLACES: dict[str, Callable[[str], bytes]] = {
    "script": lambda t: draw("start > x1 > a > end", x1=f"script found := {t}", a="user"),
    "script without a variable": lambda t: draw("start > x1 > a > end", x1=f"script {t}", a="user"),
    "exclusive gateway": lambda t: draw("start > x1", f"x1 > a: {t}", "x1 > end", "a > end", x1="xor", a="user"),
    "inclusive gateway": lambda t: draw("start > x1", f"x1 > a: {t}", "x1 > end", "a > end", x1="or", a="user"),
    "intermediate timer": lambda t: draw("start > x1 > end", x1=f"timer {t}"),
    "timer by date": lambda t: draw("start > x1 > end", x1=caught(timer(t, "timeDate"))),
    "timer by cycle": lambda t: draw("start > x1 > end", x1=caught(timer(t, "timeCycle"))),
    "boundary timer": lambda t: draw("start > a > end", "x1 > end", a="user", x1=f"on a timer {t}"),
    "event gateway": lambda t: draw("start > g > x1 > end", "g > y1 > end", g="event", x1=f"timer {t}", y1="timer P1D"),
    "loop by items": lambda t: draw("start > x1 > end", x1="user" + loop(t, "it")),
    "loop by number": lambda t: draw("start > x1 > end", x1="user" + loop(count=t, together=False)),
    "completion condition": lambda t: draw("start > x1 > end", x1="user" + loop("things", "it", until=t)),
    "loop of sub-processes": lambda t: draw("start > x1 > end", x1=f'<subProcess id="x1">{loop(t, "it")}{SUB}</subProcess>'),
    "actor": lambda t: draw("start > x1 > end", x1=f"user ys:actor={chr(39)}={escape(t, quote=True)}{chr(39)}"),
    "scripts before and after": lambda t: draw(
        "start > x1 > end",
        x1='user <extensionElements xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
        f"<s:preScript>{escape(t)}</s:preScript><s:postScript>{escape(t)}</s:postScript></extensionElements>",
    ),
    "standard loop": lambda t: draw(
        "start > x1 > end",
        x1=f"user <standardLoopCharacteristics><loopCondition>{escape(t)}</loopCondition></standardLoopCharacteristics>",
    ),
    "data put in and out": lambda t: draw(
        "start > x1 > end",
        x1='user <ioSpecification><dataInput id="i" name="i"/><dataOutput id="o" name="o"/><inputSet/><outputSet/></ioSpecification>'
        f'<dataInputAssociation><targetRef>i</targetRef><transformation>{escape(t)}</transformation>'
        f'<assignment><from>{escape(t)}</from><to>i</to></assignment></dataInputAssociation>',
    ),
    "data object": lambda t: draw(
        "start > x1 > end",
        x1='<userTask id="x1"><dataInputAssociation><sourceRef>r1</sourceRef><targetRef>r1</targetRef></dataInputAssociation>'
        f'</userTask><dataObject id="{escape(t, quote=True)}"/><dataObjectReference id="r1" dataObjectRef="{escape(t, quote=True)}"/>',
    ),
    "message with a payload": lambda t: draw(
        "start > x1 > end", messages=("m",), x1=caught('<messageEventDefinition messageRef="message_m"/>')
    ).replace(
        b'<message id="message_m" name="m"/>',
        '<message id="message_m" name="m"><extensionElements><s:messageVariable '
        f'xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">{escape(t)}</s:messageVariable>'
        f'<s:messagePayload xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">{escape(t)}</s:messagePayload>'
        "</extensionElements></message>".encode(),
    ),
    "correlation": lambda t: draw(
        "start > x1 > end", messages=("m",), x1=caught('<messageEventDefinition messageRef="message_m"/>')
    ).replace(
        b"<process ",
        '<correlationProperty id="c" name="c"><correlationPropertyRetrievalExpression messageRef="message_m">'
        f"<messagePath>{escape(t)}</messagePath></correlationPropertyRetrievalExpression></correlationProperty>"
        "<process ".encode(),
    ),
}  # fmt: skip
#: Where no expression is evaluated at all.
DEAF = {
    "scripts before and after", "standard loop", "data put in and out", "data object", "message with a payload", "correlation",
}  # fmt: skip


def _run(xml: bytes) -> list[Exception]:
    """Start, and complete what can be completed; the errors are the engine's refusals."""
    try:
        instance = bpmn.Definition.parse(xml).start({"x": "word", "things": ["a", "b"], "n": 1}, NOW)
        for _ in range(3):
            for task in instance.tasks():
                instance.complete(task.id, {}, NOW)
        for name in instance.messages():
            instance.message(name, {"payload": 1}, NOW)
        for waiting in instance.timers():
            instance.fire(waiting.id, NOW)
        assert not any("class" in str(type(v)) and "object" in str(v) for v in instance.data.values())
    except (bpmn.ProcedureError, bpmn.UnknownTask, bpmn.BadDiagram) as error:
        return [error]
    return []


@pytest.mark.parametrize("place", PLACES)
def test_python_is_out_of_reach(place: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    _run(PLACES[place]("1 + 1"))  # what is imported late is imported now
    for text in HOSTILE:
        xml = PLACES[place](text.format(canary=canary))
        scripting.compiled.cache_clear()
        with watched() as seen:
            _run(xml)
        assert seen == [], f"{place}: {text}"
        assert not canary.exists()


@pytest.mark.parametrize("place", sorted(DEAF))
def test_what_nobody_would_evaluate_is_refused_at_publishing(place: str) -> None:
    assert bpmn.check(PLACES[place]("1 + 1"))


@pytest.mark.parametrize("place", [p for p in PLACES if p not in DEAF])
def test_feel_is_what_is_spoken_there(place: str) -> None:
    results = {
        "script": '(if x = "word" then 41 else 0) + 1',
        "script without a variable": '{found: (if x = "word" then 41 else 0) + 1}',
        "exclusive gateway": 'x = "word" and n = 1',
        "inclusive gateway": 'x = "word" and n = 1',
        "completion condition": 'x = "word" and n = 1',
        "intermediate timer": 'if x = "word" then duration("P1D") else null',
        "timer by date": 'if x = "word" then date("2030-01-01") else null',
        "boundary timer": 'if x = "word" then duration("P1D") else null',
        "event gateway": 'if x = "word" then duration("P1D") else null',
        "loop by items": 'if x = "word" then things else null',
        "loop of sub-processes": 'if x = "word" then things else null',
        "loop by number": 'if x = "word" then n + 1 else null',
        "actor": 'if x = "word" then "unit:u1" else null',
        "timer by cycle": 'if x = "word" then duration("P1D") else null',
    }
    instance = bpmn.Definition.parse(PLACES[place](results[place])).start(
        {"x": "word", "things": ["a", "b"], "n": 1}, NOW
    )
    match place:
        case "script" | "script without a variable":
            assert instance.data["found"] == 42
        case "exclusive gateway" | "inclusive gateway":
            assert [t.step for t in instance.tasks()] == ["a"]
        case "loop by items":
            assert [t.item for t in instance.tasks()] == ["a", "b"]
        case "loop by number":
            assert len(instance.tasks()) == 1
        case "completion condition":
            instance.complete(instance.tasks()[0].id, {}, NOW)
            assert instance.ended
        case "loop of sub-processes":
            assert instance.ended
        case "actor":
            assert instance.tasks()[0].attributes["actor"] == "unit:u1"
        case _:
            assert "x1" in {t.step for t in instance.timers()}


def test_the_engine_has_nothing_to_fall_back_to() -> None:
    instance = bpmn.Definition.parse(draw("start > a > end", a="user")).start({}, NOW)
    engine = instance._workflow.script_engine
    assert isinstance(engine, scripting.FeelEngine)
    assert not isinstance(engine, PythonScriptEngine)
    assert engine.environment is engine
    for subscribed in (engine.call_service, getattr(engine, "execute")):  # noqa: B009
        assert subscribed.__func__.__module__ == scripting.__name__
    with pytest.raises(bpmn.ScriptError):
        engine.call_service({})


@pytest.mark.parametrize(
    "tag",
    ["serviceTask", "sendTask", "callActivity", "task", "transaction", "adHocSubProcess", "intermediateThrowEvent"],
)
def test_what_we_do_not_support_does_not_even_parse(tag: str) -> None:
    with pytest.raises(bpmn.BadDiagram):
        bpmn.Definition.parse(draw("start > x1 > end", x1=f'<{tag} id="x1"/>'))
