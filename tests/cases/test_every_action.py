"""What holds for every action: done once by its key, with its event or not at all; versions of procedures stay."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from tests.support.world import World
from yingshang.cases import actions, catalog, events, procedures, workflow
from yingshang.cases.errors import Invalid
from yingshang.cases.models import (
    Case,
    Clock,
    ClockEntry,
    Escalation,
    Event,
    Message,
    Procedure,
    Rating,
    Revisit,
    Status,
    Task,
)

from .test_demand import ask, to_handling

Do = Callable[[World, Case, str | None], Any]


def pooled(world: World) -> Case:
    case = ask(world, title="没有分类的事", text="请协调")
    if case.status != Status.POOL:
        case = actions.return_case(case, world.people[world_lead(case)], reason="不属本单位")
    return case


def world_lead(case: Case) -> str:
    """Somebody of the lead unit of the small district."""
    return {"dept.commerce": "officer", "dept.economy": "economy_officer", "dept.education": "education_officer"}[
        case.lead_unit.code  # type: ignore[union-attr]
    ]


def assigned(world: World) -> Case:
    return actions.dispatch(pooled(world), world.dispatcher, lead=world.units["dept.commerce"])


def handling(world: World) -> Case:
    return to_handling(world, ask(world))


def signed(world: World) -> Case:
    return actions.sign_for(assigned(world), world.officer)


def supplementing(world: World) -> Case:
    return actions.ask_supplement(handling(world), world.officer, what="请补充照片")


def answered(world: World) -> Case:
    return actions.answer(handling(world), world.officer, text="已处理。")


def closed(world: World) -> Case:
    return actions.confirm(answered(world), world.firm1, solved=True)


#: Every action of the table: where it starts from, and how it is done.
EVERY: dict[str, tuple[Callable[[World], Case], Do]] = {
    "dispatch": (pooled, lambda w, c, k: actions.dispatch(c, w.dispatcher, lead=w.units["dept.commerce"], key=k)),
    "sign_for": (assigned, lambda w, c, k: actions.sign_for(c, w.officer, key=k)),
    "return": (assigned, lambda w, c, k: actions.return_case(c, w.officer, reason="不属本单位", key=k)),
    "hand_over": (handling, lambda w, c, k: actions.hand_over(c, w.officer, to=w.units["dept.economy"], reason="归口", key=k)),
    "contact": (signed, lambda w, c, k: actions.contact(c, w.officer, note="已联系", key=k)),
    "co_handle": (handling, lambda w, c, k: actions.co_handle(c, w.officer, units=[w.units["dept.economy"]], key=k)),
    "add_signers": (handling, lambda w, c, k: actions.add_signers(c, w.officer, people=[w.leader], key=k)),
    "ask_supplement": (handling, lambda w, c, k: actions.ask_supplement(c, w.officer, what="请补充照片", key=k)),
    "supplement": (supplementing, lambda w, c, k: actions.supplement(c, w.firm1, text="已补充", key=k)),
    "answer": (handling, lambda w, c, k: actions.answer(c, w.officer, text="已处理。", key=k)),
    "confirm": (answered, lambda w, c, k: actions.confirm(c, w.firm1, solved=False, comment="还没好", key=k)),
    "rate": (closed, lambda w, c, k: actions.rate(c, w.firm1, level=1, comment="又坏了", key=k)),
    "revisit": (closed, lambda w, c, k: actions.revisit(c, w.reform, solved=False, note="企业说没好", key=k)),
    "reopen": (closed, lambda w, c, k: actions.reopen(c, w.firm1, reason="又坏了", key=k)),
    "escalate": (handling, lambda w, c, k: actions.escalate(c, w.firm1, reason="没人管", key=k)),
    "supervise": (handling, lambda w, c, k: actions.supervise(c, w.reform, note="抓紧", key=k)),
    "urge": (handling, lambda w, c, k: actions.urge(c, w.firm1, key=k)),
    "copy": (handling, lambda w, c, k: actions.copy_to(c, w.officer, units=[w.units["dept.hr"]], key=k)),
    "extend": (handling, lambda w, c, k: actions.extend(c, w.officer, amount=Decimal(1), reason="需勘查", key=k)),
    "merge": (handling, lambda w, c, k: actions.merge(c, w.dispatcher, into=Case.objects.get(title="另一件"), reason="重复", key=k)),
    "withdraw": (handling, lambda w, c, k: actions.withdraw(c, w.firm1, reason="自己好了", key=k)),
    "message": (handling, lambda w, c, k: actions.message(c, w.firm1, text="在吗", key=k)),
    "nature": (handling, lambda w, c, k: actions.set_nature(c, w.officer, nature="common", key=k)),
}  # fmt: skip
TABLES = (Case, Task, Clock, ClockEntry, Event, Message, Escalation, Rating, Revisit)


def everything() -> dict[str, list[dict[str, Any]]]:
    return {m.__name__: list(m.objects.order_by("pk").values()) for m in TABLES}


def test_none_is_forgotten() -> None:
    assert set(EVERY) | {"document"} == set(workflow.RULES)


@pytest.mark.parametrize("name", EVERY)
def test_the_same_key_again_changes_nothing(world: World, name: str) -> None:
    if name == "merge":
        ask(world, title="另一件")
    start, do = EVERY[name]
    case = start(world)
    before = Event.objects.filter(case=case).count()
    do(world, case, "the key")
    once = everything()
    assert Event.objects.filter(case=case, key="the key").count() == 1
    assert Event.objects.filter(case=case).count() > before
    do(world, case, "the key")
    assert everything() == once


@pytest.mark.parametrize("name", EVERY)
def test_without_its_event_nothing_happened(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "merge":
        ask(world, title="另一件")
    start, do = EVERY[name]
    case = start(world)
    before = everything()

    def full(*_args: object, **_kwargs: object) -> Event:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(events, "write", full)
    with pytest.raises(DatabaseError), transaction.atomic():
        do(world, case, None)
    assert everything() == before


class TestVersions:
    @pytest.fixture
    def changed(self, world: World) -> bytes:
        """The procedure of demands with a step more before the answer."""
        xml = procedures.current("qifu_express", "demand").diagram
        more = (
            '<bpmn:userTask id="second_look" name="复核" ys:actor="lead" ys:status="handling" ys:outcomes="answer"/>'
            '<bpmn:sequenceFlow id="second_look_to_confirm" sourceRef="second_look" targetRef="confirm"/>'
        )
        at = xml.index('<bpmn:sequenceFlow id="handle_to_confirm"')
        end = xml.index(">", at)
        flow = xml[at:end].replace('targetRef="confirm"', 'targetRef="second_look"')
        return (xml[:at] + more + flow + xml[end:]).encode()

    def test_a_running_case_keeps_its_version_and_a_new_one_takes_the_newest(
        self, world: World, changed: bytes
    ) -> None:
        running = handling(world)
        second = procedures.publish("qifu_express", "demand", changed, world.admin)
        assert second.version == running.procedure.version + 1
        case = actions.confirm(actions.answer(running, world.officer, text="已处理。"), world.firm1, solved=True)
        assert (case.status, case.procedure.version) == (Status.CLOSED, second.version - 1)
        # Reopened, it goes on by the version it started on.
        assert actions.reopen(case, world.firm1, reason="又坏了").procedure.version == second.version - 1
        fresh = handling(world)
        assert fresh.procedure == second
        assert actions.answer(fresh, world.officer, text="已处理。").status == Status.HANDLING
        assert Task.objects.get(case=fresh, status=Task.State.OPEN, kind=Task.Kind.STEP).step == "second_look"

    def test_going_back_to_an_older_diagram_makes_it_current_again(self, world: World, changed: bytes) -> None:
        first = procedures.current("qifu_express", "demand")
        second = procedures.publish("qifu_express", "demand", changed, world.admin)
        # What is in force already is not published twice, and moving shapes about is no change.
        assert procedures.publish("qifu_express", "demand", changed, world.admin) == second
        third = procedures.publish("qifu_express", "demand", first.diagram.encode(), world.admin)
        assert (third.version, third.digest) == (second.version + 1, first.digest)
        assert procedures.current("qifu_express", "demand") == third
        assert handling(world).procedure == third
        assert [second.title, third.title] == [first.title] * 2

    def test_bringing_the_folders_in_again_leaves_what_an_official_published(
        self, world: World, changed: bytes
    ) -> None:
        spec = catalog.get("qifu_express")
        second = procedures.publish("qifu_express", "demand", changed, world.admin)
        assert procedures.install(spec) == [second]
        assert procedures.current("qifu_express", "demand") == second

    def test_a_folder_that_goes_back_is_followed(self, world: World, changed: bytes) -> None:
        spec = catalog.get("qifu_express")
        first = procedures.current("qifu_express", "demand")
        second = procedures.publish("qifu_express", "demand", changed, None)
        assert procedures.current("qifu_express", "demand") == second
        (third,) = procedures.install(spec)
        assert (third.version, third.digest) == (second.version + 1, first.digest)

    def test_a_published_version_cannot_be_changed_or_deleted(self, world: World) -> None:
        version = procedures.current("qifu_express", "demand")
        for change in (
            lambda: Procedure.objects.filter(pk=version.pk).update(title="别的"),
            lambda: Procedure.objects.filter(pk=version.pk).delete(),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                change()

    def test_what_the_engine_cannot_do_is_refused_with_its_id_and_what_to_use_instead(self, world: World) -> None:
        xml = procedures.current("qifu_express", "demand").diagram.replace("bpmn:scriptTask", "bpmn:serviceTask")
        with pytest.raises(Invalid) as refused:
            procedures.publish("qifu_express", "demand", xml.encode(), world.admin)
        (problem, *_) = refused.value.details["problems"]  # type: ignore[misc]
        assert "escalate" in problem and "serviceTask" in problem
        assert "业务规则任务" in problem

    def test_the_definition_is_stored_once_and_not_with_each_case(self, world: World) -> None:
        cases = [handling(world) for _ in range(3)]
        spec = len(bytes(procedures.current("qifu_express", "demand").spec))
        for case in cases:
            state = bytes(case.process.state)
            assert len(state) < 2048 < spec
        assert catalog.get("qifu_express").procedures.keys() == {"demand"}
