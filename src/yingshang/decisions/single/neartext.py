"""Near misses in words, Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from yingshang.decisions.single.changes import Change
from yingshang.decisions.temporal import Date
from yingshang.decisions.trace import shown
from yingshang.decisions.values import DECIMAL

if TYPE_CHECKING:
    from yingshang.decisions.single.near import Failed, NearMiss

_WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "head": "{table} 规则 {rule}（结果：{outputs}）还差 {count} 项",
        "is": "＝", "and": "，", "or": "、", "end": "", "true": "是", "false": "否",
        "least": "{name}现为 {value}，须达到 {target}，还差 {by}",
        "over": "{name}现为 {value}，须超过 {target}，相差 {by}",
        "most": "{name}现为 {value}，须不高于 {target}，超出 {by}",
        "under": "{name}现为 {value}，须低于 {target}，相差 {by}",
        "just_over": "{name}现恰为 {value}，须超过 {target}",
        "just_under": "{name}现恰为 {value}，须低于 {target}",
        "not_before": "{name}现为 {value}，须不早于 {target}，差 {by} 天",
        "not_after": "{name}现为 {value}，须不晚于 {target}，晚了 {by} 天",
        "fact_least": "；或将{name}由 {value} 增至 {target}（增加 {by}）",
        "fact_over": "；或将{name}由 {value} 增至 {target} 以上（增加超过 {by}）",
        "fact_most": "；或将{name}由 {value} 减至 {target}（减少 {by}）",
        "fact_under": "；或将{name}由 {value} 减至 {target} 以下（减少超过 {by}）",
        "accepted": "{name}现为 {value}，须为 {accepted}",
        "missing": "{name}尚无数据，须满足 {test}",
        "other": "{name}现为 {value}，须满足 {test}",
    },
    "en": {
        "head": "{table}, rule {rule} (result: {outputs}): {count} missing",
        "is": " = ", "and": ", ", "or": " or ", "end": "", "true": "yes", "false": "no",
        "least": "{name} is {value} and must reach {target}: short by {by}",
        "over": "{name} is {value} and must be over {target}, {by} away",
        "most": "{name} is {value} and must be at most {target}: {by} too much",
        "under": "{name} is {value} and must be under {target}, {by} away",
        "just_over": "{name} is exactly {value} and must be over {target}",
        "just_under": "{name} is exactly {value} and must be under {target}",
        "not_before": "{name} is {value} and must not be before {target}: {by} days short",
        "not_after": "{name} is {value} and must not be after {target}: {by} days late",
        "fact_least": "; or {name} from {value} up to {target} ({by} more)",
        "fact_over": "; or {name} from {value} to over {target} (more than {by} more)",
        "fact_most": "; or {name} from {value} down to {target} ({by} less)",
        "fact_under": "; or {name} from {value} to under {target} (more than {by} less)",
        "accepted": "{name} is {value} and must be {accepted}",
        "missing": "{name} is not known and must meet {test}",
        "other": "{name} is {value} and must meet {test}",
    },
}  # fmt: skip


def lines(miss: NearMiss, language: str) -> str:
    """One near miss: the rule, and below it one line a condition that failed."""
    w = _WORDS[language]
    several = len(miss.outputs) > 1
    outputs = w["and"].join(f"{n}{w['is']}{_text(v, w)}" if several else _text(v, w) for n, v in miss.outputs)
    head = w["head"].format(table=miss.table or miss.decision, rule=miss.rule, outputs=outputs, count=len(miss.failed))
    return "\n".join([head, *(f"  {''.join(_condition(f, w))}" for f in miss.failed)])


def _condition(failed: Failed, w: dict[str, str]) -> Iterator[str]:
    about: dict[str, Any] = {"name": failed.label, "value": _text(failed.value, w), "test": failed.test}
    if failed.change is not None:
        yield w[_which(failed.change)].format(**_numbers(failed.change, w))
    elif failed.value is None:
        yield w["missing"].format(**about)
    elif failed.accepted:
        yield w["accepted"].format(accepted=w["or"].join(_text(v, w) for v in failed.accepted), **about)
    else:
        yield w["other"].format(**about)
    for change in failed.facts:
        key = (
            ("fact_over" if change.up else "fact_under")
            if change.beyond
            else "fact_least"
            if change.up
            else "fact_most"
        )
        yield w[key].format(**_numbers(change, w))


def _which(change: Change) -> str:
    if isinstance(change.value, Date):
        return "not_before" if change.up else "not_after"
    if not change.beyond:
        return "least" if change.up else "most"
    just = "just_" if change.by == 0 else ""
    return just + ("over" if change.up else "under")


def _numbers(change: Change, w: dict[str, str]) -> dict[str, str]:
    return {
        "name": change.name,
        "value": _text(change.value, w),
        "target": _text(change.target, w),
        "by": _text(change.by, w),
    }


def _text(value: Any, w: dict[str, str]) -> str:
    """A value for people: numbers in groups of three digits, conditions as yes and no."""
    if isinstance(value, bool):
        return w["true" if value else "false"]
    if isinstance(value, Decimal):
        return f"{value.normalize(DECIMAL):,f}" if abs(value.adjusted()) < 30 else str(value)
    return shown(value)
