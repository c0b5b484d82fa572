"""The pages of a project: the way before applying, the enterprise's, the units', the list of items."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

if TYPE_CHECKING:
    from tests.scenarios.driver import Story
    from yingshang.projects.models import Project

PDF = b"%PDF-1.4\n%sample of tests\n"


def file(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{name}.pdf", PDF + name.encode(), "application/pdf")


def text(page: Any) -> str:
    """What is read on a page, without tags and idle space."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def opened(story: Story, **more: Any) -> Project:
    from tests.projects.district import opened as open_one

    return open_one(story, **more)


# --- before applying ------------------------------------------------------------------------------------------------------


def test_anybody_finds_the_way_of_an_aim(story: Story, client: Client) -> None:
    page = client.get("/way/", {"aim": "在这里开一家疫苗厂"})
    said = text(page)
    assert page.status_code == 200
    assert "件事，都按承诺办" in said and "建筑工程施工许可" in said and "药品生产许可" in said
    assert "根据 「疫苗」" in said and "先这样估计" in said
    assert "个工作日，不含「施工至竣工」的时间" in said, "building takes longer than all the rest"
    assert "没有看懂" not in said
    assert "登记项目" not in said, "a visitor has nothing to enter it with"
    assert client.get("/way/").status_code == 200
    wrong = client.get("/way/", {"aim": "", "f_area": "-3"})
    assert wrong.status_code == 422 and "way" not in wrong.context


def test_what_the_asker_says_takes_precedence(story: Story, client: Client) -> None:
    page = client.get("/way/", {"aim": "开一家疫苗厂", "f_kind": "租赁厂房装修", "f_drug": "no"})
    codes = page.context["planned"].steps
    assert "drug_licence" not in codes and "land_contract" not in codes
    assert {r["source"] for r in page.context["readings"] if r["value"] == "租赁厂房装修"} == {"said"}
    built = text(client.get("/way/", {"aim": "开一家疫苗厂", "f_build_days": "200"}))
    assert "不含「施工至竣工」" not in built


def test_an_aim_that_was_not_understood_is_said_to_be_so(story: Story, client: Client) -> None:
    said = text(client.get("/way/", {"aim": "qwerty 我想飞"}))
    assert "“qwerty 我想飞”这句话，系统一个词也没有看懂。 下面排的是一个一般的新建项目" in said
    said = text(client.get("/way/", {"aim": "我想飞", "f_kind": "租赁厂房装修"}))
    assert "没有看懂。 下面只按您在“说细一点”里选的情况排" in said
    assert "没有看懂" not in text(client.get("/way/", {"aim": "", "f_kind": "租赁厂房装修"}))


def test_a_step_of_the_way_waits_for_earlier_steps_only(story: Story, client: Client) -> None:
    page = client.get("/way/", {"aim": "在这里开一家疫苗厂"})
    at = {s["step"].code: n for n, group in enumerate(page.context["steps"]) for s in group}
    waits = {c: (*s.after, *s.ends_after) for c, s in page.context["planned"].steps.items()}
    assert waits["construction_permit"] and not page.context["planned"].steps["construction_permit"].after
    assert not [(c, b) for c, before in waits.items() for b in before if at[b] >= at[c]]


def test_policies_on_the_way_say_what_they_fit_by(story: Story, client: Client) -> None:
    from django.core.management import call_command

    call_command("load_policies", verbosity=0)
    said = text(client.get("/way/", {"aim": "老厂区扩建一条生产线"}))
    assert "数字化改造资助" in said and "因为：自有用地扩建、技改" in said
    assert "白杨街道企业分档奖励" not in said and "要看建在哪里" in said
    none = text(client.get("/way/", {"aim": "租厂房做直播"}))
    assert "没有写明适用于这样的项目的条款" in none
    there = client.get("/way/", {"aim": "租厂房做直播", "place": "street.baiyang"})
    assert "因为：在白杨街道" in text(there) and "要看建在哪里" not in text(there)
    assert "place=street.baiyang" in there.context["open_query"]
    assert client.get("/way/", {"aim": "", "place": "dept.water"}).status_code == 422


def test_a_way_becomes_a_project(story: Story, as_: Callable[..., Client]) -> None:
    from yingshang.projects.models import Project

    business = story.business("示例疫苗有限公司", "2010-01-01", "street.linjiang", "platform.linjiang")
    firm = as_(story.handler(business))
    way = firm.get("/way/", {"aim": "在这里开一家疫苗厂"})
    link = re.search(r'href="(/portal/projects/new/\?[^"]+)"', way.content.decode())
    assert link
    form = firm.get(link[1].replace("&amp;", "&"))
    posted = {"key": "k", "name": "疫苗工厂"}
    for name, field in form.context["facts"].fields.items():
        value = form.context["facts"].get_initial_for_field(field, name)
        if value not in (None, "", False):
            posted[name] = "on" if value is True else value
    answer = firm.post("/portal/projects/new/", posted)
    project = Project.objects.get()
    assert answer["Location"] == f"/portal/projects/{project.number}/"
    assert set(project.items.values_list("code", flat=True)) == set(way.context["planned"].steps)
    assert firm.post("/portal/projects/new/", posted).status_code == 302 and Project.objects.count() == 1
    refused = firm.post("/portal/projects/new/", {"key": "k2", "name": "x", "f_kind": "租赁厂房装修"})
    assert refused.status_code == 422 and Project.objects.count() == 1


# --- one project ------------------------------------------------------------------------------------------------------------


def test_where_it_stands_at_first_glance(story: Story, as_: Callable[..., Client]) -> None:
    from datetime import timedelta

    from tests.projects.district import give, handle
    from yingshang.web.templatetags.ui import stages

    project = opened(story)
    firm = as_(story.handler(project.business))
    for kind in ("project_info", "soil_plan"):
        give(project, kind)
    early = firm.get(f"/portal/projects/{project.number}/")
    # Nobody is blamed in the minute in which documents came; what is waited for comes first and is counted alike everywhere.
    assert "接件" not in text(early) and not early.context["seen"].silent
    assert "ys-stat text-red" not in early.content.decode()
    now, later = early.context["missing_now"], early.context["missing_later"]
    assert early.context["missing"] == [*now, *later] and now and later
    assert f"（{len(now)} 份）" in early.context["headline"] and f"现在就等这 {len(now)} 份" in text(early)
    assert early.content.decode().count("现在就等它") == len(now)
    handle(story, project, "project_filing")
    item = project.items.select_related("case").get(code="soil_water")
    assert [(r["name"], r["state"]) for r in stages(item.case)["rows"]] == [
        ("发起", "done"), ("接件", "now"), ("办理", "todo"), ("出结果", "todo"),
    ]  # fmt: skip
    story.wait(timedelta(days=9))
    page = firm.get(f"/portal/projects/{project.number}/")
    said = text(page)
    assert f"另有 {len(page.context['seen'].silent)} 件单位满一个工作日还没接件" in said
    assert "2 件正在由单位办理" in said and "单位还没有接件" in said and "已逾期" in said
    shares = {s.party: s.percent for s in page.context["seen"].shares}
    assert sum(shares.values()) == 100 and "项目单位自己" in said
    rows = {line.row.item.code: [b.kind for b in line.bars] for line in page.context["lines"]}
    assert rows["project_filing"] == ["plan", "done"] and rows["soil_water"] == ["plan", "late"]
    assert "ahead" in {k for kinds in rows.values() for k in kinds}
    # A long project: all of it at first, what lies before building larger, and the weeks around today.
    assert [(name, drawn) for name, _label, drawn in page.context["windows"]] == [
        ("all", True), ("early", False), ("near", False),
    ]  # fmt: skip
    near = firm.get(f"/portal/projects/{project.number}/", {"span": "near"})
    assert near.context["scale"].days < page.context["scale"].days
    away = {line.row.item.code for line in near.context["outside"]}
    assert "title_registration" in away and "不在这段时间里的" in text(near)
    assert not away & {line.row.item.code for line in near.context["lines"]}
    assert [s.number for s in page.context["stages"]] == list(range(1, len(page.context["stages"]) + 1))
    # Another firm's handler finds no such project.
    other = story.handler(story.business("示例他人有限公司", "2012-01-01", "street.xiasha"))
    assert as_(other).get(f"/portal/projects/{project.number}/").status_code == 404
    # A project is one row of what came to an end, however many of its items did.
    handle(story, project, "soil_water")
    done = stages(project.items.get(code="soil_water").case)
    assert {r["state"] for r in done["rows"]} == {"done"} and "已办结" in done["label"]
    home = firm.get("/portal/")
    (row,) = home.context["recent"]
    assert (row.project, row.ended, row.items) == (project, 2, project.items.count())
    assert f"{row.items} 个事项，2 个已有结果" in text(home)


def test_documents_are_handed_in_once_and_named_with_their_users(story: Story, as_: Callable[..., Client]) -> None:
    from yingshang.projects.models import Paper

    project = opened(story, facts={"special_fire": True})
    firm = as_(story.handler(project.business))
    url = f"/portal/projects/{project.number}/"
    drawings = next(s for s in firm.get(url).context["missing"] if s.kind == "drawings")
    assert len(drawings.users) > 1
    answer = firm.post(f"{url}do/papers/", {"file_drawings": file("图"), "file_soil_plan": file("水保")})
    assert answer.status_code == 302
    assert set(Paper.objects.values_list("kind", flat=True)) == {"drawings", "soil_plan"}
    missing = {s.kind for s in firm.get(url).context["missing"]}
    assert not missing & {"drawings", "soil_plan"}
    assert firm.post(f"{url}do/papers/", {}).status_code == 422
    assert firm.post(f"{url}do/papers/", {"file_land_contract": file("合同")}).status_code == 422
    assert firm.post(f"{url}do/nothing/", {}).status_code == 404


def test_a_supplement_is_asked_once_and_answered_once(story: Story, as_: Callable[..., Client]) -> None:
    from datetime import timedelta

    from tests.projects.district import fresh, give, handle
    from yingshang.projects.models import Request

    project = opened(story)
    for kind in ("soil_plan", "eia_document"):
        give(project, kind)
        handle(story, project, {"soil_plan": "soil_water", "eia_document": "environment_form"}[kind], until="sign")
    desk = f"/desk/projects/of/{project.number}/"
    water, nature = (as_(fresh(story.staffed(u))) for u in ("dept.water", "dept.environment"))
    centre = as_(fresh(story.staffed("dept.approval")))
    given = {"item": "soil_water", "kind": "soil_plan", "note": "补排水图"}
    assert water.post(f"{desk}do/ask/", given).status_code == 302
    # A unit asks for its own items only.
    assert water.post(f"{desk}do/ask/", {**given, "item": "environment_form"}).status_code == 422
    joined = {"item": "environment_form", "kind": "soil_plan", "note": "与环评口径一致"}
    assert nature.post(f"{desk}do/ask/", joined).status_code == 302
    assert water.post(f"{desk}do/send/").status_code == 403
    (asked,) = centre.get(desk).context["asked"]
    assert [note for _unit, note in asked.by] == ["补排水图", "与环评口径一致"]
    assert centre.post(f"{desk}do/send/").status_code == 302
    firm = as_(story.handler(project.business))
    url = f"/portal/projects/{project.number}/"
    assert "补排水图" in text(firm.get(url)) and "请一次补正" in text(firm.get(url))
    empty = firm.post(f"{url}do/answer/", {"text": ""})
    assert empty.status_code == 422 and "请上传补正后的材料" in text(empty)
    story.wait(timedelta(hours=1))
    assert firm.post(f"{url}do/answer/", {"text": "", "file_soil_plan": file("新")}).status_code == 302
    assert Request.objects.get().state == "answered"
    assert firm.post(f"{url}do/answer/", {"text": "再来"}).status_code == 422


def test_withdrawing_asks_first_and_says_what_stops(story: Story, as_: Callable[..., Client]) -> None:
    from tests.projects.district import fresh, give
    from yingshang.projects.models import Project

    project = opened(story)
    give(project, "soil_plan")
    firm = as_(story.handler(project.business))
    url = f"/portal/projects/{project.number}/withdraw/"
    # What is built is not stopped.
    Project.objects.update(acceptance_on="2022-09-05")
    assert "不能再终止" in text(firm.get(url))
    assert url not in firm.get(f"/portal/projects/{project.number}/").content.decode()
    assert firm.post(url, {"reason": "合同解除", "sure": "on"}).status_code == 409
    Project.objects.update(acceptance_on=None)
    said = text(firm.get(url))
    assert "水土保持方案审批" in said and "会通知" in said and "不再开始" in said
    assert firm.post(url, {"reason": "合同解除"}).status_code == 422
    assert Project.objects.get().state == "running"
    assert firm.post(url, {"reason": "合同解除", "sure": "on"}).status_code == 302
    assert Project.objects.get().state == "withdrawn"
    # Each unit is told on its list, until somebody has read it.
    water = as_(fresh(story.staffed("dept.water")))
    notice = water.get("/desk/projects/").context["notices"][0]
    desk = f"/desk/projects/of/{project.number}/"
    assert "合同解除" in text(water.get(desk))
    assert water.post(f"{desk}do/see/", {"notice": notice.pk}).status_code == 302
    assert not water.get("/desk/projects/").context["notices"]
    assert "没有可终止的" in text(firm.get(url))


def test_shortcuts_are_taken_on_the_page(story: Story, as_: Callable[..., Client]) -> None:
    from yingshang.projects.models import FollowUp

    project = opened(story)
    firm = as_(story.handler(project.business))
    url = f"/portal/projects/{project.number}/"
    offered = {(w.action, *w.fields.values()) for w in firm.get(url).context["ways"]}
    assert ("stage", "pit_permit") in offered and ("commit", "soil_water") in offered
    assert firm.post(f"{url}do/stage/", {"code": "pit_permit"}).status_code == 302
    assert firm.post(f"{url}do/commit/", {"item": "soil_water"}).status_code == 302
    given = {"item": "construction_permit", "document": "safety_measures"}
    assert firm.post(f"{url}do/defer/", given).status_code == 302
    assert FollowUp.objects.count() == 2
    assert firm.post(f"{url}do/commit/", {"item": "soil_water"}).status_code == 409
    assert firm.post(f"{url}do/commit/", {"item": "nothing"}).status_code == 422
    page = firm.get(url)
    assert not {("stage", "pit_permit"), ("commit", "soil_water")} & {
        (w.action, *w.fields.values()) for w in page.context["ways"]
    }
    assert "承诺和后补的" in text(page)


# --- units ------------------------------------------------------------------------------------------------------------------


def test_a_unit_sees_its_own_items_and_the_same_file(story: Story, as_: Callable[..., Client]) -> None:
    from tests.projects.district import fresh, give

    project = opened(story)
    give(project, "soil_plan")
    water = as_(fresh(story.staffed("dept.water")))
    listed = water.get("/desk/projects/")
    assert [i.code for i in listed.context["to_do"]] == ["soil_water"]
    assert not listed.context["waiting"]
    page = water.get(f"/desk/projects/of/{project.number}/")
    assert [r.item.code for r in page.context["mine"]] == ["soil_water"]
    assert "水土保持方案" in text(page) and "soil_plan.pdf" in page.content.decode()
    # Not the centre: it cannot stop the project, nor take part for the enterprise.
    assert water.get(f"/desk/projects/of/{project.number}/withdraw/").status_code == 403
    assert water.post(f"/desk/projects/of/{project.number}/do/stage/", {"code": "pit_permit"}).status_code == 403
    outsider = as_(fresh(story.staffed("dept.education")))
    assert outsider.get(f"/desk/projects/of/{project.number}/").status_code == 404
    assert not outsider.get("/desk/projects/").context["rows"]


def test_guidance_review_and_one_visit_for_all(story: Story, as_: Callable[..., Client]) -> None:
    from datetime import timedelta

    from tests.projects.district import fresh, give
    from yingshang import timekeeping
    from yingshang.activities.models import Activity
    from yingshang.cases import actions as case_actions
    from yingshang.cases.models import Case, Task

    project = opened(story)
    for kind in ("soil_plan", "eia_document"):
        give(project, kind)
    desk = f"/desk/projects/of/{project.number}/"
    water, nature = (as_(fresh(story.staffed(u))) for u in ("dept.water", "dept.environment"))
    assert "前期指导和意见" in text(water.get(desk))
    assert water.post(f"{desk}do/comment/", {"text": "排水口请留在北侧", "public": "on"}).status_code == 302
    assert water.post(f"{desk}do/comment/", {"text": "内部:与环保对一下"}).status_code == 302
    seen = text(as_(story.handler(project.business)).get(f"/portal/projects/{project.number}/"))
    assert "排水口请留在北侧" in seen and "与环保对一下" not in seen
    # Sent to both at once; each signs, the centre settles what they differ in.
    units = ["dept.water", "dept.environment"]
    assert water.post(f"{desk}do/review/", {"subject": "排水口位置", "units": units}).status_code == 302
    case = Case.objects.get(service="review")
    case_actions.sign_for(case, fresh(story.staffed("dept.approval")))
    open_ones = Task.objects.filter(case=case, step="opinion", status="open")
    assert open_ones.count() == 2
    for task, outcome in zip(open_ones.order_by("id"), ("agree", "object"), strict=True):
        case_actions.complete_task(task, fresh(story.staffed(task.unit.code)), outcome=outcome, note="北侧更好")
    (joint,) = water.get(desk).context["reviews"]
    assert sorted(t.outcome for t in joint.opinions) == ["agree", "object"]
    assert Task.objects.get(case=case, step="settle", status="open").unit.code == "dept.approval"
    # One visit: the second call joins the first.
    at = timekeeping.now() + timedelta(days=2)
    call = {"kind": "visit", "title": "看现场", "starts_at": f"{at:%Y-%m-%dT%H:%M}"}
    assert water.post(f"{desk}do/call/", call).status_code == 302
    assert nature.post(f"{desk}do/call/", {**call, "title": "再看现场"}).status_code == 302
    assert Activity.objects.count() == 1
    assert len(water.get(desk).context["together"]) == 1
    late = water.post(f"{desk}do/call/", {**call, "starts_at": "2020-01-01T09:00"})
    assert late.status_code == 422 and "请填以后的时间" in text(late)


def test_the_centre_verifies_what_was_committed(story: Story, as_: Callable[..., Client]) -> None:
    from tests.projects.district import fresh, give, handle, item
    from yingshang.projects import actions
    from yingshang.projects.models import FollowUp

    project = opened(story)
    actions.commit(item(project, "soil_water"), fresh(story.handler(project.business)))
    give(project, "soil_plan")
    handle(story, project, "soil_water")
    follow = FollowUp.objects.get()
    desk = f"/desk/projects/of/{project.number}/"
    water = as_(fresh(story.staffed("dept.water")))
    assert "核查「水土保持方案审批」的承诺" in text(water.get(desk))
    given = {"follow": follow.pk, "kept": "yes", "result": "现场一致"}
    assert as_(fresh(story.staffed("dept.environment"))).post(f"{desk}do/settle/", given).status_code == 403
    assert water.post(f"{desk}do/settle/", given).status_code == 302
    follow.refresh_from_db()
    assert follow.kept is True


# --- the forecast -------------------------------------------------------------------------------------------------------------


def test_too_little_history_is_said(story: Story, as_: Callable[..., Client]) -> None:
    project = opened(story)
    firm = as_(story.handler(project.business))
    url = f"/projects/{project.number}/ahead/"
    whole, part = firm.get(url), firm.get(url, headers={"HX-Request": "true"})
    assert "办结的还太少" in text(whole) and "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert "分阶段" in text(part), "what would bring it forward is known without any history"
    assert Client().get(url).status_code == 302


def test_the_forecast_says_how_it_was_computed(
    story: Story, as_: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.projects.test_standing import exactly
    from yingshang.accounts import calendar
    from yingshang.projects import forecast
    from yingshang.projects.projecting import project_on
    from yingshang.projects.state import Standing

    project = opened(story)
    codes = list(project.items.values_list("code", flat=True))
    monkeypatch.setattr(forecast, "history", lambda but: exactly(codes))
    page = as_(story.handler(project.business)).get(f"/projects/{project.number}/ahead/")
    end = f"{project_on(Standing(project)).end:%Y-%m-%d}"
    said = text(page)
    # What would bring it forward is compared with the plan, and says so: so many working days before its end.
    kept = calendar.load()
    gains = {(o.gain, o.end) for o, _d, _u in page.context["options"] if o.gain}
    assert gains and all(kept.add_working_days(e, n) == page.context["planned"].end for n, e in gains)
    assert f"都和按计划天数办、{end} 办完的比" in said
    assert said.count(end) >= 5 and "怎么算的" in said and "20 个项目里办结的 200 件事项" in said


# --- the list of items --------------------------------------------------------------------------------------------------------


def test_a_circle_is_shown_and_not_published(story: Story, as_: Callable[..., Client]) -> None:
    from yingshang.accounts.models import Role
    from yingshang.projects.models import ItemList

    reform = as_(story.official("dept.reform", Role.REFORM_OFFICE))
    page = reform.get("/desk/projects/items/")
    assert "事项" in text(page) and page.context["version"].version == 1
    url = "/desk/projects/items/scheme_review/"
    form = reform.get(url).context["form"]
    given = {"days": 5, "source": "区数据", "unit": form["unit"].value(), "after": ["construction_permit"]}
    refused = reform.post(url, given)
    assert refused.status_code == 422 and ItemList.objects.count() == 1
    assert "互相等待" in text(refused) and "→ 建设工程设计方案审查" in text(refused)
    assert reform.post(url, {**given, "after": [], "days": 4}).status_code == 302
    assert ItemList.objects.first().version == 2
    assert reform.post(url, {**given, "after": [], "days": 4, "source": ""}).status_code == 422
    officer = as_(story.official("dept.water"))
    assert officer.get(url).status_code == 403
    assert officer.get("/desk/projects/items/").status_code == 200


def test_loading_the_same_folders_again_keeps_what_was_changed_here(story: Story, as_: Callable[..., Client]) -> None:
    from django.core.management import call_command

    from yingshang.accounts.models import Role
    from yingshang.projects.models import ItemList

    reform = as_(story.official("dept.reform", Role.REFORM_OFFICE))
    url = "/desk/projects/items/soil_water/"
    given = {"days": 3, "source": "区数据", "unit": "dept.water"}
    assert reform.post(url, given).status_code == 302
    call_command("load_items", verbosity=0)
    assert ItemList.objects.first().version == 2
    assert reform.get(url).context["form"].initial["days"] == 3


def test_the_plan_of_a_kind_of_project(story: Story, as_: Callable[..., Client]) -> None:
    officer = as_(story.official("dept.water"))
    page = officer.get("/desk/projects/plan/", {"f_kind": "新出让用地新建", "f_area": "42000"})
    assert page.status_code == 200 and "construction_permit" in page.context["planned"].steps
    assert officer.get("/desk/projects/plan/").status_code == 200
    assert officer.get("/desk/projects/plan/", {"f_area": "x"}).status_code == 422


# --- cost ---------------------------------------------------------------------------------------------------------------------


def test_the_pages_ask_few_queries(
    story: Story, as_: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    from tests.projects.district import fresh, give, handle

    project = opened(story)
    firm, water = as_(story.handler(project.business)), as_(fresh(story.staffed("dept.water")))
    for kind in ("project_info", "soil_plan", "eia_document", "design_scheme"):
        give(project, kind)
    handle(story, project, "project_filing")
    pages = (
        (firm, f"/portal/projects/{project.number}/", PORTAL_PAGE),
        (firm, "/portal/projects/", 12),
        (water, f"/desk/projects/of/{project.number}/", DESK_PAGE),
        (water, "/desk/projects/", 12),
        (firm, f"/projects/{project.number}/ahead/", 14),
        (firm, "/way/?aim=疫苗厂", 12),
    )
    for client, url, most in pages:
        client.get(url)
        with django_assert_max_num_queries(most):
            assert client.get(url).status_code == 200


PORTAL_PAGE, DESK_PAGE = 22, 32
