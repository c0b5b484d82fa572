"""Why a decision came out as it did: a tree of steps, as data and as text in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from yingshang.decisions.feel.builtins.conversion import text_of
from yingshang.decisions.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.decisions.values import Function, Range, to_python

#: Texts of notes and steps by language; what is in braces comes from the note.
_WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "decision": "决策", "model": "模型", "table": "决策表", "knowledge": "业务知识", "service": "决策服务",
        "entry": "条目",
        "result": "结果",
        "invocation": "调用", "literal": "表达式", "is": "＝", "inputs": "依据", "rule": "规则", "fired": "命中",
        "missed": "未命中", "passed_over": "满足而未采用",
        "true": "满足", "false": "不满足", "null": "无法判断", "and": "；", "colon": "：",
        "default": "没有规则命中，取默认值",
        "input_type": "{name} 的值 {value} 不是{type}，按空值处理",
        "result_type": "{name} 的结果 {value} 不是{type}，按空值处理",
        "missing_input": "没有给出 {name}",
        "not_allowed": "{name} 的值 {value} 不在允许的范围（{allowed}）内",
        "several_rules": "唯一命中的表同时命中规则 {rules}，结果为空",
        "rules_differ": "规则 {rules} 的结果不同，而命中策略要求相同，结果为空",
        "no_rule": "没有规则命中，也没有默认值",
        "no_aggregation": "多个输出的表不能汇总（{aggregation}），结果为空",
        "external": "{name} 是外部函数，出于安全拒绝执行",
        "no_function": "{name} 不是可以调用的函数",
        "wrong_arguments": "调用 {name} 的参数不符",
        "no_logic": "{name} 没有写明决策逻辑",
        "no_verdict": "条件 {name} 得到 {value}，不是真假值，结果为空",
        "broken": "{name} 不是正确的 FEEL 表达式",
        "language": "{name} 使用的语言 {language} 不受支持",
    },
    "en": {
        "decision": "decision", "model": "model", "table": "table", "knowledge": "knowledge", "service": "service",
        "entry": "entry",
        "result": "result",
        "invocation": "call", "literal": "expression", "is": " = ", "inputs": "from", "rule": "rule", "fired": "fired",
        "missed": "not met", "passed_over": "met, but not taken",
        "true": "met", "false": "not met", "null": "cannot be told", "and": "; ", "colon": ": ",
        "default": "no rule fired; the default applies",
        "input_type": "{name} is {value}, which is no {type}; taken as null",
        "result_type": "{name} came out as {value}, which is no {type}; taken as null",
        "missing_input": "{name} was not given",
        "not_allowed": "{name} is {value}, which is not allowed ({allowed})",
        "several_rules": "the rules {rules} fired at once in a table that wants one; the result is null",
        "rules_differ": "the rules {rules} differ where the hit policy wants them alike; the result is null",
        "no_rule": "no rule fired, and there is no default",
        "no_aggregation": "a table of several outputs has no {aggregation}; the result is null",
        "external": "{name} is an external function, which is refused",
        "no_function": "{name} is no function that can be called",
        "wrong_arguments": "the arguments of {name} do not fit",
        "no_logic": "{name} has no logic",
        "no_verdict": "the condition {name} came out as {value}, which is neither true nor false; the result is null",
        "broken": "{name} is not well-formed FEEL",
        "language": "{name} is written in {language}, which is not supported",
    },
}  # fmt: skip


#: Types, constants and hit policies in Chinese.
_CHINESE = {
    "number": "数值", "string": "文本", "boolean": "真假值", "date": "日期", "time": "时间", "date and time": "日期时间",
    "days and time duration": "天与时刻的时长", "years and months duration": "年与月的时长", "list": "列表",
    "context": "上下文", "function": "函数", "range": "区间", "null": "空", "true": "是", "false": "否",
    "UNIQUE": "唯一命中", "ANY": "任一命中", "PRIORITY": "优先级", "FIRST": "首条命中", "RULE ORDER": "规则顺序",
    "OUTPUT ORDER": "输出顺序", "COLLECT": "汇集", "COLLECT SUM": "汇集求和", "COLLECT MIN": "汇集取最小",
    "COLLECT MAX": "汇集取最大", "COLLECT COUNT": "汇集计数",
}  # fmt: skip


def shown(value: Any, language: str = "en") -> str:
    """A value as people read it: texts in quotes, dates plain, truth and null in the language."""
    if language == "zh" and (value is None or isinstance(value, bool)):
        return _CHINESE[text_of(value)]
    return text_of(value, not isinstance(value, (Date, Time, DateTime, DaysDuration, MonthsDuration)))


@dataclass(frozen=True, slots=True)
class Note:
    """Why something is null or was not used; ``code`` is one of the keys above, ``about`` fills its braces."""

    code: str
    about: dict[str, Any]

    def as_text(self, language: str) -> str:
        about = {k: v if isinstance(v, str) and k != "value" else shown(v, language) for k, v in self.about.items()}
        if language == "zh" and "type" in about:
            about["type"] = _CHINESE.get(about["type"], about["type"])
        return _WORDS[language][self.code].format(**about)

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, **{k: plain(v) for k, v in self.about.items()}}


@dataclass(slots=True)
class Condition:
    """One cell: the input's label and value, the test as written, and whether it is met (None: cannot be told)."""

    label: str
    value: Any
    test: str
    verdict: bool | None


@dataclass(slots=True)
class RuleTrace:
    """One rule of a table; ``outputs`` only where it fired.

    Attributes:
        met: all conditions are true; a rule that is met does not fire where the hit policy takes another one.
    """

    number: int
    id: str
    fired: bool
    conditions: list[Condition]
    outputs: list[tuple[str, Any]] = field(default_factory=list)
    annotations: list[str] = field(default_factory=list)
    met: bool = False


@dataclass(slots=True)
class Trace:
    """A step and the steps inside it.

    Attributes:
        kind: decision, table, knowledge, service, entry, invocation, literal.
        name: of the element, or the text of an expression.
        value: what came out.
        inputs: the variables an expression read, or a table's inputs by label.
        rules: of a table, in order.
        policy: hit policy of a table, with its aggregation.
        origin: the table itself and its variables, for those who look deeper; no part of what is told.
    """

    kind: str
    name: str
    id: str
    value: Any = None
    inputs: list[tuple[str, Any]] = field(default_factory=list)
    rules: list[RuleTrace] = field(default_factory=list)
    steps: list[Trace] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    policy: str = ""
    origin: Any = field(default=None, repr=False, compare=False)

    @property
    def fired(self) -> list[RuleTrace]:
        """The rules that fired, here and not further below."""
        return [r for r in self.rules if r.fired]

    def walk(self) -> Iterator[Trace]:
        """This step and all below."""
        yield self
        for step in self.steps:
            yield from step.walk()

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for JSON with decimals and dates as text."""
        result: dict[str, Any] = {"kind": self.kind, "name": self.name, "id": self.id, "value": plain(self.value)}
        if self.inputs:
            result["inputs"] = [{"name": n, "value": plain(v)} for n, v in self.inputs]
        if self.policy:
            result["policy"] = self.policy
            result["rules"] = [
                {
                    "number": r.number,
                    "id": r.id,
                    "fired": r.fired,
                    "met": r.met,
                    "conditions": [
                        {"input": c.label, "value": plain(c.value), "test": c.test, "verdict": c.verdict}
                        for c in r.conditions
                    ],
                    "outputs": {n: plain(v) for n, v in r.outputs},
                    "annotations": r.annotations,
                }
                for r in self.rules
            ]
        if self.steps:
            result["steps"] = [s.as_dict() for s in self.steps]
        if self.notes:
            result["notes"] = [n.as_dict() for n in self.notes]
        return result

    def as_text(self, language: str = "zh") -> str:
        """As indented lines, in Chinese (``zh``) or English (``en``); rules that did not fire are told briefly."""
        return "\n".join(self._lines(_WORDS[language], language, 0))

    def _lines(self, w: dict[str, str], language: str, depth: int) -> Iterator[str]:
        pad = "  " * depth
        head = f"{w[self.kind]} {self.name}" if self.name else w["result"]
        policy = self.policy and (f"（{_CHINESE[self.policy]}）" if language == "zh" else f" ({self.policy})")
        yield f"{pad}{head}{policy}{w['is']}{shown(self.value, language)}".rstrip()
        inner = pad + "  "
        if self.inputs:
            given = w["and"].join(f"{n}{w['is']}{shown(v, language)}" for n, v in self.inputs)
            yield f"{inner}{w['inputs']}{w['colon']}{given}"
        for note in self.notes:
            yield f"{inner}! {note.as_text(language)}"
        for rule in self.rules:
            yield from self._rule_lines(rule, w, language, inner)
        for step in self.steps:
            yield from step._lines(w, language, depth + 1)

    @staticmethod
    def _rule_lines(rule: RuleTrace, w: dict[str, str], language: str, pad: str) -> Iterator[str]:
        telling = [c for c in rule.conditions if c.test != "-" and (rule.fired or c.verdict is not True)]
        conditions = w["and"].join(f"{c.label} {c.test}{w['colon']}{w[_verdict(c.verdict)]}" for c in telling)
        outputs = w["and"].join(
            f"{n}{w['is']}{shown(v, language)}" if n else shown(v, language) for n, v in rule.outputs
        )
        state = "fired" if rule.fired else "passed_over" if rule.met else "missed"
        head = f"{pad}{w['rule']} {rule.number} {w[state]}"
        yield " ".join(
            p for p in (head, f"→ {outputs}" if outputs else "", f"({conditions})" if conditions else "") if p
        )
        for annotation in rule.annotations if rule.fired else ():
            yield f"{pad}  “{annotation}”"


def _verdict(verdict: bool | None) -> str:
    return "null" if verdict is None else "true" if verdict else "false"


def plain(value: Any) -> Any:
    """A value for JSON: lists, contexts, texts, conditions; everything else as its text."""
    match to_python(value):
        case None | bool() | str() as same:
            return same
        case list() as items:
            return [plain(i) for i in items]
        case dict() as entries:
            return {k: plain(v) for k, v in entries.items()}
        case Function() | Range():
            return text_of(value)
    return text_of(value)
