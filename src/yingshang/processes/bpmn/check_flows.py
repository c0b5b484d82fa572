"""How elements are connected: a way in, a way out, one decision at a time, no circle and no join without end."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from yingshang.processes.bpmn import soundness
from yingshang.processes.bpmn import vocabulary as v
from yingshang.processes.bpmn.check_words import problem
from yingshang.processes.bpmn.graph import Graph
from yingshang.processes.bpmn.problems import Problem
from yingshang.processes.bpmn.reading import BPMN, local


def problems(root: etree._Element) -> Iterator[Problem]:
    """Findings about flows."""
    processes = root.findall(f"{{{BPMN}}}process")
    if len(processes) != 1:
        yield problem(
            root, f"文件里应有且只有一个流程，现有 {len(processes)} 个", f"the file has {len(processes)} processes, it needs one",
            "请每个流程存一个文件", "keep each process in a file of its own",
        )  # fmt: skip
        return
    for part in (processes[0], *processes[0].iter(f"{{{BPMN}}}subProcess")):
        graph = Graph(part)
        found = [*_ends(graph), *_flows(graph), *_nodes(graph)]
        yield from found
        if not found:
            yield from _reach(graph)
            yield from _circles(graph)
            yield from _deadlocks(graph)


def _ends(graph: Graph) -> Iterator[Problem]:
    starts = [e for e in graph.nodes.values() if local(e) == "startEvent"]
    if len(starts) != 1:
        yield problem(
            graph.element, f"应有且只有一个开始事件，现有 {len(starts)} 个", f"there are {len(starts)} start events, there must be one",
            "请保留一个", "keep one",
        )  # fmt: skip
    if not any(local(e) == "endEvent" for e in graph.nodes.values()):
        yield problem(graph.element, "没有结束事件", "there is no end event", "请加上", "add one")


def _flows(graph: Graph) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for flow in graph.flows:
        source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
        missing = [n for n in (source, target) if n not in graph.nodes]
        if missing:
            yield problem(
                flow, f"连线所指的“{missing[0]}”不在同一层流程里", f"{missing[0]!r}, which the flow refers to, is not in the same process",
                "请重新连线", "draw the flow again",
            )  # fmt: skip
            continue
        if (source, target) in seen:
            yield problem(
                flow, f"{source} 到 {target} 有两条连线", f"there are two flows from {source} to {target}",
                "请合为一条，条件用 or 连接", "make them one and join their conditions by 'or'",
            )  # fmt: skip
        seen.add((source, target))
        if local(graph.nodes[source]) == "endEvent":
            yield problem(flow, "结束事件后面不能再有连线", "nothing follows an end event", "请删去", "remove the flow")
        if local(graph.nodes[target]) in ("startEvent", "boundaryEvent"):
            yield problem(
                flow,
                "连线不能指向开始事件或边界事件",
                "a flow cannot lead to a start or boundary event",
                "请改连到环节",
                "lead it to a step",
            )
        condition = flow.find(f"{{{BPMN}}}conditionExpression")
        if condition is not None and local(graph.nodes[source]) not in v.ASKING:
            yield problem(
                flow, "这条连线上的条件不起作用", "the condition of this flow is never asked",
                "条件只能写在排他或包容网关后面，请先加网关", "conditions belong behind an exclusive or inclusive gateway",
            )  # fmt: skip


def _nodes(graph: Graph) -> Iterator[Problem]:
    for name, element in graph.nodes.items():
        tag, out, into = local(element), graph.out.get(name, []), graph.into.get(name, [])
        if not out and tag != "endEvent":
            yield problem(
                element,
                "走到这里就没有出口了",
                "there is no way on from here",
                "请连到下一步或结束事件",
                "lead it on, or to an end event",
            )
        if not into and tag not in ("startEvent", "boundaryEvent"):
            yield problem(
                element, "没有连线通向这里", "no flow leads here", "请连上，或删去", "connect it, or remove it"
            )
        if len(out) > 1 and tag not in v.GATEWAYS:
            yield problem(
                element, "有多条出线", "several flows leave it", "请用网关：一起办用并行网关，择一办用排他网关",
                "use a gateway: parallel for all, exclusive for one",
            )  # fmt: skip
        if tag in v.ASKING and len(out) > 1:
            yield from _branches(graph, element)
        if tag == "eventBasedGateway":
            for flow in out:
                target = graph.nodes[flow.get("targetRef", "")]
                if local(target) != "intermediateCatchEvent" or len(graph.into.get(target.get("id", ""), [])) != 1:
                    yield problem(
                        flow, "事件网关后面只能直接连中间事件，且不与其他连线共用", "behind an event-based gateway there are only "
                        "intermediate events of its own", "请改连定时或消息事件", "lead it to a timer or message event",
                    )  # fmt: skip
        if tag == "boundaryEvent":
            host = graph.nodes.get(element.get("attachedToRef", ""))
            if host is None or local(host) not in ("userTask", "manualTask", "subProcess"):
                yield problem(
                    element, "边界事件要附在用户任务、人工任务或子流程上", "a boundary event sits on a user or manual task or sub-process",
                    "请拖到环节的边上", "drag it to the border of such a step",
                )  # fmt: skip


def _branches(graph: Graph, gateway: etree._Element) -> Iterator[Problem]:
    name, default = gateway.get("id", ""), gateway.get("default")
    out = graph.out.get(name, [])
    if default is None or default not in {f.get("id") for f in out}:
        yield problem(
            gateway, "没有默认分支，条件都不成立时会卡住", "there is no default flow: when no condition holds, the case is stuck",
            "请把其中一条连线设为默认", "make one of the flows the default",
        )  # fmt: skip
    for flow in out:
        condition = flow.find(f"{{{BPMN}}}conditionExpression")
        if condition is None and flow.get("id") != default and default is not None:
            yield problem(
                flow,
                "分支没有条件，也不是默认分支",
                "the flow has no condition and is not the default",
                "请写条件",
                "give it a condition",
            )
        if condition is not None and flow.get("id") == default:
            yield problem(
                flow,
                "默认分支上的条件不起作用",
                "the condition of the default flow is never asked",
                "请删去条件",
                "remove the condition",
            )


def _reach(graph: Graph) -> Iterator[Problem]:
    reached = graph.reached()
    for name, element in graph.nodes.items():
        if name not in reached:
            yield problem(
                element,
                "从开始事件走不到这里",
                "it cannot be reached from the start",
                "请连上，或删去",
                "connect it, or remove it",
            )


def _circles(graph: Graph) -> Iterator[Problem]:
    for name in soundness.circles(graph):
        yield problem(
            graph.nodes[name], "在没有人办理的环节间循环，不会停下", "it is on a circle on which nobody has to act and which never stops",
            "请在循环中加用户任务或定时事件", "put a user task or a timer on it",
        )  # fmt: skip


def _deadlocks(graph: Graph) -> Iterator[Problem]:
    for name in soundness.deadlocks(graph):
        yield problem(
            graph.nodes[name], "这个并行网关可能永远等不齐分支，流程会卡住",
            "this parallel gateway may wait for ever for a branch that was not taken",
            "前面若是排他或包容分支，请用同样的网关汇合", "where an exclusive or inclusive gateway parted, join by one of the same kind",
        )  # fmt: skip
