"""The case page: what is offered works, what is refused keeps what was typed, and pressing twice does once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.support.world import World
from tests.web.test_desk_pages import handled, to_pool
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.accounts.units import place
from yingshang.cases import actions, catalog, forms, workflow
from yingshang.cases.models import Case, Event, Status, Task
from yingshang.web.views import desk_schema
from yingshang.web.views.desk_actions import ACTIONS

As = Callable[[str], Client]


@pytest.fixture
def case(world: World) -> Case:
    return actions.open_case(
        world.firm1,
        scenario="qifu_express",
        service="demand",
        title="厂区门口道路夜间照明不足",
        text="员工晚班下班看不清路,希望协调处理。",
        business=world.business,
    )


def do(client: Client, case: Case, action: str, **data: object):  # type: ignore[no-untyped-def]
    return client.post(reverse("desk:case_act", args=[case.number, action]), {"key": "k1", **data})


def page(client: Client, case: Case):  # type: ignore[no-untyped-def]
    return client.get(reverse("desk:case", args=[case.number]))


def offered(answer) -> set[str]:  # type: ignore[no-untyped-def]
    context = answer.context
    names = {o.name for o in context["first"]} | {o.name for _t, rest in context["groups"] for o in rest}
    return names | {n for n in ("message", "document") if context[n]}


def test_a_demand_through_the_pages(world: World, case: Case, sign_in: As) -> None:
    case = to_pool(world, case)
    assert do(sign_in("dispatcher"), case, "dispatch", lead="区商务局").status_code == 302
    officer = sign_in("officer")
    assert "签收" in page(officer, case).content.decode()
    do(officer, case, "sign_for")
    assert "已签收，请尽快联系企业。" in page(officer, case).content.decode()
    do(officer, case, "contact", note="已电话联系,约定明日上门")
    do(officer, case, "answer", text="已协调路灯管养单位,今晚恢复照明。")
    case.refresh_from_db()
    assert case.status == Status.ANSWERED
    assert do(sign_in("reform"), case, "revisit", solved="yes", note="企业表示路灯已亮").status_code == 302
    case.refresh_from_db()
    assert (case.status, case.solved) == (Status.CLOSED, True)
    text = page(officer, case).content.decode()
    assert "已协调路灯管养单位" in text
    assert "企业表示路灯已亮" in text


def test_the_page_offers_what_the_table_allows(world: World, case: Case, sign_in: As) -> None:
    case = handled(world, case)
    for username in ("officer", "dispatcher", "commerce_lead", "reform", "leader", "auditor"):
        shown = offered(page(sign_in(username), case))
        allowed = set(workflow.offered(Case.objects.get(pk=case.pk), getattr(world, username)))
        assert shown <= allowed
        # What the diagram has no step for now (returning after the first call) is not offered.
        assert allowed - shown <= {"return", "contact"}, username


def test_every_action_of_the_table_that_officials_have_is_on_the_page() -> None:
    assert set(workflow.RULES) == set(ACTIONS)


def test_pressing_twice_does_once(world: World, case: Case, sign_in: As) -> None:
    case = handled(world, case)
    client = sign_in("officer")
    for _ in range(2):
        assert do(client, case, "message", text="请补充门牌号", public="yes").status_code == 302
    assert case.messages.count() == 1
    assert do(client, case, "message", text="第二条", public="no", key="k2").status_code == 302
    assert case.messages.count() == 2
    # The same key in another person's hands is another key.
    assert do(sign_in("officer2"), case, "message", text="第三条", public="no", key="k2").status_code == 302
    assert case.messages.count() == 3


def test_a_refused_form_keeps_what_was_typed(world: World, case: Case, sign_in: As) -> None:
    case = handled(world, case)
    answer = do(sign_in("officer"), case, "hand_over", to="没有这个局", reason="应由教育部门牵头")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "应由教育部门牵头" in text
    assert "没有「没有这个局」这个单位" in text
    case.refresh_from_db()
    assert case.lead_unit == world.units["dept.commerce"]


def test_who_comes_second_is_told_who_was_first(world: World, case: Case, sign_in: As) -> None:
    case = to_pool(world, case)
    actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
    first, second = sign_in("officer"), sign_in("officer2")
    assert do(first, case, "sign_for").status_code == 302
    answer = do(second, case, "sign_for")
    assert answer.status_code == 409
    assert "经办员" in answer.content.decode()
    assert Event.objects.filter(case=case, kind="signed").count() == 1


def test_what_one_may_not_do_is_refused(world: World, case: Case, sign_in: As) -> None:
    case = handled(world, case)
    assert do(sign_in("auditor"), case, "answer", text="越权答复").status_code == 403
    assert do(sign_in("education_officer"), case, "answer", text="看不到的件").status_code == 404
    assert do(sign_in("firm1"), case, "answer", text="企业").status_code == 403
    assert do(sign_in("officer"), case, "no_such_action").status_code == 404
    case.refresh_from_db()
    assert case.answer == ""


def test_signatures_and_co_handling_are_finished_on_the_page(world: World, case: Case, sign_in: As) -> None:
    case = handled(world, case)
    officer = sign_in("officer")
    answer = do(officer, case, "co_handle", units=[world.units["dept.education"].pk], note="请核实学校周边路段")
    assert answer.status_code == 302
    answer = do(officer, case, "add_signers", people=[world.commerce_lead.pk], mode="all", note="请审定")
    assert answer.status_code == 302
    assert do(officer, case, "answer", text="答复", key="a1").status_code == 409
    cohandle = Task.objects.get(case=case, kind=Task.Kind.COHANDLE)
    sign = Task.objects.get(case=case, kind=Task.Kind.SIGN)
    url = reverse("desk:case_task", args=[case.number, cohandle.pk])
    assert sign_in("commerce_lead").post(url, {"result": "不是我的"}).status_code == 403
    refused = sign_in("education_officer").post(url, {"result": ""})
    assert refused.status_code == 422
    assert sign_in("education_officer").post(url, {"result": "已核实"}).status_code == 302
    url = reverse("desk:case_task", args=[case.number, sign.pk])
    assert "请审定" in page(sign_in("commerce_lead"), case).content.decode()
    assert sign_in("commerce_lead").post(url, {"agree": "no", "result": ""}).status_code == 422
    assert sign_in("commerce_lead").post(url, {"agree": "yes", "result": "同意"}).status_code == 302
    assert do(officer, case, "answer", text="答复", key="a2").status_code == 302


def test_a_file_goes_up_and_comes_down(world: World, case: Case, sign_in: As) -> None:
    case = handled(world, case)
    officer = sign_in("officer")
    pdf = SimpleUploadedFile("现场.pdf", b"%PDF-1.4\n" + b"0" * 400, "application/pdf")
    assert do(officer, case, "document", file=pdf, public="no").status_code == 302
    held = case.documents.get()
    assert (held.name, held.public) == ("现场.pdf", False)
    assert "现场.pdf" in page(officer, case).content.decode()
    bad = SimpleUploadedFile("x.html", b"<script>1</script>", "text/html")
    answer = do(officer, case, "document", file=bad, public="yes", key="k9")
    assert answer.status_code == 422
    assert "不接受 .html 文件" in answer.content.decode()


def test_what_is_written_is_shown_as_text(world: World, case: Case, sign_in: As) -> None:
    case = handled(world, case)
    officer = sign_in("officer")
    do(officer, case, "message", text="<script>alert(1)</script>", public="yes")
    text = page(officer, case).content.decode()
    assert "<script>alert(1)</script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_form_of_a_step_is_drawn_from_its_schema_and_checked_by_it(world: World, sign_in: As) -> None:
    everybody_in(world, *sorted(units_of_the_folders() - set(Unit.objects.values_list("code", flat=True))))
    seen = set()
    for spec in catalog.every():
        for service in spec.services.values():
            if "officer" not in service.start_by:
                continue
            data = sample(spec, service.form)
            case = actions.open_case(
                world.officer,
                scenario=spec.id,
                service=service.id,
                title="测试事项",
                business=world.business,
                data=data,
            )
            for task in Task.objects.filter(case=case, status=Task.State.OPEN, kind=Task.Kind.STEP):
                name = forms.of_step(case, task.step)
                who = Membership.objects.filter(unit_id=task.unit_id).first() if task.unit_id else None
                if not name or who is None:
                    continue
                client = sign_in(who.person.username)
                text = page(client, case).content.decode()
                seen.add(name)
                for field in spec.forms[name]["properties"]:
                    assert f'name="f_{field}' in text, (spec.id, task.step, field)
                url = reverse("desk:case_task", args=[case.number, task.pk])
                assert client.post(url, {"outcome": task.outcomes.split(",")[0]}).status_code == (
                    422 if spec.forms[name].get("required") else 302
                )
    assert seen >= {"invitation", "agenda"}


def units_of_the_folders() -> set[str]:
    """Departments that a procedure, a rule or a description of any scenario names."""
    files = [path for spec in catalog.every() for path in spec.folder.iterdir()]
    texts = [path.read_text("utf-8") for path in files if path.suffix in (".bpmn", ".dmn", ".toml", ".py")]
    return {code for text in texts for code in re.findall(r"dept\.[a-z_]+", text)}


def everybody_in(world: World, *codes: str) -> None:
    """Units that the small district lacks, each with one officer."""
    for code in codes:
        unit = place(Unit(code=code, kind="department", name=code, sort=50), world.units["district"])
        person = Person.objects.create_user(username=code, kind=Person.Kind.OFFICIAL, name=code)
        Membership.objects.create(person=person, unit=unit, role=Role.OFFICER, since=date(2020, 1, 1))


def sample(spec, name: str) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """The least data that a form's schema accepts."""
    schema = spec.forms.get(name, {}) if name in spec.forms else {}
    data: dict[str, object] = {}
    for field in schema.get("required", []):
        data[field] = _value(schema["properties"][field])
    return data


def _value(prop) -> object:  # type: ignore[no-untyped-def]
    if "enum" in prop:
        return prop["enum"][0]
    match prop.get("type"):
        case "boolean":
            return True
        case "integer" | "number":
            return prop.get("minimum", 1)
        case "array":
            one = prop["items"]
            several = one.get("enum", ["dept.commerce", "dept.education", "dept.approval"])
            return [_value(one)] if one.get("type") == "object" else several[: max(prop.get("minItems", 1), 1)]
        case "object":
            return {k: _value(prop["properties"][k]) for k in prop.get("required", [])}
    if prop.get("format") == "date":
        return "2023-05-04"
    if "pattern" in prop:
        return next(text for text in ("2023-05", "2023Q2", "1200.50") if re.search(prop["pattern"], text))
    return "dept.commerce" if prop.get("x-widget") == "unit" else "测" * max(prop.get("minLength", 2), 2)


def test_a_list_of_small_tables_is_filled_in_rows(world: World) -> None:
    spec = catalog.get("service_officer")
    form_class = desk_schema.form_for(spec, "list")
    names = [f"f_items_{row}_{column}" for row in range(2) for column in ("what", "unit", "papers")]
    given = dict(zip(names, ["办执照", "区行政审批局", "身份证", "办赋码", "dept.economy", ""], strict=True))
    form = form_class(given)
    assert form.is_valid(), form.errors
    data = form.data_for_schema()
    assert data["items"] == [
        {"what": "办执照", "unit": "dept.approval", "papers": "身份证"},
        {"what": "办赋码", "unit": "dept.economy"},
    ]
    assert not forms.check(spec, "list", data)
    assert not form_class({**given, "f_items_0_unit": "没有这个局"}).is_valid()
    # Shown again with what was typed.
    assert 'value="办执照"' in form_class(given).as_p()


def test_every_form_of_every_scenario_can_be_drawn_and_filled(world: World) -> None:
    for spec in catalog.every():
        for name in spec.forms:
            form = desk_schema.form_for(spec, name)()
            assert form.as_p()
            data = sample(spec, name)
            assert not forms.check(spec, name, data), (spec.id, name)
            assert len(desk_schema.read(spec, name, data)) == len(data)


@pytest.mark.parametrize(("answered", "told"), [(True, True), (False, False)])
def test_only_what_was_answered_waits_to_be_confirmed(answered: bool, told: bool) -> None:
    """A project's item ends with its result: nobody is asked whether it solved anything."""
    from django.template.loader import render_to_string

    from yingshang import timekeeping
    from yingshang.cases.models import Case

    now = timekeeping.now()
    case = Case(number="X1", status="closed", opened_at=now, closed_at=now, answered_at=now if answered else None)
    assert ("未确认解决" in render_to_string("web/desk/_case_row.html", {"case": case})) is told
