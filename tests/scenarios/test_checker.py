"""The checker finds nothing in the folders as they are, and finds what is broken on purpose."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from yingshang.scenarios import check_files, checker, loader
from yingshang.scenarios.toml import BadScenario

ALL = [p.name for p in loader.folders()]


@pytest.mark.parametrize("scenario", ALL)
def test_every_folder_is_sound(scenario: str) -> None:
    assert [str(p) for p in checker.check(loader.ROOT / scenario)] == []


def test_stories_are_checked_here() -> None:
    assert check_files.can_check_stories()


def test_the_command_says_so() -> None:
    out = StringIO()
    call_command("check_scenarios", stdout=out)
    assert f"{len(ALL)} 个情景,没有问题" in out.getvalue()


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """The folders, to be broken."""
    shutil.copytree(loader.ROOT, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path


def replace(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def field(file: str, change: Callable[[dict], object]) -> Callable[[Path], None]:  # type: ignore[type-arg]
    def apply(root: Path) -> None:
        schema = json.loads((root / file).read_text(encoding="utf-8"))
        change(schema)
        (root / file).write_text(json.dumps(schema), encoding="utf-8")

    return apply


Q, TOML, BPMN = "qifu_express", "qifu_express/scenario.toml", "qifu_express/demand.bpmn"
FORM = "qifu_express/forms/demand.json"
LOOP = "issue_closed_loop/scenario.toml"
LADDER, FIGURES = "escalation_coordination/ladder.dmn", "qifu_express/indicators.toml"

BROKEN = {
    "no such catalogue id": (replace(TOML, 'catalogue = ["qifu_express"]', 'catalogue = ["qifu_expres"]'), "没有目录条目 qifu_expres"),
    "no such reform": (replace(TOML, '"MEC-03"', '"MEC-93"'), "没有改革编号 MEC-93"),
    "no such owner": (replace(TOML, '"dept.economy"', '"dept.economics"'), "qiantang 没有单位 dept.economics"),
    "no such unit in a table": (replace("qifu_express/routing.dmn", '"dept.tax"', '"dept.taxes"'), "没有单位 dept.taxes"),
    "no such procedure": (replace(TOML, 'procedure = "demand"', 'procedure = "demands"'), "没有流程文件 demands"),
    "no such form": (replace(TOML, 'form = "demand"', 'form = "demands"'), "没有表单 demands"),
    "no such role": (replace(TOML, '"dispatcher"', '"dispatchers"'), "没有身份 dispatchers"),
    "no such category": (replace(TOML, 'category = "policy"', 'category = "policies"'), "没有分类 policies"),
    "category twice": (replace(TOML, 'code = "tax"', 'code = "policy"'), "分类 policy 重复"),
    "promise twice": (replace(TOML, 'category = "schooling"', 'category = "policy"'), "时限 resolve/policy 重复"),
    "no such basis": (replace(TOML, 'basis = "working_hours"', 'basis = "hours"'), "没有计时方式 hours"),
    "promise of nothing": (replace(TOML, "amount = 1\n", "amount = 0\n"), "时限应大于 0"),
    "promise without clock": (replace(TOML, 'code = "escalation"', 'code = "escalations"'), "没有环节开始计时 escalations"),
    "clock without promise": (replace(BPMN, 'ys:clock="resolve"', 'ys:clock="resolve,review"'), "时限 review 没有承诺"),
    "clock stopped without promise": (replace(BPMN, 'ys:stops="first_contact"', 'ys:stops="first"'), "没有时限承诺 first"),
    "no such status": (replace(BPMN, 'ys:status="pool"', 'ys:status="pooled"'), "没有状态 pooled"),
    "no such actor": (replace(BPMN, 'ys:actor="revisitor"', 'ys:actor="caller"'), "看不懂"),
    "no such decision file": (replace(BPMN, "routing#routing", "route#routing"), "没有决策文件 route"),
    "no such decision": (replace(BPMN, "routing#routing", "routing#route"), "没有决策 route"),
    "gateway asks for an outcome nobody gives": (
        replace(BPMN, 'outcome = "solved"', 'outcome = "resolved"'), "没有环节结果 resolved"),
    "step without English": (replace(BPMN, ' ys:name_en="Sign for"', ""), "环节缺英文名"),
    "element the engine lacks": (replace(BPMN, "bpmn:scriptTask", "bpmn:serviceTask"), "demand.bpmn"),
    "diagram is not XML": (replace(BPMN, "</bpmn:process>", ""), "demand.bpmn"),
    "table is not XML": (replace("qifu_express/routing.dmn", "</decisionTable>", ""), "读不出来"),
    "overlap": (replace(LADDER, '"first_contact",""</text>', '"first_contact","resolve",""</text>'), "重叠"),
    "gap": (replace(LADDER, '<text>"unsolved","asked"</text>', '<text>"unsolved"</text>'), "空缺：情形＝\"asked\""),
    "excuse for no table": (replace(TOML, 'table = "routing#mentioned"', 'table = "routing#mention"'), "没有决策表 routing#mention"),
    "form is no schema": (field(FORM, lambda s: s["properties"]["wish"].update(type="text")), "不是有效的 JSON Schema"),
    "field without English": (field(FORM, lambda s: s["properties"]["wish"].pop("x-title-en")), "缺中文或英文标题"),
    "field not in the layout": (field(FORM, lambda s: s["x-layout"].pop()), "应在版式里恰好出现一次"),
    "options without English": (field(FORM, lambda s: s["properties"]["call_when"]["x-enum-en"].pop()), "选项的英文"),
    "indicator is no SELECT": (replace(FIGURES, "SELECT count(*) FROM", "DELETE FROM"), "应是一条 SELECT"),
    "indicator without period": (replace(FIGURES, "opened_at < %(until)s", "true"), "没有用到期间的终点"),
    "indicator twice": (replace(FIGURES, 'id = "handled"', 'id = "opened"'), "编号重复"),
    "indicator without direction": (replace(FIGURES, 'direction = "up"', 'direction = "more"'), "方向应为"),
    "story is no Gherkin": (replace("qifu_express/stories/s36_loan.feature", "    那么 首次", "    然后 首次"), "不是有效的 Gherkin"),
    "case that the table answers otherwise": (
        replace("street_policy_xinwan/bonus.cases", "| 3000 ", "| 3001 "), "结果.金额 应为 3001,算得 3000"),
    "case of an input that is not there": (
        replace("street_policy_xinwan/bonus.cases", "| 学历 ", "| 学位 "), "模型没有输入“学位”"),
    "cases without a table": (lambda root: (root / "street_policy_xinwan/bonus.cases").rename(
        root / "street_policy_xinwan/prize.cases"), "没有 prize.dmn"),
    "composes nothing": (replace(LOOP, '"service_officer"', '"service_officers"'), "没有情景 service_officers"),
    "name only, not said": (replace("breakfast_meeting/README.md", "只有名称", "写得清楚"), "原文只有名称"),
}  # fmt: skip


def touched(copies: Path) -> list[Path]:
    """The folders that are not as they were copied."""

    def state(folder: Path) -> set[tuple[str, int, int]]:
        files = ((p, p.stat()) for p in folder.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc"))
        return {(str(p.relative_to(folder)), s.st_size, s.st_mtime_ns) for p, s in files}

    return [f for f in sorted(copies.iterdir()) if f.is_dir() and state(f) != state(loader.ROOT / f.name)]


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_is_found_and_says_how_to_mend_it(copies: Path, fault: str) -> None:
    change, expected = BROKEN[fault]
    change(copies)
    # Folders are checked one by one; those that are as they were have nothing to say (see the test of all).
    problems = [problem for folder in touched(copies) for problem in checker.check(folder)]
    assert any(expected in str(p) for p in problems), [str(p) for p in problems]
    assert all(p.mend_zh and p.mend_en and p.en for p in problems)
    assert {p.file for p in problems} <= {
        f.relative_to(copies / p.folder).as_posix() for p in problems for f in (copies / p.folder).rglob("*")
    }


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        (replace(TOML, 'owner = "dept.economy"\n', ""), "owner", "缺少这一项"),
        (replace(TOML, 'id = "qifu_express"', 'id = "express"'), "id", "应与文件夹同名"),
        (
            replace(TOML, 'name = { zh = "首次联系", en = "First contact" }', 'name = "首次联系"'),
            "promises[0].name",
            "应写成",
        ),
        (replace(TOML, "[[services]]", "[[services"), "", "不是有效的 TOML"),
    ],
)
def test_a_manifest_that_cannot_be_read_names_the_key(
    copies: Path, change: Callable[[Path], None], key: str, words: str
) -> None:
    change(copies)
    with pytest.raises(BadScenario) as bad:
        loader.read(copies / Q)
    assert bad.value.key == key and words in bad.value.zh
    (problem,) = checker.check(copies / Q)
    assert (problem.folder, problem.file, problem.key) == (Q, "scenario.toml", key)


def test_a_folder_without_readme_is_refused(copies: Path) -> None:
    (copies / Q / "README.md").unlink()
    assert "没有 README" in str(checker.check(copies / Q)[0])
