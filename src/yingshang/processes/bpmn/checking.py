"""Checking a diagram before it is published: everything that it may not contain, with what to use instead."""

from __future__ import annotations

from yingshang.processes.bpmn import check_expressions, check_flows, check_words, reading
from yingshang.processes.bpmn.errors import BadDiagram
from yingshang.processes.bpmn.problems import Problem

__all__ = ["Problem", "check"]


def check(xml: bytes) -> list[Problem]:
    """Return everything that keeps a diagram from being published; an empty list means it can be.

    Never raises for what is in ``xml``. Problems come in the order of the document.
    """
    try:
        root = reading.read(xml)
    except reading.UnreadableXml as error:
        return [Problem("definitions", error.zh, error.en, error.mend_zh, error.mend_en, error.line)]
    problems = [*check_words.problems(root), *check_flows.problems(root), *check_expressions.problems(root)]
    if not problems:
        from yingshang.processes.bpmn.definition import Definition

        try:
            Definition.parse(xml)
        except BadDiagram as error:
            problems.append(
                Problem(error.element, error.zh, error.en, "请检查这个环节及其连线", "check this element and its flows")
            )
    return sorted(dict.fromkeys(problems), key=lambda p: p.line)
