"""Turns a case can take that are rare, and go wrong easily."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest

from tests.support.world import World, fresh
from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Membership, Person, Role
from yingshang.cases import actions, clocks, documents, engine, sweep, workflow
from yingshang.cases.actions import steps
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, CaseProcess, Clock, Escalation, RootCause, Status, Task
from yingshang.registry.models import Handler

from .test_demand import ask, lead_of, to_handling


class TestArbitration:
    @pytest.fixture
    def arbitrated(self, world: World) -> Case:
        case = ask(world)
        for _ in range(3):
            if Case.objects.get(pk=case.pk).status == Status.POOL:
                case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
            case = actions.return_case(case, lead_of(world, case), reason="不属本单位职责")
        return case

    def test_not_by_the_dispatcher_whose_dispatches_came_back(self, world: World, arbitrated: Case) -> None:
        with pytest.raises(NotAllowed, match="仲裁"):
            actions.dispatch(arbitrated, world.dispatcher, lead=world.units["dept.commerce"])
        case = actions.dispatch(arbitrated, world.reform, lead=world.units["dept.commerce"])
        assert case.events.get(kind="dispatched", data__arbitrated=True).actor == world.reform

    def test_it_binds(self, world: World, arbitrated: Case) -> None:
        case = actions.dispatch(arbitrated, world.reform, lead=world.units["dept.commerce"])
        with pytest.raises(Invalid, match="仲裁"):
            actions.return_case(case, world.officer, reason="还是不属于")
        with pytest.raises(Invalid, match="仲裁"):
            actions.hand_over(case, world.officer, to=world.units["dept.economy"], reason="推给别人")
        case = actions.co_handle(case, world.officer, units=[world.units["dept.economy"]], note="请派员")
        assert actions.sign_for(case, world.officer).handler == world.officer


class TestHandOver:
    def test_to_a_cohandler_needs_no_answer_of_it_to_itself(self, world: World) -> None:
        case = to_handling(world, ask(world))
        case = actions.co_handle(case, world.officer, units=[world.units["dept.economy"]])
        case = actions.hand_over(case, world.officer, to=world.units["dept.economy"], reason="工业企业归口")
        assert not Task.objects.filter(case=case, kind=Task.Kind.COHANDLE, status=Task.State.OPEN).exists()
        assert actions.answer(case, world.economy_officer, text="已处理").status == Status.ANSWERED


class TestMerge:
    def test_only_into_a_case_that_one_may_read(self, world: World) -> None:
        """Or its asker would get to read a stranger's case by it."""
        own = to_handling(world, ask(world))
        other = actions.open_case(
            world.firm2,
            scenario="qifu_express",
            service="demand",
            title="孩子入学",
            text="员工子女入学",
            business=world.other_business,
        )
        assert not Case.objects.visible_to(world.officer).filter(pk=other.pk).exists()
        with pytest.raises(NotAllowed):
            actions.merge(own, world.officer, into=other, reason="重复")

    def test_what_was_escalated_leaves_the_lists(self, world: World) -> None:
        one, two = ask(world), ask(world, title="路灯不亮")
        two = actions.escalate(two, world.firm1, reason="一直没人管")
        two = actions.merge(two, world.dispatcher, into=one, reason="同一路段")
        assert not Escalation.objects.filter(case=two, settled_at__isnull=True).exists()

    def test_twice_with_one_key_is_once(self, world: World) -> None:
        one, two = ask(world), ask(world, title="路灯不亮")
        for _ in range(2):
            actions.merge(two, world.dispatcher, into=one, reason="同一路段", key="m1")
        assert one.events.filter(kind="absorbed").count() == 1


class TestRootCauses:
    def gather(self, world: World, who: str, cases: list[Case], key: str | None = None) -> RootCause:
        return actions.name_root_cause(
            getattr(world, who), title="路灯移交慢", owner=world.units["dept.economy"], cases=cases, key=key
        )

    def test_by_who_convenes_and_reads_the_cases(self, world: World) -> None:
        """Its owner reads them by it."""
        case = ask(world, title="没有分类的事", text="请协调")
        for who in ("officer", "firm1", "auditor", "education_officer"):
            with pytest.raises(NotAllowed):
                self.gather(world, who, [case])
        Case.objects.filter(pk=case.pk).update(street=None)
        case.access.filter(principal__startswith="u").delete()
        with pytest.raises(NotAllowed, match="不能查看"):
            self.gather(world, "street_lead", [case])
        assert self.gather(world, "leader", [case]).cases.get() == case

    def test_one_key_makes_one(self, world: World) -> None:
        cases = [ask(world), ask(world, title="另一处")]
        first = self.gather(world, "reform", cases, key="r1")
        assert self.gather(world, "reform", cases, key="r1") == first
        assert RootCause.objects.count() == 1
        for _ in range(2):
            actions.solve_root_cause(first, world.reform, measure="先行移交", key="s1")
        assert cases[0].events.filter(kind="root_cause_solved").count() == 1

    def test_solved_by_its_owner_or_above(self, world: World) -> None:
        root = self.gather(world, "reform", [ask(world)])
        for who in ("officer", "street_lead", "firm1"):
            with pytest.raises(NotAllowed):
                actions.solve_root_cause(root, getattr(world, who), measure="x")
        assert actions.solve_root_cause(root, world.economy_officer, measure="先行移交").state == "solved"


def test_an_agenda_opens_no_case_to_who_may_not_read_it(world: World) -> None:
    from yingshang.activities import actions as activities

    case = to_handling(world, ask(world))
    with pytest.raises(NotAllowed, match="不能查看"):
        activities.plan(
            world.education_officer, scenario="escalation_coordination", kind="meeting", title="会", cases=[case],
            starts_at=timekeeping.now(), unit=world.units["dept.education"],
        )  # fmt: skip
    assert not Case.objects.visible_to(world.education_officer).filter(pk=case.pk).exists()


class TestTheSweeper:
    def test_one_case_that_cannot_move_holds_up_no_other(self, world: World) -> None:
        broken, sound = to_handling(world, ask(world)), to_handling(world, ask(world, title="另一件"))
        for case in (broken, sound):
            actions.answer(case, world.officer, text="已处理。")
        CaseProcess.objects.filter(case=broken).update(state=b"damaged")
        timekeeping.advance(timedelta(days=20))
        done = sweep.sweep()
        assert (done.timers, done.failed) == (1, 1)
        assert Task.objects.filter(case=sound, status=Task.State.OPEN, step="revisit").exists()
        assert sweep.sweep().failed == 1  # it is tried again, once a round

    def test_one_hook_that_fails_holds_up_no_clock(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = to_handling(world, ask(world)), to_handling(world, ask(world, title="另一件"))
        climbs = sweep._climbs

        def failing(case: Case, clock: Clock) -> bool:
            if case.pk == first.pk:
                raise ValueError("a hook with a mistake")
            return climbs(case, clock)

        monkeypatch.setattr(sweep, "_climbs", failing)
        timekeeping.advance(timedelta(days=90))
        done = sweep.sweep()
        assert done.failed >= 1
        second.refresh_from_db()
        assert second.overdue


class TestPosts:
    def test_a_post_that_ends_one_day_is_held_until_then(self, world: World) -> None:
        Membership.objects.filter(role=Role.DISTRICT_LEADER).update(until=date(2023, 12, 31))
        assert engine.holder_of(Role.DISTRICT_LEADER, None)[1] == world.leader

    def test_a_post_that_begins_one_day_is_not_held_yet(self, world: World) -> None:
        person = Person.objects.create_user(username="next", password="x", kind=Person.Kind.OFFICIAL, name="继任")
        Membership.objects.filter(role=Role.DISTRICT_LEADER).update(until=date(2023, 1, 31))
        Membership.objects.create(
            person=person, unit=world.units["district"], role=Role.DISTRICT_LEADER, since=date(2023, 6, 1)
        )
        assert engine.holder_of(Role.DISTRICT_LEADER, None) == (None, None)


class TestTimeline:
    def test_names_are_in_the_readers_language(self, world: World) -> None:
        from django.utils import translation

        from yingshang.accounts.models import Unit
        from yingshang.cases import timeline

        Person.objects.filter(username="officer").update(name_en="Wu Jiahe")
        Unit.objects.filter(code="dept.education").update(name_en="Education Bureau")
        Person.objects.filter(username="commerce_lead").update(name_en="Lin An")
        case = to_handling(world, ask(world))
        case = actions.co_handle(case, world.officer, units=[Unit.objects.get(code="dept.education")])
        actions.finish_task(case.tasks.get(kind="cohandle"), world.education_officer, result="ok")
        case = actions.add_signers(case, world.officer, people=[world.commerce_lead])
        case = actions.escalate(case, world.officer, reason="x")
        with translation.override("en"):
            told = [e.text for e in timeline.of(case, official=True)]
        text = "\n".join(told)
        assert "Wu Jiahe" in text and "经办员" not in text.replace("教育经办员", "")
        assert sum("Education Bureau" in t for t in told) == 2
        assert sum("Lin An" in t for t in told) == 2
        with translation.override("zh-hans"):
            assert any("经办员 已联系企业" in e.text for e in timeline.of(case, official=True))
        # Who has taken another name since did it under the old one.
        Person.objects.filter(username="officer").update(name="改名后", name_en="Renamed")
        with translation.override("en"):
            assert not any("Renamed" in e.text for e in timeline.of(case, official=True))


class TestExtending:
    def test_a_broken_promise_is_not_mended_afterwards(self, world: World) -> None:
        case = to_handling(world, ask(world))
        timekeeping.advance(timedelta(days=90))
        with pytest.raises(Conflict, match="时限已过"):
            actions.extend(case, world.officer, amount=Decimal(30), reason="需现场勘查")
        actions.answer(case, world.officer, text="已处理。")
        actions.confirm(case, world.firm1, solved=True)
        assert case.clocks.get(code="resolve").state == Clock.State.LATE


class TestRecomputing:
    def test_a_case_that_is_late_no_more_says_so(self, world: World) -> None:
        case = to_handling(world, ask(world))
        due = case.clocks.get(code="resolve").due_at
        timekeeping.advance(due + timedelta(minutes=5) - timekeeping.now())
        sweep.sweep()
        case.refresh_from_db()
        assert case.overdue
        calendar.edit(due.astimezone(timekeeping.SHANGHAI).date(), False, "台风停工", world.admin)
        clocks.recompute_all()
        case.refresh_from_db()
        assert case.due_at > due
        assert not case.overdue


def _zip(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in files.items():
            z.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return made.getvalue()


CONTENT_TYPES = {"[Content_Types].xml": b"<Types/>"}


class TestDocuments:
    @pytest.fixture
    def attach(self, world: World, settings, tmp_path):  # type: ignore[no-untyped-def]
        settings.HOME = tmp_path
        case = ask(world)
        return lambda name, content: documents.attach(case, world.firm1, name=name, stream=BytesIO(content))

    @pytest.mark.parametrize(
        ("name", "inside"),
        [("a.docx", "word/document.xml"), ("a.xlsx", "xl/workbook.xml"), ("a.pptx", "ppt/presentation.xml")],
    )
    def test_office_files_are_what_they_say(self, attach, name: str, inside: str) -> None:  # type: ignore[no-untyped-def]
        assert attach(name, _zip(**CONTENT_TYPES, **{inside: b"<x/>"})).name == name
        with pytest.raises(Invalid, match="不符"):
            attach(name, _zip(**{"readme.txt": b"just an archive"}))

    def test_macros_are_refused(self, attach) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(Invalid, match="宏"):
            attach("a.xlsx", _zip(**CONTENT_TYPES, **{"xl/workbook.xml": b"<x/>", "xl/vbaProject.bin": b"x"}))

    @pytest.mark.parametrize(("name", "inside"), [("bomb.zip", "a.txt"), ("bomb.docx", "word/document.xml")])
    def test_bombs_are_refused(self, attach, name: str, inside: str) -> None:  # type: ignore[no-untyped-def]
        content = _zip(**({} if inside == "a.txt" else CONTENT_TYPES), **{inside: b"\0" * (300 << 20)})
        assert len(content) < 1 << 20
        with pytest.raises(Invalid, match="解压"):
            attach(name, content)

    def test_a_broken_archive_is_refused(self, attach) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(Invalid, match="打不开"):
            attach("a.zip", b"PK\x03\x04" + b"\0" * 100)

    @pytest.mark.parametrize(
        "name", ["run.pdf.exe", "page.pdf.html", "page.svg", "script.pdf.js", "x.pdf\u202egpj.exe"]
    )
    def test_the_last_extension_counts(self, attach, name: str) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(Invalid, match="不接受"):
            attach(name, b"%PDF-1.7\n")

    def test_a_program_that_also_reads_as_a_page_stays_what_it_is_said_to_be(self, attach) -> None:  # type: ignore[no-untyped-def]
        """A polyglot: valid as PDF, and as HTML for a browser that guesses. It is kept as PDF and served as download."""
        assert attach("a.pdf", b"%PDF-1.7\n<html><script>alert(1)</script>").media_type == "application/pdf"
        with pytest.raises(Invalid, match="不符"):
            attach("a.pdf", b"<html>\n%PDF-1.7\n")

    def test_what_is_refused_leaves_nothing_behind(self, attach, settings) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(Invalid):
            attach("a.png", b"<html>not a picture")
        assert [p for p in settings.HOME.rglob("*") if p.is_file()] == []


class TestWhoLeft:
    """Rights end with the post or with the handling, whatever was given by name before."""

    def leave(self, person: Person) -> Person:
        Membership.objects.filter(person=person).update(until=timekeeping.now().date() - timedelta(days=1))
        return fresh(person)

    def test_an_official_without_a_post_reads_nothing(self, world: World) -> None:
        case = to_handling(world, ask(world))
        assert case.handler == world.officer
        assert Case.objects.visible_to(world.officer).filter(pk=case.pk).exists()
        assert not Case.objects.visible_to(self.leave(world.officer)).exists()

    def test_who_went_to_another_unit_does_none_of_the_first_ones_steps(self, world: World) -> None:
        case = to_handling(world, ask(world))
        task = Task.objects.filter(case=case, kind=Task.Kind.STEP, status=Task.State.OPEN).first()
        assert task is not None and task.person == world.officer
        assert steps.addressed_to(task, world.officer)
        Membership.objects.filter(person=world.officer).update(unit=world.units["dept.hr"])
        assert not steps.addressed_to(task, world.officer)

    def test_who_acts_for_the_firm_no_more_reads_none_of_its_cases(self, world: World) -> None:
        case = ask(world)
        own = ask(world, business=None, title="我自己的事")
        Handler.objects.filter(person=world.firm1).update(until=timekeeping.now().date() - timedelta(days=1))
        assert list(Case.objects.visible_to(world.firm1)) == [own]
        assert workflow.asker(own, world.firm1) and not workflow.asker(case, world.firm1)
        assert case.pk != own.pk

    def test_an_answer_does_not_wait_for_ever_for_a_signer_who_left(self, world: World) -> None:
        case = to_handling(world, ask(world))
        actions.add_signers(case, world.officer, people=[world.officer2, world.leader])
        with pytest.raises(Conflict):
            actions.add_signers(case, world.officer, people=[world.commerce_lead])
        self.leave(world.officer2)
        actions.add_signers(case, world.officer, people=[world.commerce_lead])
        actions.finish_task(Task.objects.get(case=case, person=world.commerce_lead), world.commerce_lead, result="好")
        assert actions.answer(case, world.officer, text="已办。").status == Status.ANSWERED

    def test_a_unit_that_takes_no_cases_is_asked_for_nothing(self, world: World) -> None:
        closed = world.units["dept.hr"]
        closed.active = False
        closed.save()
        with pytest.raises(Invalid, match="已停用"):
            actions.dispatch(ask(world), world.dispatcher, lead=world.units["dept.commerce"], assisting=[closed])
        with pytest.raises(Invalid, match="已停用"):
            actions.co_handle(to_handling(world, ask(world, title="另一件")), world.officer, units=[closed])
