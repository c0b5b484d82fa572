"""Definitions: what makes two of them the same, and how they are stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from yingshang.processes import bpmn

from .drawing import draw, loop, message

XML = draw(
    "start > g", "g > a > end: n > 1", "g > b > end: n > 0", "g > end", "late > end", g="xor", a="user ys:actor='lead'",
    b="user" + loop("things", "thing"), late="on a timer P3D", messages=("m",),
)  # fmt: skip
DIGEST = bpmn.Definition.parse(XML).digest


def digest(xml: bytes) -> str:
    return bpmn.Definition.parse(xml).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('cancelActivity="true"', ""),
        ('isSequential="false"', ""),
        ('isExecutable="true"', ""),
        ('<userTask id="a"', '<!-- a remark --><userTask   id="a"'),
        ("P3D<", "\n  P3D\n<"),
        ("<timerEventDefinition>", '<timerEventDefinition id="made_up_1">'),
        (
            '<userTask id="a" name="a" ys:actor=\'lead\'>',
            '<userTask ys:actor="lead" name="a" id="a"><incoming>g_to_a</incoming>',
        ),
        ("<definitions ", '<definitions exporter="an editor" '),
    ],
)
def test_what_does_not_matter(old: str, new: str) -> None:
    assert old in XML.decode()
    assert digest(XML.decode().replace(old, new).encode()) == DIGEST


def test_prefixes_and_the_order_of_nodes_do_not_matter() -> None:
    text = XML.decode().replace("xmlns:ys=", "xmlns:other=").replace("ys:", "other:")
    assert digest(text.encode()) == DIGEST
    start = '<startEvent id="start" name="start"/>'
    assert digest(XML.decode().replace(start, "").replace("</process>", f"{start}</process>").encode()) == DIGEST


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("n &gt; 1", "n &gt; 2"),
        ("P3D", "P4D"),
        ("ys:actor='lead'", "ys:actor='enterprise'"),
        ('name="a"', 'name="甲"'),
        ('cancelActivity="true"', 'cancelActivity="false"'),
        ('isSequential="false"', 'isSequential="true"'),
        ('targetRef="a"', 'targetRef="b"'),
        ('default="g_to_end"', 'default="g_to_end" ys:name_en="way"'),
        ('<message id="message_m" name="m"/>', '<message id="message_m" name="other"/>'),
    ],
)
def test_what_matters(old: str, new: str) -> None:
    changed = XML.decode().replace(old, new, 1)
    assert changed.encode() != XML
    assert digest(changed.encode()) != DIGEST


def test_the_order_of_conditions_matters() -> None:
    a = XML.decode().index('<sequenceFlow id="g_to_a"')
    b = XML.decode().index('<sequenceFlow id="g_to_b"')
    end = XML.decode().index("</sequenceFlow>", a) + len("</sequenceFlow>")
    text = XML.decode()
    moved = text[:a] + text[end:b] + text[a:end] + text[b:]
    assert len(moved) == len(text)
    end_b = text.index("</sequenceFlow>", b) + len("</sequenceFlow>")
    swapped = text[:a] + text[b:end_b] + text[a:b] + text[end_b:]
    assert digest(swapped.encode()) != DIGEST


def test_a_definition_is_stored_as_its_diagram() -> None:
    definition = bpmn.Definition.parse(XML)
    stored = definition.spec_bytes()
    assert len(stored) < len(XML)
    again = bpmn.Definition.from_spec_bytes(stored)
    assert (again.digest, again.process_id, again.names, again.flows) == (
        DIGEST,
        "p",
        definition.names,
        definition.flows,
    )


def test_what_cannot_run_is_said_with_the_element() -> None:
    with pytest.raises(bpmn.BadDiagram) as caught:
        bpmn.Definition.parse(draw("start > a > end", a='<serviceTask id="a"/>'))
    assert caught.value.element == "a"
    with pytest.raises(bpmn.BadDiagram):
        bpmn.Definition.parse(draw("start > end").replace(b"process", b"collaboration"))
    with pytest.raises(bpmn.UnreadableXml):
        bpmn.Definition.parse(b"<nothing/>")


def test_messages_may_be_named_by_their_event() -> None:
    xml = draw(
        "start > m > end",
        m='<intermediateCatchEvent id="m" name="到账"><messageEventDefinition/></intermediateCatchEvent>',
    )
    assert bpmn.check(xml) == []
    assert message("x") != ""
    from .running import NOW

    instance = bpmn.Definition.parse(xml).start({}, NOW)
    assert instance.messages() == ["到账"]
    assert instance.message("到账", {}, NOW) == 1


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "src/yingshang/scenarios").glob("*/*.bpmn")), ids=lambda p: p.name
)
def test_our_procedures_parse_from_storage(path: Path) -> None:
    definition = bpmn.Definition.parse(path.read_bytes())
    assert bpmn.Definition.from_spec_bytes(definition.spec_bytes()).digest == definition.digest
