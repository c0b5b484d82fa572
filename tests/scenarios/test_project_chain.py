"""The smaller systems of the project chain: each way through their procedures, and what it leaves in records and figures."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.scenarios.driver import Refused, Story
from yingshang import timekeeping
from yingshang.accounts.models import Role
from yingshang.cases.models import Case, Clock, Status, Task
from yingshang.indicators import catalog as indicators
from yingshang.registry.models import Record

MORNING = datetime(2023, 4, 18, 9, 0, tzinfo=timekeeping.SHANGHAI)


@pytest.fixture
def firm(story: Story) -> Story:
    """A business of the Pharma Port on a working morning."""
    story.go_to(MORNING)
    story.business("示例企业", "2018-01-01", "street.xiasha", "platform.pharma_port")
    return story


def taken(story: Story, unit: str, scenario: str, service: str, **data: Any) -> Case:
    """A case that its unit has taken and called about."""
    case = story.open(story.businesses[0], scenario, service, "示例事项", "", data)
    assert case.lead_unit.code == unit
    story.act(story.staffed(unit), "sign_for")
    story.act(story.staffed(unit), "contact", note="已联系")
    return case


def answered(story: Story, unit: str) -> None:
    story.act(story.staffed(unit), "answer", text="已办好")
    story.act(story.handler(story.businesses[0]), "confirm", solved=True)
    assert (story.case.status, story.case.solved) == (Status.CLOSED, True)


def value(
    key: str, since: datetime = MORNING - timedelta(days=30), until: datetime = MORNING + timedelta(days=90)
) -> Any:
    return indicators.measure(indicators.get(key), since, until)


def steps(story: Story) -> list[str]:
    return list(Task.objects.filter(case=story.case, kind=Task.Kind.STEP).order_by("id").values_list("step", flat=True))


HOURS = {"kind": "综合计算工时", "posts": "旺季包装线", "workers": 40}
SAME, FIRST = "到期续办，岗位和人数不变", "首次申请"
DECIDE = {"decision": "准予", "grounds": "排班符合规定"}


@pytest.mark.parametrize(
    ("renewal", "consulted", "commits", "way"),
    [
        (SAME, "已听取", True, []),
        (SAME, "已听取", False, ["review"]),
        (FIRST, "已听取", True, ["visit", "review"]),
        (FIRST, "还没有", True, ["review"]),
    ],
)
def test_special_hours_go_the_way_the_table_says(
    firm: Story, renewal: str, consulted: str, commits: bool, way: list[str]
) -> None:
    unit = "dept.human_resources"
    taken(firm, unit, "special_work_hours", "apply", **HOURS, renewal=renewal, consulted=consulted, commits=commits)
    said = {"visit": {"visited_on": "2023-04-19", "found": "两班倒，轮休登记齐全"}, "review": {"checked": "材料齐"}}
    for step in way:
        firm.complete(unit, step, **said[step])
    firm.complete(unit, "decide", **DECIDE)
    answered(firm, unit)
    assert [s for s in steps(firm) if s in said] == way
    assert value("special_work_hours.commitment").value == (0 if "review" in way else 100)
    approval = Record.objects.get(type="special_work_hours.approval", key=firm.case.number)
    assert approval.data["by"] == {0: "告知承诺", 1: "书面", 2: "现场"}[len(way)]


@pytest.mark.parametrize(
    ("reason", "days", "step", "clock"),
    [
        ("奔丧", 10, "fast", "same_day"),
        ("商务急行", 5, "soon", "expedite"),
        ("留学报到", 60, "ordinary", None),
    ],
)
def test_urgent_travel_is_sorted_by_what_and_when(
    firm: Story, reason: str, days: int, step: str, clock: str | None
) -> None:
    unit = "dept.police"
    asked = {"reason": reason, "document": "护照", "days_left": days, "persons": 1}
    taken(firm, unit, "urgent_exit_entry", "request", **asked)
    firm.wait(timedelta(hours=1))
    firm.complete(unit, step, **({} if step == "ordinary" else {"taken_on": "2023-04-18", "ready_on": "2023-04-20"}))
    firm.complete(unit, "issue", result="证件已发")
    answered(firm, unit)
    own = firm.case.clocks.filter(code__in=["same_day", "expedite"])
    assert list(own.values_list("code", "state")) == ([(clock, Clock.State.MET)] if clock else [])
    if step == "fast":
        assert value("urgent_exit_entry.same_day").value == 100


def test_tests_are_made_side_by_side_and_handed_over_together(firm: Story) -> None:
    asked = {"product": "电子封装胶", "product_kind": "一般工业品", "needs": ["质量检验", "认证"]}
    taken(firm, "dept.market", "inspection_testing_chain", "request", **asked)
    items = [{"what": "粘接强度", "unit": "dept.market", "body": "示例检测所"}, {"what": "消防", "unit": "dept.fire"}]
    firm.complete("dept.market", "plan", items=items)
    firm.complete("dept.market", "sample", taken_on="2023-04-18", samples="两份")
    firm.complete("dept.fire", "carry_out")
    assert not firm.waiting("combine").exists()
    firm.complete("dept.market", "carry_out")
    reports = [{"title": "检验报告", "number": "示例-1"}, {"title": "阻燃报告", "number": "示例-2"}]
    firm.complete("dept.market", "combine", reports=reports, handed_on="2023-04-28")
    answered(firm, "dept.market")
    assert value("inspection_testing_chain.tests").value == 2


def test_drug_regulation_leads_for_drugs(firm: Story) -> None:
    asked = {"product": "冻干粉针", "product_kind": "药品、医疗器械、化妆品", "needs": ["质量检验"]}
    taken(firm, "dept.drug", "inspection_testing_chain", "request", **asked)


def test_a_proxy_agent_carries_it_to_the_end(firm: Story) -> None:
    unit = "platform.pharma_port"
    asked = {"kind": "审批事项全程代办", "matters": "经营许可、项目备案"}
    taken(firm, unit, "proxy_agent_team", "proxy", **asked)
    firm.complete(unit, "appoint", agent="示例代办员")
    firm.complete(unit, "list", items=[{"what": "备案", "unit": "dept.approval"}])
    firm.complete("dept.approval", "carry_out")
    answered(firm, unit)
    assert value("proxy_agent_team.full_proxy").value == 1


def promoted(story: Story, name: str = "示例综合体") -> Case:
    officer = story.staffed("dept.economy")
    body = story.post(
        officer, "/cases", scenario="industrial_complex", service="promote", title=name,
        data={"name": name, "ecosystem": "生物医药"},
    )  # fmt: skip
    story.cases.append(Case.objects.get(number=body["number"]))
    return story.case


PLAN = {"investment": "1900000000", "area": "280000.5", "planned_on": "2023-09-01"}


def test_a_complex_is_on_record_as_far_as_its_case(firm: Story) -> None:
    unit = "dept.economy"
    promoted(firm)
    firm.complete(unit, "plan", **PLAN)
    held = Record.objects.get(type="industrial_complex.complex")
    assert (held.key, held.data["area"], "started_on" in held.data) == ("示例综合体", "280000.5", False)
    assert value("industrial_complex.investment").value == 19
    assert value("industrial_complex.started").value == 0
    firm.complete(unit, "start_works", started_on="2023-06-01")
    firm.complete(unit, "allocate", allocated=3, allocated_area="120000")
    held.refresh_from_db()
    assert (held.revision, held.data["started_on"], held.data["allocated"]) == (3, "2023-06-01", 3)
    assert (firm.case.status, value("industrial_complex.started").value) == (Status.CLOSED, 100)
    assert value("industrial_complex.started", until=MORNING + timedelta(days=10)).value == 0


def test_a_complex_is_planned_once(firm: Story) -> None:
    promoted(firm)
    firm.complete("dept.economy", "plan", **PLAN)
    promoted(firm)
    with pytest.raises(Refused) as refused:
        firm.complete("dept.economy", "plan", **PLAN)
    assert refused.value.status == 422
    assert Record.objects.get(type="industrial_complex.complex").revision == 1


def test_space_is_found_or_said_not_to_be(firm: Story) -> None:
    unit = "platform.pharma_port"
    asked = {"area": "5000", "ecosystem": "生物医药", "use": "中试"}
    taken(firm, unit, "industrial_complex", "space", **asked)
    firm.complete(unit, "match", outcome="none", candidates="在建的都要年底交付")
    answered(firm, unit)
    taken(firm, unit, "industrial_complex", "space", **asked)
    firm.complete(unit, "match", outcome="found", candidates="示例综合体三层 5200 平方米")
    firm.complete(unit, "visit", seen_on="2023-04-20", opinion="合适")
    firm.complete(unit, "agree", complex="示例综合体", agreed_area="5200", signed_on="2023-04-28")
    answered(firm, unit)
    assert value("industrial_complex.settled").value == 1


LAND = {"plot": "示例工〔2005〕1 号", "mu": "42.5", "state": "部分闲置"}
SEEN = {"surveyed_on": "2023-04-18", "grounds": "两栋厂房停用三年，摸底台账"}


def test_a_plot_moves_down_the_list(firm: Story) -> None:
    unit = "dept.economy"
    taken(firm, unit, "low_efficiency_land", "tidy", **LAND)
    firm.complete(unit, "survey", outcome="listed", **SEEN)
    plot = Record.objects.get(type="low_efficiency_land.plot")
    assert (plot.data["stage"], plot.business) == ("列入清单", firm.businesses[0])
    assert value("low_efficiency_land.listed").value == 1
    firm.complete("dept.planning", "title", title_state="权属清楚，无查封")
    assert not firm.waiting("tidied").exists()
    firm.complete(unit, "plan", way="引入新项目", finish_by="2023-05-31")
    firm.wait(timedelta(days=30))
    firm.complete(unit, "tidied", tidied_on="2023-05-18", tidied_mu="42.5")
    assert value("low_efficiency_land.plots").value == 1
    assert value("low_efficiency_land.mu").value == Decimal("42.5")
    assert value("low_efficiency_land.plots", until=datetime(2023, 5, 18, tzinfo=timekeeping.SHANGHAI)).value == 0
    firm.complete(unit, "release", released_to="示例优质企业，扩建")
    answered(firm, unit)
    plot.refresh_from_db()
    assert (plot.data["stage"], plot.revision) == ("已腾出", 4)


def test_a_plot_that_is_not_listed_leaves_no_record(firm: Story) -> None:
    taken(firm, "dept.economy", "low_efficiency_land", "tidy", **LAND)
    firm.complete("dept.economy", "survey", outcome="not_listed", **SEEN)
    answered(firm, "dept.economy")
    assert not Record.objects.filter(type="low_efficiency_land.plot").exists()


def progress(story: Story, n: int, programme: str, quarter: str = "2023Q1", **more: Any) -> None:
    said = {
        "project": f"示例项目{n}",
        "programme": programme,
        "quarter": quarter,
        "plan": "100000000",
        "done": "40000000",
    }
    taken(story, "dept.reform", "project_progress_board", "report", **(said | {"started": "已开工"} | more))
    story.complete("dept.reform", "check", outcome="right", checked_by="投资统计报表")


def test_progress_that_was_checked_makes_the_rates(firm: Story) -> None:
    for n in range(9):
        progress(firm, n, "152省市县长工程", started="已开工" if n < 5 else "未开工")
    rate = value("project_progress_board.chiefs_started")
    assert (rate.numerator, rate.denominator) == (5, 9)
    # As printed: cut after two places, not rounded.
    assert (
        int(rate.value * 100) / Decimal(100) == indicators.get("project_progress_board.chiefs_started").published.value
    )
    assert value("project_progress_board.key_done").value is None, "a programme that nobody reported has no figure"
    progress(firm, 0, "152省市县长工程", quarter="2023Q2")
    assert value("project_progress_board.chiefs_started").value == 100, "the newest quarter only"
    before = value("project_progress_board.chiefs_started", until=MORNING.replace(month=4, day=1))
    assert before.denominator == 9


def test_a_second_report_corrects_the_first_and_an_empty_plan_is_refused(firm: Story) -> None:
    tag = "全年实施类市重点项目"
    progress(firm, 1, tag)
    with pytest.raises(Refused):
        progress(firm, 1, tag, plan="0")
    held = Record.objects.get(type="project_progress_board.progress")
    assert (held.revision, value("project_progress_board.key_done").value) == (1, 40)
    taken(
        firm, "dept.reform", "project_progress_board", "report",
        project="示例项目1", programme=tag, quarter="2023Q1", plan="100000000", done="55000000", started="已开工",
    )  # fmt: skip
    firm.complete("dept.reform", "check", outcome="stuck", checked_by="现场")
    firm.complete("dept.reform", "unblock", agreed="供电一周内接通", due="2023-04-25")
    answered(firm, "dept.reform")
    held.refresh_from_db()
    assert (held.revision, held.data["done"]) == (2, "55000000")
    assert value("project_progress_board.key_done").value == 55


def test_the_station_is_spread_by_heads_only(firm: Story) -> None:
    officer = firm.official("dept.approval", Role.OFFICER)
    data = {"pilot": "platform.pharma_port", "platforms": ["platform.dachuang"]}
    with pytest.raises(Refused) as refused:
        firm.post(officer, "/cases", scenario="embedded_service_station", service="rollout", title="推广", data=data)
    assert refused.value.status == 403
