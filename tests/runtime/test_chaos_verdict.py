"""The chaos run's verdict can tell a sound database from each kind of broken one."""

import importlib.util
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.world import MORNING, World, build
from yingshang import timekeeping
from yingshang.cases import actions, events
from yingshang.cases.models import Case, CaseProcess, Clock, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "tools" / "chaos" / "verdict.py"
    spec = importlib.util.spec_from_file_location("chaos_verdict", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # The chain is linked at COMMIT, which a test does not reach; tests of the audit log look at it.
    monkeypatch.setattr(module, "_audit", list)
    return module


def travelled(world: World, *, upto: str = "confirm") -> Case:
    """A case moved along the way of the chaos run's cases."""
    case = actions.open_case(
        world.firm1,
        scenario="qifu_express",
        service="demand",
        title="厂区门口道路照明不足",
        text="看不清路",
        business=world.business,
    )
    if case.status == "pool":
        case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
    officer = {"dept.commerce": world.officer, "dept.economy": world.economy_officer}.get(
        case.lead_unit.code, world.reform
    )
    steps = [
        ("sign_for", lambda: actions.sign_for(case, officer)),
        ("contact", lambda: actions.contact(case, officer, note="已电话联系")),
        ("answer", lambda: actions.answer(case, officer, text="已加装路灯")),
        ("confirm", lambda: actions.confirm(case, world.firm1, solved=True)),
    ]
    for name, step in steps:
        case = step()
        if name == upto:
            break
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def world() -> World:
    with timekeeping.travel(MORNING):
        return build()


@pytest.fixture
def case(world: World) -> Case:
    with timekeeping.travel(MORNING):
        return travelled(world)


def test_a_sound_case_passes(verdict: ModuleType, case: Case) -> None:
    assert verdict.find([case.number]) == []
    assert verdict.counts()["closed"] == 1


def test_lost_and_doubled_cases(verdict: ModuleType, case: Case) -> None:
    assert verdict.find([case.number, "QT20230426-999999"]) == ["QT20230426-999999: lost"]
    assert any("opened twice" in p for p in verdict.find([]))
    assert any("2 different openings" in p for p in verdict.find([case.number, case.number]))


def test_a_stuck_case(verdict: ModuleType, world: World) -> None:
    with timekeeping.travel(MORNING):
        case = travelled(world, upto="contact")
        found = verdict.find([case.number])
    assert any("stuck in handling" in p for p in found)
    assert any("is still open" in p for p in found)
    assert any("the diagram has not ended" in p for p in found)


def test_a_case_moved_twice(verdict: ModuleType, case: Case) -> None:
    with timekeeping.travel(MORNING):
        events.write(case, "answered", None, text="又一次")
        case.save()
    assert verdict.find([case.number]) == [f"{case.number}: 'answered' happened 2 times"]


def test_a_step_done_twice(verdict: ModuleType, case: Case) -> None:
    step = Task.objects.filter(case=case, kind="step", status="done").first()
    assert step is not None
    step.pk, step.process_task = None, "another"
    step.save()
    assert verdict.find([case.number]) == [f"{case.number}: step {step.step} was done 2 times"]


def test_a_diagram_left_behind(verdict: ModuleType, world: World, case: Case) -> None:
    with timekeeping.travel(MORNING):
        other = travelled(world, upto="contact")
    CaseProcess.objects.filter(case=case).update(state=CaseProcess.objects.get(case=other).state)
    assert any(p.startswith(f"{case.number}: the diagram has not ended") for p in verdict.find([case.number]))


def test_clocks_that_fell_due_unnoticed(verdict: ModuleType, case: Case) -> None:
    clock = Clock.objects.filter(case=case).first()
    assert clock is not None
    Clock.objects.filter(pk=clock.pk).update(state="running", stopped_at=None)
    assert verdict.find([case.number]) == [f"{case.number} {clock.code}: fell due and never fired"]
    stopped = clock.due_at + timedelta(seconds=verdict.ROUND_SECONDS + 15)
    Clock.objects.filter(pk=clock.pk).update(state="late", stopped_at=stopped)
    (found,) = verdict.find([case.number])
    assert "45 s overdue when it was stopped" in found


def test_a_clock_that_fired_too_soon(verdict: ModuleType, case: Case) -> None:
    clock = Clock.objects.filter(case=case).first()
    assert clock is not None
    Clock.objects.filter(pk=clock.pk).update(fired_at=MORNING)
    clock.entries.create(kind="fired", at=MORNING, due_at=clock.due_at)
    assert verdict.find([case.number]) == [f"{case.number} {clock.code}: fired before it was due"]
