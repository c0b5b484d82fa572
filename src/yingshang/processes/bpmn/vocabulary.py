"""What a diagram may contain: elements, attributes, and what to use instead of the rest."""

from __future__ import annotations

import re

from yingshang.processes.bpmn.specs import NODES

#: Steps that somebody or something carries out.
ACTIVITIES = frozenset({"userTask", "manualTask", "scriptTask", "businessRuleTask", "subProcess"})
#: Nodes at which a case stands until somebody acts or something happens.
WAITS = frozenset({"userTask", "manualTask", "intermediateCatchEvent", "eventBasedGateway"})
#: Gateways that ask conditions.
ASKING = frozenset({"exclusiveGateway", "inclusiveGateway"})
GATEWAYS = ASKING | {"parallelGateway", "eventBasedGateway"}
SUPPORTED = frozenset({*NODES, "sequenceFlow"})
#: All flow nodes, so that a step we do not support is found fault with once, and not its flows as well.
FLOW_NODES = frozenset({
    *NODES, "task", "serviceTask", "sendTask", "receiveTask", "callActivity", "transaction", "adHocSubProcess", "complexGateway",
    "intermediateThrowEvent", "subChoreography",
})  # fmt: skip
#: Elements that belong to others, or describe and do not run.
DESCRIBING = frozenset({
    "process", "documentation", "extensionElements", "laneSet", "lane", "flowNodeRef", "childLaneSet", "textAnnotation", "text",
    "association", "group", "incoming", "outgoing", "conditionExpression", "script", "multiInstanceLoopCharacteristics",
    "loopCardinality", "loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem", "completionCondition",
    "timerEventDefinition", "timeDuration", "timeDate", "messageEventDefinition", "terminateEventDefinition", "auditing",
    "monitoring", "category", "categoryValue", "property",  # a property declares what a loop goes through, for editors
})  # fmt: skip
#: Events: which definitions they may have, and whether they must have one.
EVENTS = {
    "startEvent": (frozenset[str](), False),
    "endEvent": (frozenset({"terminateEventDefinition"}), False),
    "boundaryEvent": (frozenset({"timerEventDefinition", "messageEventDefinition"}), True),
    "intermediateCatchEvent": (frozenset({"timerEventDefinition", "messageEventDefinition"}), True),
}
#: Outside the process: what would run if we knew it. Left-over declarations of other events harm nobody.
ROOT_REFUSED = frozenset(
    {"dataStore", "correlationProperty", "globalTask", "globalScriptTask", "globalUserTask", "choreography"}
)

_GATEWAY = ("请用网关按结果分支", "use a gateway on the outcome")
_SUB = ("请用嵌入式子流程", "use an embedded sub-process")
_FIELD = ("请用表单字段保存", "keep it in a field of a form")
_GLOBAL = ("请删去，或写进流程里", "remove it, or draw it inside the process")
#: What to use instead, in Chinese and English.
INSTEAD = {
    "task": ("请改为用户任务，并写明由谁办理（ys:actor）", "make it a user task and say whose it is (ys:actor)"),
    "serviceTask": ("请用业务规则任务作判断，或用用户任务", "use a business rule task, or a user task"),
    "sendTask": ("请用用户任务，通知由系统自动发出", "use a user task; notices are sent by the system"),
    "receiveTask": ("请用中间消息事件", "use an intermediate message event"),
    "callActivity": _SUB,
    "transaction": _SUB,
    "adHocSubProcess": ("请用并行网关加用户任务", "use a parallel gateway with user tasks"),
    "complexGateway": ("请用包容网关", "use an inclusive gateway"),
    "intermediateThrowEvent": ("请删去；要记下结果时用脚本任务", "remove it; use a script task to note a result"),
    "signalEventDefinition": ("请用消息事件", "use a message event"),
    "errorEventDefinition": _GATEWAY,
    "escalationEventDefinition": _GATEWAY,
    "compensateEventDefinition": _GATEWAY,
    "cancelEventDefinition": _GATEWAY,
    "conditionalEventDefinition": ("请用网关，或用定时事件", "use a gateway, or a timer"),
    "linkEventDefinition": ("请直接连线", "draw the flow itself"),
    "timeCycle": ("请用持续时间（如 P3D），需要重复时连回前一步", "use a duration (P3D) and a flow back to repeat"),
    "standardLoopCharacteristics": ("请用网关连回前一步", "use a gateway and a flow back"),
    "dataObject": _FIELD,
    "dataObjectReference": _FIELD,
    "dataStore": ("请用档案记录", "use a record"),
    "dataStoreReference": ("请用档案记录", "use a record"),
    "ioSpecification": ("请删去，环节之间共用变量", "remove it; steps share their variables"),
    "dataInputAssociation": ("请删去，环节之间共用变量", "remove it; steps share their variables"),
    "dataOutputAssociation": ("请删去，环节之间共用变量", "remove it; steps share their variables"),
    "correlationProperty": ("请删去，消息按名称送达", "remove it; messages are delivered by name"),
    "globalTask": _GLOBAL,
    "globalScriptTask": _GLOBAL,
    "globalUserTask": _GLOBAL,
    "choreography": _GLOBAL,
}

_STEP = frozenset({"actor", "status", "clock", "stops", "form", "outcomes", "assignee", "due"})
#: ``ys:*`` attributes by element; ``name_en`` may stand everywhere.
ATTRIBUTES = {
    "userTask": _STEP,
    "manualTask": _STEP,
    "businessRuleTask": frozenset({"decision", "result"}),
    "scriptTask": frozenset({"result"}),
}
ANYWHERE = frozenset({"name_en"})
STATUSES = ("pool", "assigned", "handling", "answered")
ACTOR = re.compile(r"lead|item|enterprise|dispatcher|revisitor|unit:[\w.\-]+|role:[a-z_]+")
CODES = re.compile(r"[\w.\-]+(\s*,\s*[\w.\-]+)*")
DECISION = re.compile(r"[\w.\-]+#\S(.*\S)?")
VARIABLE = re.compile(r"[^\W\d]\w*")
#: Ids must not look like the engine's own.
RESERVED = re.compile(r"Start|End|Root|StartEventSplit|StartEventJoin|.*\.BoundaryEvent(Split|Join)|.* \[child\]")
MOST_ID, MOST_NAME = 60, 80
#: Namespaces of other engines: what stands there would silently not happen.
FOREIGN = re.compile(r"camunda|zeebe|flowable|activiti|spiffworkflow|jbpm|drools|bizagi", re.IGNORECASE)
