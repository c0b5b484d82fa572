"""What a diagram may contain. Anything else is refused at publishing, with the element and what to use instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from yingshang.processes.bpmn import reading, scripting, timing
from yingshang.processes.bpmn.errors import BadDiagram
from yingshang.processes.bpmn.reading import BPMN, local, ys_attributes

SUPPORTED = {
    "startEvent", "endEvent", "userTask", "manualTask", "scriptTask", "businessRuleTask", "exclusiveGateway",
    "parallelGateway", "inclusiveGateway", "eventBasedGateway", "subProcess", "boundaryEvent", "intermediateCatchEvent",
    "sequenceFlow",
}  # fmt: skip
#: Elements that describe and do not run.
DESCRIBING = {
    "documentation", "extensionElements", "laneSet", "textAnnotation", "association", "group", "incoming", "outgoing",
    "conditionExpression", "script", "multiInstanceLoopCharacteristics", "timerEventDefinition",
    "terminateEventDefinition", "messageEventDefinition", "ioSpecification", "property", "auditing", "monitoring",
}  # fmt: skip
INSTEAD = {
    "serviceTask": ("用“业务规则任务”做判断,或用用户任务加系统对接", "a business rule task, or a user task"),
    "sendTask": ("用用户任务;通知由系统按事件发出", "a user task; notices are sent from the case's events"),
    "receiveTask": ("用中间捕获消息事件", "an intermediate message catch event"),
    "task": ("用“用户任务”并写明 ys:actor", "a user task with ys:actor"),
    "callActivity": ("用嵌入式子流程", "an embedded sub-process"),
    "transaction": ("用嵌入式子流程", "an embedded sub-process"),
    "adHocSubProcess": ("用并行网关加用户任务,临时协作用“协办”", "a parallel gateway with user tasks"),
    "complexGateway": ("用包容网关", "an inclusive gateway"),
    "intermediateThrowEvent": ("删去,或用脚本任务设置变量", "remove it, or set a variable in a script task"),
    "signalEventDefinition": ("用消息事件", "a message event"),
    "errorEventDefinition": ("用网关按结果分支", "a gateway on the outcome"),
    "escalationEventDefinition": ("用网关按结果分支", "a gateway on the outcome"),
    "compensateEventDefinition": ("用网关按结果分支", "a gateway on the outcome"),
    "cancelEventDefinition": ("用网关按结果分支", "a gateway on the outcome"),
    "conditionalEventDefinition": ("用网关,或定时事件", "a gateway, or a timer"),
    "linkEventDefinition": ("用顺序流直接连接", "a sequence flow"),
    "standardLoopCharacteristics": ("用网关回到前一步", "a gateway back to the earlier step"),
    "dataObject": ("用表单字段", "a form field"),
    "dataObjectReference": ("用表单字段", "a form field"),
    "dataStoreReference": ("用档案记录", "a record"),
}  # fmt: skip
ATTRIBUTES = {
    "userTask": {"actor", "status", "clock", "stops", "form", "outcomes", "name_en", "assignee", "due"},
    "businessRuleTask": {"decision", "result", "name_en"},
    "scriptTask": {"result", "name_en"},
}
ANY = {"name_en"}
STATUSES = {"pool", "assigned", "handling", "answered"}
ACTORS = re.compile(r"lead|item|enterprise|dispatcher|revisitor|unit:[\w.\-]+|role:[a-z_]+")


@dataclass(frozen=True)
class Problem:
    """One finding: the element, what is wrong and what to do, in both languages; ``line`` of the XML, 0 if unknown."""

    element: str
    zh: str
    en: str
    line: int = 0

    def __str__(self) -> str:
        where = f"{self.element}(第 {self.line} 行)" if self.line else self.element
        return f"{where}:{self.zh}"


def check(xml: bytes) -> list[Problem]:
    """Return everything that keeps a diagram from being published; an empty list means it can be."""
    try:
        root = reading.read(xml)
    except reading.UnreadableXml as error:
        return [Problem("definitions", error.zh, error.en, error.line)]
    problems = [*_structure(root), *_elements(root), *_expressions(root)]
    if not problems:
        from yingshang.processes.bpmn.definition import Definition

        try:
            Definition.parse(xml)
        except BadDiagram as error:
            problems.append(Problem(error.element, str(error), str(error)))
    return problems


def _of(element: etree._Element) -> str:
    return element.get("id") or local(element)


def _line(element: etree._Element) -> int:
    return int(element.sourceline or 0)


def _structure(root: etree._Element) -> Iterator[Problem]:
    processes = root.findall(f"{{{BPMN}}}process")
    if len(processes) != 1:
        yield Problem("definitions", f"应只有一个流程,现有 {len(processes)} 个", "exactly one process is needed")
        return
    process = processes[0]
    ids: set[str] = set()
    for element in root.iter(f"{{{BPMN}}}*"):
        name = element.get("id")
        if local(element) in ("inputDataItem", "outputDataItem"):
            # The id of a loop's item is the variable's name, not an element's.
            continue
        if name and name in ids:
            yield Problem(name, "编号重复,请改用不同的编号", "duplicate id", _line(element))
        ids.add(name or "")
    starts = [e for e in process.findall(f"{{{BPMN}}}startEvent")]
    if len(starts) != 1:
        yield Problem(_of(process), f"应有且只有一个开始事件,现有 {len(starts)} 个", "exactly one start event is needed")
    if process.find(f"{{{BPMN}}}endEvent") is None:
        yield Problem(_of(process), "缺少结束事件", "an end event is missing")
    nodes = {e.get("id"): e for e in process.iter() if local(e) in SUPPORTED and local(e) != "sequenceFlow"}
    targets: dict[str, list[str]] = {}
    for flow in process.iter(f"{{{BPMN}}}sequenceFlow"):
        source, target = flow.get("sourceRef"), flow.get("targetRef")
        for end in (source, target):
            if end not in nodes:
                yield Problem(_of(flow), f"连线所指的 {end} 不存在", f"the flow refers to {end}, which does not exist", _line(flow))
        targets.setdefault(source or "", []).append(target or "")
    reached: set[str] = set()
    queue = [s.get("id", "") for s in process.iter(f"{{{BPMN}}}startEvent")]
    queue += [b.get("id", "") for b in process.iter(f"{{{BPMN}}}boundaryEvent")]
    while queue:
        node = queue.pop()
        if node not in reached:
            reached.add(node)
            queue += targets.get(node, [])
            element = nodes.get(node)
            if element is not None and local(element) == "subProcess":
                queue += [e.get("id", "") for e in element.iter(f"{{{BPMN}}}startEvent")]
    for name, element in nodes.items():
        if name not in reached:
            yield Problem(str(name), "从开始事件走不到这里", "cannot be reached from the start", _line(element))


def _elements(root: etree._Element) -> Iterator[Problem]:
    process = root.find(f"{{{BPMN}}}process")
    for element in [] if process is None else process.iter(f"{{{BPMN}}}*"):
        tag = local(element)
        parent = local(element.getparent()) if element.getparent() is not None else ""
        if tag in INSTEAD:
            zh, en = INSTEAD[tag]
            name = _of(element) if element.get("id") else _of(element.getparent())
            yield Problem(name, f"不支持 {tag},请{zh}", f"{tag} is not supported; use {en}", _line(element))
            continue
        if tag not in SUPPORTED and parent in {"process", "subProcess"} and tag not in DESCRIBING:
            yield Problem(_of(element), f"不支持 {tag}", f"{tag} is not supported", _line(element))
        known = ATTRIBUTES.get(tag, ANY)
        given = ys_attributes(element)
        for unknown in sorted(given.keys() - known - ANY):
            yield Problem(
                _of(element), f"没有 ys:{unknown} 这个属性", f"there is no attribute ys:{unknown} here", _line(element)
            )
        if tag == "userTask":
            actor = given.get("actor", "lead")
            if actor.startswith("="):
                try:
                    scripting.compiled(actor[1:])
                except Exception as error:
                    yield Problem(_of(element), f"ys:actor 表达式有误:{error}", f"bad ys:actor: {error}", _line(element))
            elif not ACTORS.fullmatch(actor):
                yield Problem(_of(element), f"ys:actor 写法不对:{given['actor']}", f"bad ys:actor {given['actor']}", _line(element))
            if given.get("status", "handling") not in STATUSES:
                yield Problem(_of(element), f"ys:status 只能是 {'、'.join(sorted(STATUSES))}", "bad ys:status", _line(element))
        if tag == "businessRuleTask" and "#" not in given.get("decision", ""):
            yield Problem(
                _of(element), "缺少 ys:decision(文件#决策)", 'ys:decision="file#decision" is missing', _line(element)
            )
        if tag == "subProcess" and element.get("triggeredByEvent") == "true":
            yield Problem(_of(element), "不支持事件子流程,请用边界事件", "event sub-processes are not supported; use a boundary event", _line(element))


def _expressions(root: etree._Element) -> Iterator[Problem]:
    """Every FEEL expression of the diagram compiles."""
    process = root.find(f"{{{BPMN}}}process")
    for element in [] if process is None else process.iter(f"{{{BPMN}}}*"):
        tag = local(element)
        if tag not in {"conditionExpression", "script", "loopCardinality", "completionCondition", "timeDuration", "timeDate", "timeCycle"}:
            continue
        owner = element.getparent()
        while owner is not None and not owner.get("id"):
            owner = owner.getparent()
        name = _of(owner) if owner is not None else tag
        text = (element.text or "").strip()
        if tag == "timeCycle":
            yield Problem(name, "不支持循环定时,请用持续时间", "cycles are not supported; use a duration", _line(element))
            continue
        if not text:
            yield Problem(name, "表达式是空的", "the expression is empty", _line(element))
            continue
        try:
            if tag.startswith("time") and timing.is_literal(text):
                timing.meaning(text)
            else:
                scripting.compiled(text)
        except Exception as error:
            yield Problem(
                name, f"表达式 {text!r} 有误:{error}", f"the expression {text!r} is wrong: {error}", _line(element)
            )
