"""Elements and attributes: each one known, each id usable."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from yingshang.processes.bpmn import vocabulary as v
from yingshang.processes.bpmn.problems import Problem
from yingshang.processes.bpmn.reading import BPMN, local, namespace, ys_attributes


def problems(root: etree._Element) -> Iterator[Problem]:
    """Findings about single elements."""
    yield from _ids(root)
    for element in root:
        if namespace(str(element.tag)) == BPMN and local(element) in v.ROOT_REFUSED:
            yield _unsupported(element)
    for process in root.findall(f"{{{BPMN}}}process"):
        if process.get("isExecutable") == "false":
            yield problem(process, "流程标为不可执行", "the process is marked as not executable", '请改为 isExecutable="true"',
                          'set isExecutable="true"')  # fmt: skip
        for element in process.iter():
            if not isinstance(element.tag, str):
                continue
            if namespace(element.tag) == BPMN:
                yield from _element(element)
            elif v.FOREIGN.search(namespace(element.tag)):
                yield _foreign(element)
    for message in root.findall(f"{{{BPMN}}}message"):
        for element in message.iter():
            if isinstance(element.tag, str) and v.FOREIGN.search(namespace(element.tag)):
                yield _foreign(element)


def problem(element: etree._Element, zh: str, en: str, mend_zh: str, mend_en: str) -> Problem:
    """A finding at an element."""
    return Problem(label(element), zh, en, mend_zh, mend_en, int(element.sourceline or 0))


def label(element: etree._Element) -> str:
    """The id to show for an element: its own, or that of the element it belongs to."""
    current: etree._Element | None = element
    while current is not None:
        if (name := current.get("id")) and local(current) not in ("inputDataItem", "outputDataItem"):
            return str(name)
        current = current.getparent()
    return local(element)


def _ids(root: etree._Element) -> Iterator[Problem]:
    seen: set[str] = set()
    for element in root.iter(f"{{{BPMN}}}*"):
        tag, name = local(element), element.get("id")
        if tag in ("inputDataItem", "outputDataItem"):
            # The id of a loop's item is the variable's name, not an element's.
            continue
        if name is None:
            if tag in v.SUPPORTED:
                yield problem(element, f"{tag} 没有编号（id）", f"a {tag} has no id", "请补上", "add one")
            continue
        if name in seen:
            yield problem(
                element, f"编号 {name} 重复", f"the id {name} is used twice", "请改用不同的编号", "use another one"
            )
        seen.add(name)
        if tag not in v.SUPPORTED:
            continue
        if len(name) > v.MOST_ID:
            yield problem(
                element,
                f"编号超过 {v.MOST_ID} 个字符",
                f"the id is longer than {v.MOST_ID} characters",
                "请缩短",
                "shorten it",
            )
        if v.RESERVED.fullmatch(name):
            yield problem(
                element, f"编号 {name} 已被系统占用", f"the id {name} is the engine's own", "请改名", "use another one"
            )
        if tag in ("userTask", "manualTask") and len(element.get("name") or "") > v.MOST_NAME:
            yield problem(
                element,
                f"名称超过 {v.MOST_NAME} 个字",
                f"the name is longer than {v.MOST_NAME} characters",
                "请缩短",
                "shorten it",
            )


def _unsupported(element: etree._Element) -> Problem:
    tag = local(element)
    mend = v.INSTEAD.get(tag, ("请删去", "remove it"))
    return problem(element, f"不支持 {tag}", f"{tag} is not supported", *mend)


def _foreign(element: etree._Element, name: str = "") -> Problem:
    return problem(
        element,
        f"{name or local(element)} 是其他流程引擎的写法，在这里不起作用",
        f"{name or local(element)} belongs to another engine and does nothing here",
        "请删去，改用 ys:* 属性",
        "remove it and use ys:* attributes",
    )


def _element(element: etree._Element) -> Iterator[Problem]:
    tag = local(element)
    if tag in v.INSTEAD or tag not in v.SUPPORTED | v.DESCRIBING:
        yield _unsupported(element)
        return
    if tag == "subProcess" and element.get("triggeredByEvent") == "true":
        yield problem(
            element, "不支持事件子流程", "event sub-processes are not supported", "请用边界事件", "use a boundary event"
        )
    if tag in v.EVENTS:
        yield from _event(element)
    for name in element.attrib:
        if v.FOREIGN.search(namespace(str(name))):
            yield _foreign(element, etree.QName(str(name)).localname)
    given = ys_attributes(element)
    known = v.ATTRIBUTES.get(tag, frozenset()) | v.ANYWHERE
    for unknown in sorted(given.keys() - known):
        yield problem(
            element, f"没有 ys:{unknown} 这个属性", f"there is no attribute ys:{unknown} here",
            f"可用的有 {'、'.join('ys:' + k for k in sorted(known))}", f"there are {', '.join('ys:' + k for k in sorted(known))}",
        )  # fmt: skip
    yield from _values(element, tag, given)


def _values(element: etree._Element, tag: str, given: dict[str, str]) -> Iterator[Problem]:
    def bad(name: str, mend_zh: str, mend_en: str) -> Problem:
        value = given.get(name, "")
        return problem(
            element, f"ys:{name}“{value}”写法不对", f"ys:{name} {value!r} is not understood", mend_zh, mend_en
        )

    actor = given.get("actor", "lead")
    if not actor.startswith("=") and not v.ACTOR.fullmatch(actor):
        yield bad("actor", "请写 lead、dispatcher、enterprise、revisitor、item、unit:编号 或 role:岗位",
                  "write lead, dispatcher, enterprise, revisitor, item, unit:<code> or role:<role>")  # fmt: skip
    if actor == "item" and not _in_loop(element):
        yield problem(
            element, "ys:actor=\"item\" 只能用在多实例环节里", 'ys:actor="item" needs a multi-instance step around it',
            "请加上多实例，或写明由谁办理", "add a loop, or say whose it is",
        )  # fmt: skip
    if given.get("status", "handling") not in v.STATUSES:
        yield bad("status", f"请写 {'、'.join(v.STATUSES)} 之一", f"write one of {', '.join(v.STATUSES)}")
    for name in ("clock", "stops", "outcomes"):
        if name in given and not v.CODES.fullmatch(given[name].strip()):
            yield bad(name, "请写编号，多个用英文逗号分开", "write codes, with commas between them")
    if tag == "businessRuleTask" and not v.DECISION.fullmatch(given.get("decision", "")):
        yield bad("decision", "请写 文件名#决策名", "write file#decision")
    if "result" in given and not v.VARIABLE.fullmatch(given["result"]):
        yield bad("result", "请写一个变量名", "write the name of a variable")


def _in_loop(element: etree._Element) -> bool:
    current: etree._Element | None = element
    while current is not None:
        if current.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics") is not None:
            return True
        current = current.getparent()
    return False


def _event(element: etree._Element) -> Iterator[Problem]:
    tag = local(element)
    allowed, needed = v.EVENTS[tag]
    found = [local(c) for c in element if local(c).endswith("EventDefinition")]
    for kind in found:
        # The others are refused by their own names.
        if kind not in allowed and kind not in v.INSTEAD:
            mend = {
                "startEvent": ("请用不带触发条件的开始事件", "use a plain start event"),
                "endEvent": ("请用普通的或终止的结束事件", "use a plain or a terminating end event"),
            }.get(tag, ("请用定时或消息", "use a timer or a message"))
            yield problem(element, f"{tag} 不能带 {kind}", f"a {tag} cannot have a {kind}", *mend)
    if needed and len(found) != 1:
        yield problem(
            element, f"事件应带且只带一个触发条件，现有 {len(found)} 个", f"an event needs exactly one trigger, it has {len(found)}",
            "请写明定时或消息", "say which timer or message",
        )  # fmt: skip
