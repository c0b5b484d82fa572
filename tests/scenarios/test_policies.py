"""The policies of the folders: the source's own words, every rule of the catalogue, installed once and again."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.scenarios.driver import Story
from yingshang.accounts.models import AuditEntry, Role
from yingshang.policies import actions
from yingshang.policies.models import Budget, Clause, Combination, Policy
from yingshang.rules.models import RuleModel, RuleVersion
from yingshang.scenarios import checker, loader, policy_files, policy_install

FILES = list(policy_files.every(loader.ROOT))
CLAUSES = [(f, c) for f in FILES for c in f.clauses]
SOURCE = Path(__file__).resolve().parents[3] / "shared" / "requirements" / "source.txt"
#: Rules of the catalogue with their grades (section C).
GRADES = {
    "C01": "P", "C02": "H", "C03": "P", "C04": "H", "C05": "H", "C06": "H", "C07": "P", "C08": "P", "C09": "H", "C20": "H",
    "C21": "H", "C28": "H", "C29": "N", "C30": "H", "C31": "N", "C32": "H", "C33": "N", "C34": "N", "C35": "N", "C36": "N",
}  # fmt: skip


def test_every_rule_of_the_catalogue_is_a_clause_of_its_grade() -> None:
    assert {c.code.split("-")[0]: c.grade for _, c in CLAUSES} == GRADES


def test_a_clause_that_runs_has_a_rule_and_what_is_only_a_name_has_none() -> None:
    ruled = {c.code for _, c in CLAUSES if c.rule}
    assert ruled >= {code for code, grade in GRADES.items() if grade == "P"}
    assert not ruled & {code for code, grade in GRADES.items() if grade == "N"}


def told() -> dict[int, str]:
    """The source's lines without blanks, by number."""
    if not SOURCE.exists():
        pytest.skip("the source text is not beside the checkout")
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    return {n: re.sub(r"\s", "", line) for n, line in enumerate(lines, 1)}


def within(lines: dict[int, str], source: str) -> str:
    """What stands in the lines that a source such as ``L764-767、L1418`` names."""
    parts = re.findall(r"L(\d+)(?:-(\d+))?", source)
    return "…".join("".join(lines[n] for n in range(int(a), int(b or a) + 1)) for a, b in parts)


@pytest.mark.parametrize("policy", [p for f in FILES for p in f.policies], ids=lambda p: p.code)
def test_a_text_is_the_sources_own(policy: policy_files.PolicySpec) -> None:
    printed = within(told(), policy.source)
    for paragraph in policy.text.split("\n"):
        assert paragraph == "……" or re.sub(r"\s", "", paragraph) in printed


@pytest.mark.parametrize("clause", [c for _, c in CLAUSES], ids=lambda c: c.ref)
def test_a_quote_stands_in_the_lines_that_it_names(clause: policy_files.ClauseSpec) -> None:
    printed = within(told(), clause.source)
    quote = re.sub(r"\s", "", clause.quote)
    # Lines are whole lines: a quote may begin and end within one.
    assert quote in printed, (quote, printed)


def test_no_amount_is_stated_that_the_source_does_not_state() -> None:
    """Numbers of a budget or a cap stand in the sentence that is cited for them."""
    lines = told()
    for f in FILES:
        for item in (*f.combinations, *f.budgets):
            if item.amount is not None:
                assert f"{item.amount / 10000:f}".rstrip("0").rstrip(".") in within(lines, item.source), item


@pytest.fixture
def loaded(story: Story) -> Story:
    """The district with every policy installed."""
    call_command("load_policies", verbosity=0)
    return story


def counts() -> tuple[int, ...]:
    models = (Policy, Clause, Combination, Budget, RuleModel, RuleVersion, AuditEntry)
    return tuple(m.objects.count() for m in models)


def test_everything_is_installed_and_a_second_time_changes_nothing(loaded: Story) -> None:
    assert Clause.objects.count() == len(CLAUSES)
    assert not Policy.objects.exclude(state="published").exists()
    assert not Clause.objects.exclude(state="published").exists()
    assert all(c.policy.text[c.quote_start : c.quote_end] == c.quote for c in Clause.objects.select_related("policy"))
    before = counts()
    call_command("load_policies", verbosity=0)
    assert counts() == before


def test_what_the_district_has_to_fill_in_matches_nobody(loaded: Story) -> None:
    published = set(RuleVersion.objects.filter(state="published").values_list("model__clauses__grade", flat=True))
    drafts = set(RuleVersion.objects.filter(state="draft").values_list("model__clauses__grade", flat=True))
    assert (published, drafts) == ({"P"}, {"H"})
    (version,) = RuleVersion.objects.filter(model__key="street_policy_xinwan.bonus")
    assert (version.valid_from, version.author, version.reviewer) == (date(2023, 1, 1), None, None)


def test_what_an_official_edited_stays(loaded: Story) -> None:
    clause = Clause.objects.select_related("policy").get(policy__code="xinwan_talent", code="C03")
    officer = loaded.official("street.xinwan", Role.OFFICER)
    actions.save_clause(officer, clause.policy, "C03", summary="新湾的说法")
    call_command("load_policies", verbosity=0)
    clause.refresh_from_db()
    assert clause.summary == "新湾的说法"


def test_what_nobody_edited_follows_the_file(loaded: Story) -> None:
    Clause.objects.filter(code="C03").update(summary="旧的说法")
    call_command("load_policies", verbosity=0)
    assert Clause.objects.get(code="C03").summary.startswith("在新湾企业工作满一年")


def test_a_clause_may_belong_to_another_folders_policy(loaded: Story) -> None:
    award = Clause.objects.select_related("policy").get(code="C31")
    assert (award.catalogue, award.policy.scenario) == ("outstanding_contribution_award", "relief_22")


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    shutil.copytree(loader.ROOT, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path


X, B = "street_policy_xinwan/policies.toml", "street_policy_xinwan/bonus.dmn"
L = "land_price_discount"
BROKEN = {
    "quote not in the text": (X, 'quote = "鼓励企业招引', 'quote = "鼓励企业引进', "条文在政策原文里找不到"),
    "no such policy": (X, 'policy = "xinwan_talent"', 'policy = "xinwan_talents"', "没有政策 xinwan_talents"),
    "no such grade": (X, 'grade = "P"', 'grade = "Q"', "没有选项 Q"),
    "a rule for a mere name": (X, 'grade = "P"', 'grade = "N"', "N 级条款不能有规则"),
    "nothing to fill in": (X, 'grade = "P"', 'grade = "H"', "H 级规则没有待填的标准"),
    "no rule": (X, 'rule = "bonus"\n', "", "P 级条款没有规则"),
    "no such rule": (X, 'rule = "bonus"', 'rule = "prize"', "没有决策文件 prize"),
    "no such owner": (X, 'owner = "street.xinwan"', 'owner = "street.xinwang"', "没有单位 street.xinwang"),
    "no such fact to ask": (X, '"学历", ', '"学位", ', "没有事实 学位"),
    "a fact that the vocabulary lacks": (B, 'name="学历"', 'name="学位"', "词汇表里没有事实“学位”"),
    "source not understood": (X, 'source = "L2241-2243"', 'source = "2241"', "出处“2241”看不懂"),
    "no reason for the first day": (X, "valid_note", "valid_notes", "没有写规则从哪天起"),
    "missing unsaid": (f"{L}/policies.toml", "missing = {", "missed = {", "没有写明原文未载什么"),
    "paid by nobody": (X, 'finance = "dept.finance"\n', "", "没有财政单位"),
    "combination of nothing": ("mah_policy/policies.toml", '["mah_2022/C01"]', '["mah_2022/C1"]', "没有条款 mah_2022/C1"),
    "clause twice": (f"{L}/policies.toml", 'policy = "land_discount"\ncode = "C02"', 'policy = "xinwan_talent"\ncode = "C03"', "条款重复"),
    "policy twice": (f"{L}/policies.toml", 'code = "land_discount"', 'code = "xinwan_talent"', "政策编号重复"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_is_found_and_says_how_to_mend_it(copies: Path, fault: str) -> None:
    file, old, new, expected = BROKEN[fault]
    path = copies / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    problems = checker.check(path.parent)
    assert any(expected in str(p) for p in problems), [str(p) for p in problems]
    assert all(p.mend_zh and p.mend_en and p.en for p in problems)


def corrected(root: Path) -> None:
    path = root / X
    path.write_text(path.read_text(encoding="utf-8").replace("3000 元。", "3000 元整。"), encoding="utf-8")


def test_a_corrected_text_brings_its_quotes(loaded: Story, copies: Path) -> None:
    corrected(copies)
    policy_install.install(copies)
    clause = Clause.objects.select_related("policy").get(policy__code="xinwan_talent")
    assert clause.policy.text.endswith("3000 元整。")
    assert clause.policy.text[clause.quote_start :] == clause.quote


def test_a_text_stays_where_an_official_quotes_it(loaded: Story, copies: Path) -> None:
    clause = Clause.objects.select_related("policy").get(policy__code="xinwan_talent")
    actions.save_clause(loaded.official("street.xinwan"), clause.policy, "C03", summary="新湾的说法")
    corrected(copies)
    policy_install.install(copies)
    clause.policy.refresh_from_db()
    assert clause.policy.text.endswith("3000 元。")
