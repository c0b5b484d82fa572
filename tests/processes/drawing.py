"""Diagrams for tests, written in a few words.

``draw("start > ask > enough", "enough > end: amount >= 3", "enough > ask", ask="user", enough="xor")`` makes a BPMN
document. Flows are ``a > b > c``; a condition follows a colon and is that of the first flow; a gateway's flow without
one is its default.
"""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ys="urn:yingshang:bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="defs" targetNamespace="urn:test">'
)
GATEWAYS = {"xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway", "event": "eventBasedGateway"}


def timer(text: str, kind: str = "timeDuration") -> str:
    """A timer's definition: ISO 8601 or FEEL."""
    return f"<timerEventDefinition><{kind}>{escape(text)}</{kind}></timerEventDefinition>"


def message(name: str) -> str:
    """A message's definition; the message itself is declared by :func:`draw`."""
    return f'<messageEventDefinition messageRef="message_{name}"/>'


def loop(
    items: str = "",
    item: str = "",
    *,
    count: str = "",
    together: bool = True,
    until: str = "",
    out: tuple[str, str] = ("", ""),
) -> str:
    """Multi-instance characteristics; ``out`` names the list of results and the single result."""
    inner = (
        f"<loopCardinality>{escape(count)}</loopCardinality>"
        if count
        else f"<loopDataInputRef>{escape(items)}</loopDataInputRef>"
    )
    inner += f"<loopDataOutputRef>{out[0]}</loopDataOutputRef>" if out[0] else ""
    inner += f'<inputDataItem id="{item}" name="{item}"/>' if item else ""
    inner += f'<outputDataItem id="{out[1]}" name="{out[1]}"/>' if out[1] else ""
    inner += f"<completionCondition>{escape(until)}</completionCondition>" if until else ""
    return f' <multiInstanceLoopCharacteristics isSequential="{str(not together).lower()}">{inner}</multiInstanceLoopCharacteristics>'


def node(name: str, kind: str) -> str:
    """One flow node: ``user``, ``script x := 1 + 1``, ``rule file#decision -> x``, ``xor`` …, or XML of its own.

    ``user`` may be followed by ``ys:`` attributes and inner XML.
    """
    kind = kind.strip()
    if kind.startswith("<"):
        return kind
    word, _, rest = kind.partition(" ")
    if word in GATEWAYS:
        return f'<{GATEWAYS[word]} id="{name}" name="{name}"{{default:{name}}}/>'
    if word == "script":
        variable, _, text = rest.partition(":=") if ":=" in rest else ("", "", rest)
        result = f' ys:result="{variable.strip()}"' if variable else ""
        return f'<scriptTask id="{name}" name="{name}"{result}><script>{escape(text.strip())}</script></scriptTask>'
    if word == "rule":
        reference, _, variable = (p.strip() for p in rest.partition("->"))
        result = f' ys:result="{variable}"' if variable else ""
        return f'<businessRuleTask id="{name}" name="{name}" ys:decision="{reference}"{result}/>'
    if word in ("timer", "message"):
        definition = timer(rest) if word == "timer" else message(rest)
        return f'<intermediateCatchEvent id="{name}" name="{name}">{definition}</intermediateCatchEvent>'
    if word in ("on", "beside"):  # a boundary event that interrupts, or not: "on ask timer P3D"
        host, what, text = rest.split(" ", 2)
        definition = timer(text) if what == "timer" else message(text)
        return (
            f'<boundaryEvent id="{name}" name="{name}" attachedToRef="{host}" cancelActivity="{str(word == "on").lower()}">'
            f"{definition}</boundaryEvent>"
        )
    if word in ("user", "manual"):
        attributes, bracket, inner = rest.partition("<")
        return f'<{word}Task id="{name}" name="{name}" {attributes}>{bracket}{inner}</{word}Task>'
    if word == "terminate":
        return f'<endEvent id="{name}" name="{name}"><terminateEventDefinition/></endEvent>'
    raise ValueError(kind)


def body(*flows: str, **nodes: str) -> str:
    """The inside of a process or sub-process. ``start`` and ``end`` come by themselves."""
    kinds = {"start": '<startEvent id="start" name="start"/>', "end": '<endEvent id="end" name="end"/>', **nodes}
    used = {w.strip() for f in flows for w in f.partition(":")[0].split(">")}
    lines, defaults = [], {}
    for flow in flows:
        path, colon, condition = flow.partition(":")
        names = [p.strip() for p in path.split(">")]
        for position, (source, target) in enumerate(pairwise(names)):
            asked = colon and position == 0
            id_ = f"{source}_to_{target}"
            inner = (
                f'<conditionExpression xsi:type="tFormalExpression">{escape(condition.strip())}</conditionExpression>'
                if asked
                else ""
            )
            lines.append(f'<sequenceFlow id="{id_}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>')
            if not asked and kinds.get(source, "").startswith(("xor", "or")):
                defaults[source] = id_
    branching = {s for s in defaults if sum(1 for line in lines if f'sourceRef="{s}"' in line) > 1}
    text = "".join(node(n, k) for n, k in kinds.items() if n in used or n not in ("start", "end"))
    for name in kinds:
        text = text.replace(f"{{default:{name}}}", f' default="{defaults[name]}"' if name in branching else "")
    return text + "".join(lines)


def draw(*flows: str, messages: tuple[str, ...] = (), lanes: str = "", **nodes: str) -> bytes:
    """A BPMN document with one process, ``p``."""
    declared = "".join(f'<message id="message_{m}" name="{m}"/>' for m in messages)
    inside = body(*flows, **nodes)
    lists = dict.fromkeys(re.findall(r"<loopData(?:Input|Output)Ref>(\w+)</", inside))
    properties = "".join(f'<property id="{n}" name="{n}"/>' for n in lists)
    return f'{HEAD}{declared}<process id="p" isExecutable="true">{properties}{lanes}{inside}</process></definitions>'.encode()
