"""Checks of ``policies.toml``: quotes stand in their policy's text word for word, and nothing says more than its grade.

Grade P has a rule that runs as it is; N has none; H has none, or one with figures that the district has to fill in, and
says what is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from yingshang.policies.models import Clause, Combination
from yingshang.rules import checking, figures, vocabulary
from yingshang.scenarios import policy_files
from yingshang.scenarios.case_tables import SUFFIX
from yingshang.scenarios.policy_files import FILE, ClauseSpec, PolicyFile, PolicySpec
from yingshang.scenarios.problems import Folder, Problem

LINES = re.compile(r"L\d+(-\d+)?(、L\d+(-\d+)?)*")
#: Choices of a clause, by its attribute.
CHOICES: dict[str, list[str]] = {
    "grade": Clause.Grade.values,
    "kind": Clause.Kind.values,
    "subject": Clause.Subject.values,
    "money": Clause.Money.values,
    "period": Clause.Period.values,
}


@cache
def _everywhere(root: Path, _stamp: int) -> tuple[PolicyFile, ...]:
    return tuple(policy_files.every(root))


def everywhere(root: Path) -> tuple[PolicyFile, ...]:
    """The files of all folders; read again when one of them changes."""
    files = sorted(root.glob(f"*/{FILE}"))
    return _everywhere(root, hash(tuple((p, p.stat().st_mtime_ns) for p in files)))


def policies(f: Folder, known_units: Callable[[], dict[str, set[str]]]) -> Iterator[Problem]:
    """Everything that can be wrong in one folder's ``policies.toml``.

    Args:
        known_units: unit codes by district.
    """
    mine = policy_files.read(f.path)
    all_files = everywhere(f.path.parent)
    held = {p.code: p for file in all_files for p in file.policies}
    refs = Counter(c.ref for file in all_files for c in file.clauses)
    for p in mine.policies:
        yield from _policy(f, p, sum(q.code == p.code for file in all_files for q in file.policies))
    for clause in mine.clauses:
        at = clause.ref
        yield from f.missing(at, [clause.policy], held, "政策", "policy", FILE)
        if refs[at] > 1:
            yield _problem(f, at, "条款重复", "clause twice", "改一个编号", "rename one")
        if clause.policy in held:
            yield from _quote(f, clause, held[clause.policy])
        yield from _choices(f, clause)
        yield from _grade(f, mine, clause)
        yield from _rule(f, mine, clause)
    for c in mine.combinations:
        yield from f.missing(c.code, c.clauses, refs, "条款", "clause", FILE)
        yield from f.missing(c.code, [c.kind], Combination.Kind.values, "方式", "kind", FILE)
    for b in mine.budgets:
        yield from f.missing(f"budgets.{b.year}", [b.policy], held, "政策", "policy", FILE)
    yield from _units(f, mine, known_units())


def _problem(f: Folder, key: str, zh: str, en: str, mend_zh: str, mend_en: str) -> Problem:
    return f.problem(FILE, key, zh, en, mend_zh, mend_en)


def _policy(f: Folder, p: PolicySpec, times: int) -> Iterator[Problem]:
    if times > 1:
        yield _problem(f, p.code, "政策编号重复", "policy code twice", "改一个编号", "rename one")
    yield from _source(f, p.code, p.source)
    if not p.text.strip():
        yield _problem(f, p.code, "没有原文", "no text", "照录原文所载的部分", "copy what the source prints of it")


def _quote(f: Folder, clause: ClauseSpec, policy: PolicySpec) -> Iterator[Problem]:
    if not clause.quote or clause.quote not in policy.text:
        yield _problem(
            f,
            clause.ref,
            "条文在政策原文里找不到",
            "its quote is not in the policy's text",
            "一字不改地摘自 text",
            "copy it from text, word for word",
        )
    yield from _source(f, clause.ref, clause.source)


def _source(f: Folder, key: str, source: str) -> Iterator[Problem]:
    if not LINES.fullmatch(source):
        yield _problem(
            f, key, f"出处“{source}”看不懂", f"source {source!r} is not understood", "写 L1967-1973", "write L1967-1973"
        )


def _choices(f: Folder, clause: ClauseSpec) -> Iterator[Problem]:
    for name, choices in CHOICES.items():
        yield from f.missing(f"{clause.ref}.{name}", [getattr(clause, name)], choices, "选项", "choice", FILE)
    yield from f.missing(
        f"{clause.ref}.catalogue", [clause.catalogue], f.spec.catalogue, "目录条目", "catalogue entry", FILE
    )
    if clause.money == Clause.Money.BUDGET and not clause.finance:
        yield _problem(
            f,
            clause.ref,
            "由预算支付,没有财政单位",
            "paid from the budget, but no finance unit",
            "写 finance",
            "write finance",
        )
    known = vocabulary.vocabulary()
    yield from f.missing(f"{clause.ref}.ask", clause.ask, known, "事实", "fact", FILE)


def _grade(f: Folder, mine: PolicyFile, clause: ClauseSpec) -> Iterator[Problem]:
    if clause.grade != Clause.Grade.P and not clause.missing.zh:
        yield _problem(
            f, clause.ref, "没有写明原文未载什么", "does not say what is missing", "写 missing", "write missing"
        )
    if clause.grade == Clause.Grade.P and not clause.rule:
        yield _problem(
            f,
            clause.ref,
            "P 级条款没有规则",
            "grade P without a rule",
            "写 rule,或改等级",
            "write rule, or change the grade",
        )
    if clause.grade == Clause.Grade.N and clause.rule:
        yield _problem(f, clause.ref, "N 级条款不能有规则", "grade N with a rule", "删去 rule", "remove rule")
    told = clause.grade == Clause.Grade.H and clause.rule in f.spec.decisions
    if told and None not in figures.figures(mine.document(clause)).values():
        yield _problem(
            f,
            clause.ref,
            "H 级规则没有待填的标准",
            "grade H, but no open figure",
            "原文未载的数写成空的决策(null)",
            "write what is not told as a decision without value (null)",
        )


def _rule(f: Folder, mine: PolicyFile, clause: ClauseSpec) -> Iterator[Problem]:
    if not clause.rule:
        return
    yield from f.missing(f"{clause.ref}.rule", [clause.rule], f.spec.decisions, "决策文件", "decision file", FILE)
    if clause.rule not in f.spec.decisions:
        return
    if clause.valid_from is None or not clause.valid_note:
        yield _problem(
            f,
            clause.ref,
            "没有写规则从哪天起、依据什么",
            "its rule has no first day, or no reason for it",
            "写 valid_from 和 valid_note",
            "write valid_from and valid_note",
        )
    if not (f.path / f"{clause.rule}{SUFFIX}").exists():
        yield _problem(
            f,
            clause.ref,
            f"没有例子 {clause.rule}{SUFFIX}",
            f"no cases {clause.rule}{SUFFIX}",
            "写几个例子",
            "write some cases",
        )
    for finding in checking.check(mine.document(clause), subject=clause.subject):
        if finding.severity == "error":
            yield f.problem(
                f"{clause.rule}.dmn",
                finding.table or finding.input,
                finding.zh,
                finding.en,
                "按提示改模型",
                "change the model as it says",
            )


def _units(f: Folder, mine: PolicyFile, districts: dict[str, set[str]]) -> Iterator[Problem]:
    named: list[tuple[str, Any]] = [(p.code, p.issuer_unit) for p in mine.policies]
    named += [(c.ref, unit) for c in mine.clauses for unit in (c.owner, c.finance)]
    for district, codes in districts.items():
        for key, code in named:
            if code and code not in codes:
                yield _problem(
                    f,
                    key,
                    f"{district} 没有单位 {code}",
                    f"{district} has no unit {code}",
                    f"改用 districts/{district}/units.toml 里的编号",
                    f"use a code of districts/{district}/units.toml",
                )
