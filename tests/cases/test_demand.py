"""The main job, through the actions: ask, dispatch, sign, contact, answer, confirm; and every turn it can take."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import ObjectDoesNotExist

from tests.support.world import MORNING, World
from yingshang import timekeeping
from yingshang.accounts import audit, statements
from yingshang.cases import actions, categories, clocks, documents, promises, sweep, timeline
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, Category, Clock, Escalation, Event, Promise, Status, Task


def ask(world: World, **changes: object) -> Case:
    given = {
        "scenario": "qifu_express",
        "service": "demand",
        "title": "厂区门口道路夜间照明不足",
        "text": "员工晚班下班看不清路,希望协调处理。",
        "business": world.business,
    }
    return actions.open_case(world.firm1, **{**given, **changes})  # type: ignore[arg-type]


def to_handling(world: World, case: Case) -> Case:
    case = Case.objects.get(pk=case.pk)
    if case.status == Status.POOL:
        case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
    else:
        case = actions.return_case(case, lead_of(world, case), reason="不属本单位")
        case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
    case = actions.sign_for(case, world.officer)
    return actions.contact(case, world.officer, note="已电话联系")


def lead_of(world: World, case: Case):  # type: ignore[no-untyped-def]
    from yingshang.accounts.models import Membership

    return Membership.objects.filter(unit=case.lead_unit).first().person


def test_a_demand_from_asking_to_confirmed(world: World) -> None:
    case = ask(world)
    assert case.number.startswith("QT20230426-")
    assert {c.code for c in case.clocks.all()} >= {"first_contact", "resolve"}
    case = to_handling(world, case)
    assert case.status == Status.HANDLING
    assert case.first_contact_at == timekeeping.now()
    case = actions.answer(case, world.officer, text="已协调加装路灯。")
    assert case.status == Status.ANSWERED
    case = actions.confirm(case, world.firm1, solved=True)
    assert (case.status, case.solved) == (Status.CLOSED, True)
    assert not Task.objects.filter(case=case, status=Task.State.OPEN).exists()
    assert not Clock.objects.filter(case=case, state=Clock.State.RUNNING).exists()
    texts = [e.text for e in timeline.of(case, official=False)]
    assert any("已联系企业" in t for t in texts)
    assert texts[-1] == "企业确认：已解决"


def test_events_are_numbered_without_gaps(world: World) -> None:
    case = to_handling(world, ask(world))
    numbers = list(case.events.values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert Case.objects.get(pk=case.pk).events_count == len(numbers)
    assert not [p for p in audit.verify().problems if case.number in p]
    Event.objects.create(case=case, seq=len(numbers) + 1, at=timekeeping.now(), kind="confirmed", actor_label="谁")
    assert [p for p in audit.verify().problems if case.number in p], "nobody's action wrote it"


def test_same_key_again_changes_nothing(world: World) -> None:
    first = ask(world, key="k1")
    assert ask(world, key="k1").pk == first.pk
    assert Case.objects.count() == 1
    case = actions.urge(first, world.firm1, key="k2")
    before = case.events_count
    assert actions.urge(first, world.firm1, key="k2").events_count == before


def test_second_of_two_people_is_told_who_was_first(world: World) -> None:
    case = to_handling(world, ask(world))
    actions.answer(case, world.officer, text="已办理。")
    with pytest.raises(Conflict, match="经办员 已答复"):
        actions.answer(case, world.officer2, text="我也办了。")


def test_return_is_counted_and_the_third_goes_to_arbitration(world: World) -> None:
    case = ask(world)
    for bounce in range(1, 4):
        if Case.objects.get(pk=case.pk).status == Status.POOL:
            case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
        with pytest.raises(Invalid, match="理由"):
            actions.return_case(case, lead_of(world, case), reason=" ")
        case = actions.return_case(case, lead_of(world, case), reason="不属本单位职责")
        assert (case.status, case.bounces, case.lead_unit) == (Status.POOL, bounce, None)
    case = actions.dispatch(case, world.reform, lead=world.units["dept.commerce"])
    with pytest.raises(Invalid, match="仲裁"):
        actions.return_case(case, world.officer, reason="还是不属于")


def test_the_dispatcher_puts_the_category_right_and_the_promises_follow(world: World) -> None:
    power = Category.objects.get(scenario="qifu_express", code="power")
    for code, amount in ((clocks.RESOLVE, 2), (clocks.FIRST_CONTACT, 5)):
        general = Promise.objects.get(scenario="qifu_express", code=code, category=None, until=None)
        Promise.objects.update_or_create(
            {"amount": amount, "basis": "working_hours", "name": general.name, "name_en": general.name_en},
            scenario="qifu_express", code=code, category=power, until=None,
        )  # fmt: skip
    case = ask(world)
    assert case.category is None
    with timekeeping.travel(MORNING + timedelta(minutes=30)):
        with pytest.raises(Invalid) as wrong:
            actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"], category="nothing")
        assert "category" in str(wrong.value.details["fields"])
        case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"], category="power")
    due = MORNING + timedelta(hours=2)
    clock = Clock.objects.get(case=case, code=clocks.RESOLVE)
    assert (case.category, case.due_at, clock.due_at, clock.amount) == (power, due, due, 2)
    assert list(clock.entries.values_list("kind", "due_at"))[1:] == [("promised", due)]
    said = case.events.get(kind="category_set")
    assert (said.data["code"], said.data["before"]) == ("power", "")
    assert said.seq < case.events.get(kind="dispatched").seq
    assert f"归入分类「{power}」" in timeline.of(case, official=True)[-2].text
    # Named again it changes nothing; another is put right, and a broken promise is not made a kept one.
    with timekeeping.travel(MORNING + timedelta(hours=3)):
        sweep.sweep()
        case = actions.return_case(case, lead_of(world, case), reason="不属本单位")
        case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.economy"], category="power")
        assert case.events.filter(kind="category_set").count() == 1
        case = actions.return_case(case, lead_of(world, case), reason="也不属本单位")
        case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"], category="water")
    clock.refresh_from_db()
    assert (case.category.code, clock.due_at, case.overdue) == ("water", due, True)


def test_a_sure_rule_gives_the_category_that_nobody_chose(world: World) -> None:
    case = ask(world, title="员工孩子上学没有学位", text="")
    case.refresh_from_db()
    assert case.category is not None and (case.category.code, case.status) == ("schooling", Status.ASSIGNED)
    # Promised right from the start, not put right afterwards.
    clock = Clock.objects.get(case=case, code=clocks.RESOLVE)
    held = Promise.objects.get(scenario="qifu_express", code="resolve", category=case.category, until=None)
    assert (clock.amount, clock.basis, clock.name) == (held.amount, held.basis, held.name)
    assert list(clock.entries.values_list("kind", flat=True)) == ["started"]
    assert (case.due_at, clock.started_at) == (clock.due_at, case.opened_at)
    first = Clock.objects.get(case=case, code=clocks.FIRST_CONTACT)
    assert Task.objects.get(case=case, status=Task.State.OPEN).due_at == first.due_at
    assert list(case.events.values_list("kind", flat=True)) == ["opened", "category_set", "routed"]
    said = case.events.get(kind="category_set")
    assert (said.actor, said.data["by"], said.data["code"], said.data["before"]) == (None, "rule", "schooling", "")
    assert timeline.of(case, official=False)[-1].text == "系统按诉求用语归入分类「孩子上学」"
    # The dispatcher may put it right.
    case = actions.return_case(case, lead_of(world, case), reason="不属本单位")
    case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"], category="water")
    assert case.category.code == "water"


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"title": "厂区老是停电", "category": "water"}, "water"),
        ({"title": "厂区老是停电", "category": "other"}, "other"),
        ({"title": "孩子上学要办居住证"}, None),
        ({}, None),
    ],
)
def test_a_category_is_neither_overridden_nor_guessed(
    world: World, changes: dict[str, str], kept: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    together = statements.together
    monkeypatch.setattr(statements, "together", lambda *q: asked.extend(n for n, _values in q) or together(*q))
    case = ask(world, **changes)
    # What opening has asked about categories and promises is asked once, and nothing more.
    assert (asked.count(categories.NAMED), asked.count(promises.OF_CODE)) == (1, 1)
    assert promises._of_category not in asked
    assert (case.category.code if case.category else None) == kept
    assert not case.events.filter(kind="category_set").exists()
    assert case.clocks.filter(code__in=["first_contact", "resolve"]).count() == 2


def test_a_category_that_is_out_of_use_is_not_given(world: World) -> None:
    Category.objects.filter(scenario="qifu_express", code="power").update(active=False)
    case = ask(world, title="厂区老是停电")
    assert (case.category, case.clocks.get(code="resolve").amount) == (None, 5)


def test_supplement_stops_the_clock_and_moves_the_deadline(world: World) -> None:
    case = to_handling(world, ask(world))
    due = case.clocks.get(code="resolve").due_at
    case = actions.ask_supplement(case, world.officer, what="请补充路段照片")
    assert case.status == Status.SUPPLEMENT
    timekeeping.advance(timedelta(days=1))
    # However long it takes, nothing of it is late meanwhile.
    steps = case.tasks.filter(kind="step", status="open")
    assert Case.objects.get(pk=case.pk).due_at is None and [t.due_at for t in steps.all()] == [None]
    case = actions.supplement(case, world.firm1, text="已上传照片说明")
    clock = case.clocks.get(code="resolve")
    assert (case.status, clock.state) == (Status.HANDLING, Clock.State.RUNNING)
    assert clock.due_at > due
    assert Case.objects.get(pk=case.pk).due_at == clock.due_at and [t.due_at for t in steps.all()] == [clock.due_at]
    assert [e.kind for e in clock.entries.all()] == ["started", "paused", "resumed"]


def test_a_clock_is_extended_once_with_a_reason(world: World) -> None:
    case = to_handling(world, ask(world))
    due = case.clocks.get(code="resolve").due_at
    with pytest.raises(Invalid):
        actions.extend(case, world.officer, amount=Decimal(1), reason="")
    case = actions.extend(case, world.officer, amount=Decimal(1), reason="需现场勘查")
    assert case.clocks.get(code="resolve").due_at > due
    with pytest.raises(Conflict, match="一次"):
        actions.extend(case, world.officer, amount=Decimal(1), reason="再延")


def test_not_solved_climbs_level_by_level_and_is_reopened(world: World) -> None:
    case = to_handling(world, ask(world))
    for level in (1, 2, 3):
        case = actions.answer(case, world.officer, text="已处理。")
        case = actions.confirm(case, world.firm1, solved=False, comment="还是很暗")
        assert (case.level, case.status, case.solved) == (level, Status.HANDLING, False)
    assert Escalation.objects.get(case=case, settled_at__isnull=True).level == 3
    holders = list(
        Task.objects.filter(case=case, kind=Task.Kind.SUPERVISE)
        .order_by("id")
        .values_list("person__username", flat=True)
    )
    assert holders == ["commerce_lead", "leader", "reform"]
    case = actions.answer(case, world.officer, text="路灯已装。")
    case = actions.confirm(case, world.firm1, solved=True)
    assert case.status == Status.CLOSED
    assert not Escalation.objects.filter(case=case, settled_at__isnull=True).exists()


def test_bad_rating_reopens_with_history_and_clock_kept(world: World) -> None:
    case = to_handling(world, ask(world))
    case = actions.answer(case, world.officer, text="已处理。")
    case = actions.confirm(case, world.firm1, solved=True)
    started = case.clocks.get(code="resolve").started_at
    with pytest.raises(Invalid):
        actions.rate(case, world.firm1, level=1)
    case = actions.rate(case, world.firm1, level=1, comment="三天后又坏了")
    assert (case.status, case.reopened, case.level) == (Status.HANDLING, 1, 1)
    clock = case.clocks.get(code="resolve")
    assert (clock.state, clock.started_at) == (Clock.State.RUNNING, started)
    case = actions.answer(case, world.officer, text="已更换。")
    case = actions.confirm(case, world.firm1, solved=True)
    assert case.status == Status.CLOSED
    case = actions.rate(case, world.firm1, level=5)
    assert case.status == Status.CLOSED


def test_revisit_only_by_someone_who_did_not_handle_it(world: World) -> None:
    case = to_handling(world, ask(world))
    case = actions.answer(case, world.officer, text="已处理。")
    with pytest.raises(NotAllowed):
        actions.revisit(case, world.officer, solved=True, note="电话已确认")
    case = actions.revisit(case, world.reform, solved=True, note="企业表示满意")
    assert (case.status, case.solved) == (Status.CLOSED, True)


def test_silent_enterprise_is_revisited_when_the_timer_of_the_diagram_falls_due(world: World) -> None:
    case = to_handling(world, ask(world))
    case = actions.answer(case, world.officer, text="已处理。")
    timekeeping.advance(timedelta(days=20))
    assert sweep.sweep().timers == 1
    assert sweep.sweep().timers == 0
    task = Task.objects.get(case=case, status=Task.State.OPEN, step="revisit")
    assert task.outcomes == "solved,unsolved"
    case = actions.revisit(case, world.reform, solved=True, note="已接通,问题解决")
    assert case.status == Status.CLOSED


def test_overdue_fires_once_and_climbs(world: World) -> None:
    case = to_handling(world, ask(world))
    timekeeping.advance(timedelta(days=90))
    first = sweep.sweep()
    assert first.clocks >= 1
    case.refresh_from_db()
    assert (case.overdue, case.level) == (True, 1)
    assert sweep.sweep().clocks == 0
    assert Event.objects.filter(case=case, kind="overdue", data__code="resolve").count() == 1


def test_signatures_all_any_and_in_turn(world: World) -> None:
    case = to_handling(world, ask(world))
    people = [world.commerce_lead, world.leader]
    case = actions.add_signers(case, world.officer, people=people, mode=Task.Mode.TURN)
    first, second = Task.objects.filter(case=case, kind=Task.Kind.SIGN).order_by("sequence")
    assert (first.status, second.status) == (Task.State.OPEN, Task.State.WAITING)
    with pytest.raises(Conflict, match="加签"):
        actions.answer(case, world.officer, text="先答了")
    actions.finish_task(first, world.commerce_lead, result="同意")
    second.refresh_from_db()
    assert second.status == Task.State.OPEN
    with pytest.raises(NotAllowed):
        actions.finish_task(second, world.commerce_lead, result="代签")
    actions.finish_task(second, world.leader, result="同意")
    actions.add_signers(case, world.officer, people=people, mode=Task.Mode.ANY)
    task = Task.objects.filter(case=case, kind=Task.Kind.SIGN, status=Task.State.OPEN, person=world.leader).get()
    actions.finish_task(task, world.leader, result="同意")
    assert not Task.objects.filter(case=case, kind=Task.Kind.SIGN, status=Task.State.OPEN).exists()
    actions.add_signers(case, world.officer, people=people, mode=Task.Mode.ALL)
    task = Task.objects.filter(case=case, kind=Task.Kind.SIGN, status=Task.State.OPEN, person=world.leader).get()
    actions.finish_task(task, world.leader, result="措辞再改", agree=False)
    with pytest.raises(Conflict, match="未获同意"):
        actions.answer(case, world.officer, text="答复")


def test_cohandlers_report_before_the_answer(world: World) -> None:
    case = to_handling(world, ask(world))
    case = actions.co_handle(case, world.officer, units=[world.units["dept.education"]], note="请看通学路段")
    with pytest.raises(Conflict, match="区教育局"):
        actions.answer(case, world.officer, text="已处理")
    task = Task.objects.get(case=case, kind=Task.Kind.COHANDLE)
    assert Case.objects.visible_to(world.education_officer).filter(pk=case.pk).exists()
    actions.finish_task(task, world.education_officer, result="通学路段已核对")
    assert actions.answer(case, world.officer, text="已处理").status == Status.ANSWERED


def test_hand_over_keeps_the_clock_and_reaches_the_new_unit(world: World) -> None:
    case = to_handling(world, ask(world))
    due = case.clocks.get(code="resolve").due_at
    case = actions.hand_over(case, world.officer, to=world.units["dept.economy"], reason="工业企业归口")
    assert case.clocks.get(code="resolve").due_at == due
    with pytest.raises(NotAllowed):
        actions.answer(case, world.officer, text="我来答")
    assert Task.objects.waiting_for(world.economy_officer).filter(case=case).exists()
    assert actions.answer(case, world.economy_officer, text="已处理").status == Status.ANSWERED


def test_merge_and_withdraw_are_on_record(world: World) -> None:
    one, two = ask(world), ask(world, title="路灯不亮")
    two = actions.merge(two, world.dispatcher, into=one, reason="同一路段")
    assert (two.status, two.merged_into_id) == (Status.MERGED, one.pk)
    with pytest.raises(Invalid, match="由谁提出"):
        actions.withdraw(one, world.dispatcher, reason="企业来电")
    one = actions.withdraw(one, world.dispatcher, reason="问题已自行解决", requested_by="示例机电有限公司经办人来电")
    assert one.status == Status.WITHDRAWN
    assert not Clock.objects.filter(case__in=[one, two], state=Clock.State.RUNNING).exists()


def test_each_sees_only_what_is_theirs(world: World) -> None:
    case = to_handling(world, ask(world))
    seen = {name for name in world.people if Case.objects.visible_to(getattr(world, name)).filter(pk=case.pk).exists()}
    assert seen == {
        "firm1", "dispatcher", "officer", "officer2", "commerce_lead", "street_lead", "reform", "leader", "auditor",
    }  # fmt: skip


def test_root_cause_gathers_common_problems(world: World) -> None:
    cases = [ask(world), ask(world, title="另一处路灯")]
    root = actions.name_root_cause(
        world.reform, title="新建道路路灯移交不及时", owner=world.units["dept.economy"], cases=cases
    )
    assert {c.nature for c in Case.objects.filter(root_cause=root)} == {"common"}
    actions.solve_root_cause(root, world.reform, measure="建立路灯先行移交制度")
    with pytest.raises(Conflict):
        actions.solve_root_cause(root, world.reform, measure="再来一次")


def test_documents_are_checked_by_size_and_content(world: World, settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.HOME = tmp_path
    case = ask(world)
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
    document = documents.attach(case, world.firm1, name="../照片.png", stream=BytesIO(png))
    assert (document.name, document.media_type, document.size) == ("照片.png", "image/png", len(png))
    assert documents.attach(case, world.firm1, name="照片.png", stream=BytesIO(png)).pk == document.pk
    with pytest.raises(Invalid, match="不符"):
        documents.attach(case, world.firm1, name="照片.png", stream=BytesIO(b"<html><script>"))
    with pytest.raises(Invalid, match="不接受"):
        documents.attach(case, world.firm1, name="a.html", stream=BytesIO(b"<html>"))
    settings.UPLOAD_MAX_BYTES = 10
    with pytest.raises(Invalid, match="MB"):
        documents.attach(case, world.firm1, name="b.png", stream=BytesIO(png))
    with pytest.raises(Invalid, match="空"):
        documents.attach(case, world.firm1, name="c.png", stream=BytesIO(b""))


def test_editing_the_calendar_recomputes_running_clocks(world: World) -> None:
    from yingshang.accounts import calendar

    case = to_handling(world, ask(world))
    clock = case.clocks.get(code="resolve")
    due = clock.due_at
    calendar.edit(due.astimezone(timekeeping.SHANGHAI).date(), False, "全区停电检修", world.admin)
    assert clocks.recompute_all() >= 1
    clock.refresh_from_db()
    assert clock.due_at > due
    assert clock.entries.last().kind == "recomputed"


@pytest.mark.django_db(transaction=True)
def test_audit_chain_finds_changed_and_missing_rows() -> None:
    from django.db import connection

    from tests.support.world import MORNING, build

    with timekeeping.travel(MORNING):
        world = build()
        case = ask(world)
        actions.urge(case, world.firm1)
    verdict = audit.verify()
    assert verdict.intact and verdict.rows > 2
    with connection.cursor() as c:
        with pytest.raises(Exception, match="append-only"):
            c.execute("UPDATE cases_event SET actor_label = '别人' WHERE case_id = %s", [case.pk])
        c.execute("ALTER TABLE cases_event DISABLE TRIGGER append_only")
        c.execute("UPDATE cases_event SET actor_label = '别人' WHERE case_id = %s AND seq = 1", [case.pk])
        assert any("被改动" in p for p in audit.verify().problems)
        c.execute("DELETE FROM cases_event WHERE case_id = %s AND seq = 1", [case.pk])
        assert any("被删除" in p for p in audit.verify().problems)
        c.execute("ALTER TABLE cases_event ENABLE TRIGGER append_only")
    with pytest.raises(ObjectDoesNotExist):
        case.events.get(seq=1)
