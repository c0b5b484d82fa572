"""Every FEEL expression compiles, every timer makes sense, every loop knows its items."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from yingshang.processes.bpmn import scripting, timing
from yingshang.processes.bpmn import vocabulary as v
from yingshang.processes.bpmn.check_words import problem
from yingshang.processes.bpmn.problems import Problem
from yingshang.processes.bpmn.reading import BPMN, local, ys_attributes


def problems(root: etree._Element) -> Iterator[Problem]:
    """Findings about texts that are evaluated."""
    for process in root.findall(f"{{{BPMN}}}process"):
        for element in process.iter(f"{{{BPMN}}}*"):
            match local(element):
                case "conditionExpression" | "completionCondition" | "loopCardinality":
                    yield from _feel(element, element.text)
                    yield from _language(element, element.get("language"))
                case "scriptTask":
                    yield from _script(element)
                case "timerEventDefinition":
                    yield from _timer(element)
                case "messageEventDefinition":
                    yield from _message(root, element)
                case "multiInstanceLoopCharacteristics":
                    yield from _loop(element)
            for name, text in ys_attributes(element).items():
                if text.startswith("="):
                    yield from _feel(element, text[1:], f"ys:{name} ")


def _feel(element: etree._Element, text: str | None, what: str = "") -> Iterator[Problem]:
    text = (text or "").strip()
    if not text:
        yield problem(
            element,
            f"{what}表达式是空的",
            f"{what}the expression is empty",
            "请写一个 FEEL 表达式",
            "write a FEEL expression",
        )
        return
    try:
        scripting.compiled(text)
    except ValueError as error:
        yield problem(
            element, f"{what}表达式“{text}”有误（{error}）", f"{what}the expression {text!r} is wrong ({error})",
            "请按 FEEL 改正，例如 outcome = \"solved\"", 'correct it, e.g. outcome = "solved"',
        )  # fmt: skip


def _language(element: etree._Element, language: str | None) -> Iterator[Problem]:
    if language and "feel" not in language.lower():
        yield problem(element, f"表达式语言是 {language}", f"the language is {language}", "请用 FEEL", "use FEEL")


def _script(element: etree._Element) -> Iterator[Problem]:
    scripts = element.findall(f"{{{BPMN}}}script")
    yield from _feel(element, scripts[0].text if scripts else "")
    yield from _language(element, element.get("scriptFormat"))


def _timer(element: etree._Element) -> Iterator[Problem]:
    times = [c for c in element if local(c) in ("timeDuration", "timeDate", "timeCycle")]
    if len(times) != 1:
        yield problem(
            element,
            "定时应写明一个时间",
            "a timer needs one time",
            "请写持续时间（如 P3D）或日期",
            "write a duration (P3D) or a date",
        )
        return
    text = (times[0].text or "").strip()
    if local(times[0]) == "timeCycle":
        return  # refused by its name
    if not timing.is_literal(text) and not timing.looks_literal(text):
        yield from _feel(element, text)
        return
    try:
        timing.meaning(text)
    except ValueError as error:
        yield problem(
            element,
            f"时间“{text}”有误",
            f"the time is wrong: {error}",
            "请写 P3D、PT4H 这样的持续时间，或日期",
            "write P3D, PT4H or a date",
        )


def _message(root: etree._Element, element: etree._Element) -> Iterator[Problem]:
    reference = element.get("messageRef")
    named = {m.get("id"): m.get("name") for m in root.findall(f"{{{BPMN}}}message")}
    parent = element.getparent()
    name = named.get(reference) if reference else parent.get("name") if parent is not None else None
    if not name:
        yield problem(
            element,
            "消息没有名称",
            "the message has no name",
            "请给消息起名，系统按名称送达",
            "name it; messages are delivered by name",
        )


def _loop(element: etree._Element) -> Iterator[Problem]:
    def children(tag: str) -> list[etree._Element]:
        return element.findall(f"{{{BPMN}}}{tag}")

    if len(children("loopCardinality")) + len(children("loopDataInputRef")) != 1:
        yield problem(
            element, "多实例应写明一份清单，或一个份数", "a loop needs either a list or a number",
            "请填 loopDataInputRef 或 loopCardinality 之一", "give loopDataInputRef or loopCardinality",
        )  # fmt: skip
    if bool(children("loopDataOutputRef")) != bool(children("outputDataItem")):
        yield problem(
            element, "多实例的结果清单与单项结果应同时写明", "the list of results and the single result go together",
            "请补上 loopDataOutputRef 和 outputDataItem", "give loopDataOutputRef and outputDataItem",
        )  # fmt: skip
    lists = [(c.text or "").strip() for tag in ("loopDataInputRef", "loopDataOutputRef") for c in children(tag)]
    for name in [*(c.get("id") or "" for tag in ("inputDataItem", "outputDataItem") for c in children(tag)), *lists]:
        if not v.VARIABLE.fullmatch(name):
            yield problem(
                element, f"“{name}”不是变量名", f"{name!r} is no name of a variable", "请用字母或汉字起名", "use a word"
            )
    # Editors take these for references, and drop what refers to nothing.
    declared = {p.get("id") for p in element.iterancestors() for p in p.findall(f"{{{BPMN}}}property")}
    for name in lists:
        if v.VARIABLE.fullmatch(name) and name not in declared:
            yield problem(
                element, f"清单“{name}”没有声明，编辑器保存时会丢掉它", f"the list {name!r} is not declared, editors drop it on saving",
                f'请在流程里加上 <property id="{name}" name="{name}"/>', f'add <property id="{name}" name="{name}"/> to the process',
            )  # fmt: skip
