"""What is wrong with a table: findings, and their texts in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from yingshang.decisions.trace import plain, shown

#: What each code means; ``error`` makes ``yingshang dmn check`` fail.
SEVERITY = {
    "gap": "error",
    "overlap": "error",
    "never": "error",
    "masked": "error",
    "redundant": "warning",
    "collides": "error",
    "cell_type": "error",
    "outside": "error",
    "input_type": "error",
    "operand": "error",
    "output_type": "error",
    "output_value": "error",
    "name": "error",
    "type_name": "error",
    "unclear": "info",
    "budget": "warning",
    "more": "info",
}

_TEXTS: dict[str, dict[str, str]] = {
    "zh": {
        "gap": "空缺：{example} 没有规则",
        "overlap": "重叠：{example} 同时命中规则 {rules}",
        "never": "规则 {rules} 永远不会命中：“{input}”的条件 {cell} 没有任何值能满足",
        "masked": "规则 {rules} 永远轮不到：凡它命中的，规则 {others} 都先命中",
        "redundant": "规则 {rules} 是多余的：凡它命中的，规则 {others} 都命中，结果相同",
        "collides": "规则 {rules} 每次命中都与规则 {others} 冲突",
        "cell_type": "规则 {rules} 中“{input}”的条件 {cell} 与类型 {type} 不符：{value} 是 {kind}",
        "outside": "规则 {rules} 中“{input}”的条件 {cell} 超出允许的值（{allowed}），例如 {value}",
        "input_type": "输入“{input}”的表达式 {cell} 得出 {kind}，而类型是 {type}",
        "operand": "{cell} 不能计算：{kind}",
        "output_type": "规则 {rules} 的结果“{input}”＝{cell} 与类型 {type} 不符",
        "output_value": "规则 {rules} 的结果“{input}”＝{cell} 不在允许的值（{allowed}）之内",
        "name": "{cell} 中的名称“{value}”没有定义",
        "type_name": "类型“{value}”没有定义",
        "unclear": "规则 {rules} 中“{input}”的条件 {cell} 不是取值范围，空缺和重叠只能部分判断",
        "budget": "这张表组合太多，没有查完：{what}",
        "more": "另有 {count} 处同类问题未列出：{what}",
        "what_gap": "空缺", "what_overlap": "重叠", "what_masked": "永远轮不到的规则",
        "default_rule": "默认值", "empty": "（空）", "is": "＝", "and": "、", "colon": "：",
    },
    "en": {
        "gap": "gap: no rule for {example}",
        "overlap": "overlap: {example} is met by the rules {rules}",
        "never": "rule {rules} can never fire: no value meets {cell} of “{input}”",
        "masked": "rule {rules} never gets its turn: wherever it is met, the rules {others} are met before it",
        "redundant": "rule {rules} is redundant: wherever it is met, the rules {others} are met with the same result",
        "collides": "rule {rules} collides with the rules {others} wherever it is met",
        "cell_type": "rule {rules}: {cell} of “{input}” does not fit the type {type}: {value} is a {kind}",
        "outside": "rule {rules}: {cell} of “{input}” goes beyond the allowed values ({allowed}), for example {value}",
        "input_type": "the input “{input}”, {cell}, gives a {kind} where its type is {type}",
        "operand": "{cell} cannot be computed: {kind}",
        "output_type": "rule {rules}: the result “{input}” = {cell} does not fit the type {type}",
        "output_value": "rule {rules}: the result “{input}” = {cell} is not among the allowed values ({allowed})",
        "name": "the name “{value}” in {cell} is not defined",
        "type_name": "the type “{value}” is not defined",
        "unclear": "rule {rules}: {cell} of “{input}” is no set of values; gaps and overlaps are judged in part only",
        "budget": "the table has too many combinations; not finished: {what}",
        "more": "{count} more of the same are not listed: {what}",
        "what_gap": "gaps", "what_overlap": "overlaps", "what_masked": "rules that never get their turn",
        "default_rule": "default", "empty": "(empty)", "is": " = ", "and": ", ", "colon": ": ",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        code: what kind of thing; a key of :data:`SEVERITY`.
        table: name of the decision or knowledge model that holds the table or expression.
        rules: numbers of the rules concerned, from 1; none where it is no rule's fault.
        input: label of the input or output concerned; empty where it is about several or none.
        example: values of the inputs by label that show it; values that do not matter are left out.
        about: what else the texts need.
    """

    code: str
    table: str
    rules: tuple[int, ...] = ()
    input: str = ""
    example: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """``error``, ``warning`` or ``info``."""
        return SEVERITY[self.code]

    @property
    def zh(self) -> str:
        return self.as_text("zh")

    @property
    def en(self) -> str:
        return self.as_text("en")

    def as_text(self, language: str) -> str:
        """One sentence, ``zh`` or ``en``, without the table's name."""
        w = _TEXTS[language]
        about = {k: v if isinstance(v, str) and k != "value" else _told(v, w) for k, v in self.about.items()}
        if "value" in self.about and self.code in ("name", "type_name"):
            about["value"] = str(self.about["value"])
        if "what" in about:
            about["what"] = w["what_" + about["what"]]
        example = w["and"].join(f"{n}{w['is']}{_told(v, w)}" for n, v in self.example.items())
        rules = w["and"].join(_runs(self.rules, w))
        return w[self.code].format(**{"rules": rules, "input": self.input, "example": example, **about})

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON; decimals and dates as text."""
        return {
            "code": self.code,
            "severity": self.severity,
            "table": self.table,
            "rules": list(self.rules),
            "input": self.input,
            "example": {n: plain(v) for n, v in self.example.items()},
            "zh": self.zh,
            "en": self.en,
        }


def _runs(rules: Sequence[int], w: Mapping[str, str]) -> Iterator[str]:
    """Numbers of rules, three or more in a row as ``4–9``; 0 is the default."""
    start = 0
    for n in range(1, len(rules) + 1):
        if n < len(rules) and rules[n] == rules[n - 1] + 1 and rules[start]:
            continue
        if n - start > 2:
            yield f"{rules[start]}–{rules[n - 1]}"
        else:
            yield from (str(r) if r else w["default_rule"] for r in rules[start:n])
        start = n


def _told(value: Any, w: Mapping[str, str]) -> str:
    if value is None:
        return w["empty"]
    if isinstance(value, (list, tuple)):
        return w["and"].join(_runs(value, w))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else shown(value)
