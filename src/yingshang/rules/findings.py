"""What is wrong with a rule's model beyond its tables: facts that do not exist, a shape that no answer can be read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: ``error`` keeps a model from being handed in, ``open`` from being published, ``warning`` from nothing.
SEVERITY = {
    "unreadable": "error",
    "no_result": "error",
    "no_entry": "error",
    "no_table": "error",
    "hit_policy": "error",
    "answer": "error",
    "no_otherwise": "error",
    "unknown_fact": "error",
    "fact_type": "error",
    "fact_unit": "error",
    "fact_subject": "error",
    "unfilled": "open",
}

_TEXTS = {
    "zh": {
        "unreadable": "读不出来：{what}",
        "no_result": "没有名为“{what}”的决策；条款的结果由它给出",
        "no_entry": "决策“{table}”须是一个上下文，含“{what}”一项",
        "no_table": "须有且只有一张带输出列“符合”的决策表，现有 {what} 张",
        "hit_policy": "“{table}”的命中策略须是 FIRST，现为 {what}",
        "answer": "规则 {rules} 的“符合”须直接写 true 或 false，现为 {what}",
        "no_otherwise": "最后一条规则须各项条件都是“-”、“符合”为 false，其余规则都为 true；把排除情形写成条件列",
        "unknown_fact": "词汇表里没有事实“{input}”；相近的有：{what}",
        "fact_type": "事实“{input}”的类型是 {what}",
        "fact_unit": "事实“{input}”的单位是{what}，模型的说明写的不是",
        "fact_subject": "事实“{input}”属于{what}，与本规则的对象不符",
        "unfilled": "“{table}”的标准原文未载，须由本区填写后才能发布",
    },
    "en": {
        "unreadable": "cannot be read: {what}",
        "no_result": "there is no decision “{what}”, which gives the clause's result",
        "no_entry": "the decision “{table}” has to be a context with an entry “{what}”",
        "no_table": "there has to be exactly one decision table with an output 符合; there are {what}",
        "hit_policy": "the hit policy of “{table}” has to be FIRST and is {what}",
        "answer": "rule {rules}: 符合 has to be true or false, written out, and is {what}",
        "no_otherwise": "the last rule has to have “-” everywhere and 符合 false, all others true; write exclusions as columns",
        "unknown_fact": "the vocabulary has no fact “{input}”; alike are: {what}",
        "fact_type": "the fact “{input}” is of type {what}",
        "fact_unit": "the fact “{input}” is in {what}; the model's description says otherwise",
        "fact_subject": "the fact “{input}” is told of a {what}, whom this rule is not about",
        "unfilled": "the source does not state “{table}”; the district has to fill it in before publication",
    },
}
_WORDS = {
    "zh": {"business": "经营主体", "person": "个人", "": "（无）"},
    "en": {"元": "yuan", "万元": "10,000 yuan", "人": "persons", "年": "years", "亩": "mu", "件": "pieces", "": "none"},
}


@dataclass(frozen=True)
class RuleFinding:
    """One thing that is wrong; has the attributes of :class:`yingshang.decisions.checks.Finding`."""

    code: str
    table: str = ""
    rules: tuple[int, ...] = ()
    input: str = ""
    what: str = ""
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """``error``, ``open`` or ``warning``."""
        return SEVERITY[self.code]

    @property
    def zh(self) -> str:
        return self.as_text("zh")

    @property
    def en(self) -> str:
        return self.as_text("en")

    def as_text(self, language: str) -> str:
        """One sentence, ``zh`` or ``en``."""
        what = _WORDS[language].get(self.what, self.what)
        rules = ("、" if language == "zh" else ", ").join(map(str, self.rules))
        return _TEXTS[language][self.code].format(table=self.table, rules=rules, input=self.input, what=what)

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "table": self.table,
            "rules": list(self.rules),
            "input": self.input,
            "example": dict(self.example),
            "zh": self.zh,
            "en": self.en,
        }
