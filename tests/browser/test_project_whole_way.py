"""One project in the browser, from the land contract to the opinion of joint acceptance, as applicant and as four units; at
the end the page is read: what it took, and where it waited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.story import PageStory
from tests.browser.visitor import Visitor, said
from yingshang import timekeeping
from yingshang.cases.models import Task
from yingshang.projects import listing, standing
from yingshang.projects.models import Project, ProjectItem

#: Monday 5 September 2022.
MONDAY = datetime(2022, 9, 5, 9, 0, tzinfo=timekeeping.SHANGHAI)
PDF = b"%PDF-1.4\n%sample of a story: "
AIM = "在这里新建一座精密零件工厂"


class Walk:
    """The project on its way: its firm at one browser, the units' officers at another."""

    def __init__(self, story: PageStory, firm: Visitor, project: Project) -> None:
        self.story, self.firm, self.project = story, firm, project
        self.at = f"/portal/projects/{project.number}/"

    def item(self, code: str) -> ProjectItem:
        return ProjectItem.objects.select_related("case", "unit").get(project=self.project, code=code)

    def hand_in(self, *kinds: str) -> None:
        """Choose the files of some documents and upload them together."""
        page = self.firm.go(self.at)
        for kind in kinds:
            given = {"name": f"{kind}.pdf", "mimeType": "application/pdf", "buffer": PDF + kind.encode()}
            page.locator(f"#hand-in [name=file_{kind}]").set_input_files(given)  # type: ignore[arg-type]
        self.firm.press("上传选好的材料")
        expect(page.locator("#messages")).to_contain_text("材料已收下")

    def handle(self, code: str, *, until: str = "issue") -> None:
        """The item's unit opens it from its list of projects, takes it, reviews it and gives out the result."""
        one = self.item(code)
        assert one.unit is not None and one.case is not None, (code, one.state)
        officer = self.story.staffed(one.unit.code)
        page = self.story.at_browser(officer).go("/desk/projects/")
        expect(page.locator("main").get_by_role("link", name=said(one.label)).first).to_be_visible()
        if self._waiting(code, "sign"):
            self.story.act(officer, "sign_for", one.case)
        if task := self._waiting(code, "review"):
            self.story.do_step(officer, task, "pass", "符合要求", {})
        if until == "issue":
            self.issue(code)

    def issue(self, code: str, **more: Any) -> None:
        one = self.item(code)
        task = self._waiting(code, "issue")
        assert task is not None and one.unit is not None
        outputs = listing.read(self.project.listed_id).items[code].outputs
        numbers = "、".join(f"示例{code}-{n}" for n in range(1, len(outputs) + 1))
        self.story.do_step(self.story.staffed(one.unit.code), task, "done", "", {"numbers": numbers, **more})
        assert self.item(code).state == ProjectItem.State.DONE

    def own(self, code: str, note: str) -> None:
        page = self.firm.go(self.at)
        form = page.locator("form[action$='/do/own/']").filter(has=page.locator(f"[name=item][value={code}]"))
        form.locator("[name=note]").fill(note)
        with page.expect_navigation():
            form.get_by_role("button").click()
        assert self.item(code).state == ProjectItem.State.DONE

    def _waiting(self, code: str, step: str) -> Task | None:
        return Task.objects.filter(case=self.item(code).case, step=step, status=Task.State.OPEN).first()


def test_from_the_land_contract_to_the_opinion(open_house: Callable[..., Any], visitor: Callable[..., Visitor]) -> None:
    house = open_house("reference", MONDAY)
    story = PageStory(house, visitor)
    business = story.business("示例精密零件有限公司", "2012-03-01", "street.linjiang", "platform.linjiang")
    firm = visitor(house).come_in(story.handler(business))

    # Before anything is filed: what it takes.
    page = firm.go("/portal/projects/")
    page.get_by_label("想做什么").fill(AIM)
    firm.press("看要办什么")
    expect(page.locator("main")).to_contain_text("联合验收")
    page.locator("summary", has_text="说细一点").click()
    page.get_by_label("环评类别").select_option("豁免")
    page.get_by_label("建筑面积").fill("9000")
    for name in ("soil", "drainage", "utilities"):
        page.locator(f"[name=f_{name}]").select_option("no")
    firm.press("看要办什么")
    assert not axe.violations(page)
    page.get_by_role("link", name=said("就按这个登记项目")).click()
    page.get_by_label("项目名称").fill("示例精密零件新厂")
    page.get_by_label("计划施工工期").fill("20")
    firm.press("登记")
    project = Project.objects.get()
    walk = Walk(story, firm, project)
    planned = set(project.items.values_list("code", flat=True))
    assert {"land_contract", "construction_permit", "joint_acceptance"} <= planned

    # The land contract, with what can be reviewed ahead meanwhile.
    walk.hand_in("project_info", "bid_confirmation", "design_scheme")
    walk.handle("project_filing")
    walk.handle("land_use_planning", until="review")
    walk.handle("scheme_review")
    house.wait(days=2)
    walk.handle("land_contract")
    walk.issue("land_use_planning")
    walk.handle("works_planning")

    # The enterprise lets a week pass before its drawings are there.
    house.wait(days=7)
    walk.hand_in("drawings", "building_contract", "safety_measures")
    for code in ("drawing_review", "civil_defence"):
        if code in planned:
            walk.handle(code)
    house.wait(days=1)
    walk.handle("construction_permit")

    # It builds, and asks for acceptance with one upload.
    walk.own("construction_start", "已开工")
    house.wait(days=30)
    walk.own("building", "已竣工")
    walk.hand_in("completion_file", "survey_report")
    case = walk.item("joint_acceptance").case
    centre = story.staffed("dept.approval")
    story.act(centre, "sign_for", case)
    day = f"{house.now:%Y-%m-%d}"
    visit = Task.objects.get(case=case, step="visit", status=Task.State.OPEN)
    story.do_step(centre, visit, "done", "", {"date": day})
    surveys = list(Task.objects.filter(case=case, step="survey", status=Task.State.OPEN).select_related("unit"))
    assert {t.unit.code for t in surveys if t.unit} == {
        "dept.approval", "dept.planning", "dept.construction", "dept.fire",
    }  # fmt: skip
    for task in surveys:
        story.do_step(story.staffed(task.unit.code), task, "pass", "合格", {})  # type: ignore[union-attr]
    house.wait(days=1)
    walk.issue("joint_acceptance", opinion="同意通过联合验收")

    # What it took, and where it waited.
    project.refresh_from_db()
    assert project.contract_on and project.permit_on and project.acceptance_on
    page = firm.go(walk.at)
    text = page.locator("main").inner_text()
    for day_of in (project.contract_on, project.permit_on, project.acceptance_on):
        assert f"{day_of:%Y-%m-%d}" in text
    assert f"签约后 {project.days_to_permit} 天" in text
    seen = standing.overview(project)
    shares = {s.party: s for s in seen.shares}
    assert shares["applicant"].percent > 50, "its drawings and the building took longest"
    shown = page.locator(".ys-shares li").all_inner_texts()
    assert len(shown) == len(seen.shares)
    assert any("项目单位自己" in line and f"{shares['applicant'].percent}%" in line for line in shown)
    # An arrow comes to each card from what it waits for, and starts at that card.
    codes = set(page.locator("[data-code]").evaluate_all("cards => cards.map(c => c.dataset.code)"))
    waits = page.locator("[data-code]").evaluate_all(
        "cards => cards.flatMap(c => `${c.dataset.after} ${c.dataset.endsAfter}`.split(' ').filter(Boolean))"
    )
    assert codes == set(seen.standing.items) and waits and set(waits) <= codes
    expect(page.locator(".ys-arrow")).to_have_count(len(waits))
    drawn = page.locator(".ys-arrow path").evaluate_all("lines => lines.filter(l => l.getTotalLength() > 5).length")
    assert drawn == len(waits)
    page.locator("summary", has_text="用表格看").click()
    row = page.get_by_role("row").filter(has_text="联合验收").first
    expect(row).to_contain_text("已办结")
    expect(page.locator("[data-ahead]")).to_contain_text("办结的还太少")
    assert not axe.violations(page)
    # The same on a phone.
    page.set_viewport_size({"width": 390, "height": 844})
    assert not firm.sideways()
