"""Timers, messages and event-based gateways: armed when the token arrives, fired when told to, once."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from yingshang.processes import bpmn
from yingshang.processes.bpmn import timing

from .drawing import body, draw, timer
from .running import NOW, Run

SHANGHAI = ZoneInfo("Asia/Shanghai")
CONFIRM = draw(
    "start > confirm > end", "silent > call > end", confirm="user", call="user", silent="on confirm timer P5D"
)


class TestTimers:
    def test_due_is_fixed_when_the_token_arrives(self) -> None:
        run = Run(CONFIRM)
        assert run.timers == {"silent": NOW + timedelta(days=5)}
        run.later(days=4)
        assert run.timers == {"silent": NOW + timedelta(days=5)}

    def test_an_interrupting_timer_takes_the_task_away(self) -> None:
        run = Run(CONFIRM)
        (task,) = run.load().tasks()
        run.later(days=5).fire("silent")
        assert (run.steps, run.timers) == (["call"], {})
        with pytest.raises(bpmn.UnknownTask):
            run.load().complete(task.id, {}, NOW)
        assert run.do("call").ended

    def test_a_timer_fires_once(self) -> None:
        run = Run(CONFIRM)
        (waiting,) = run.load().timers()
        run.fire("silent")
        for wrong in (waiting.id, "nonsense"):
            with pytest.raises(bpmn.AlreadyFired):
                run.load().fire(wrong, NOW)
        late = Run(CONFIRM)
        (waiting,) = late.load().timers()
        late.do("confirm")
        with pytest.raises(bpmn.AlreadyFired):
            late.load().fire(waiting.id, NOW)

    def test_a_timer_beside_a_task_leaves_it(self) -> None:
        xml = draw(
            "start > work > end", "urge > remind > end", work="user", remind="user", urge="beside work timer PT4H"
        )
        run = Run(xml, n=0).fire("urge")
        assert sorted(run.steps) == ["remind", "work"]
        assert run.timers == {}
        run.do("remind", n=1)
        assert run.steps == ["work"]
        assert run.do("work").ended
        assert run.data == {"n": 1}
        assert Run(xml, n=0).fire("urge").do("work").do("remind").ended

    def test_the_handler_of_a_timer_sees_what_was_written_meanwhile(self) -> None:
        xml = draw(
            "start > split > a > join", "split > b > join > end", "late > seen > join",
            split="and", join="or", a="user", b="user", late="on a timer P1D", seen="script seen := x",
        )  # fmt: skip
        assert Run(xml, x=1).do("b", x=2).fire("late").data["seen"] == 2

    def test_waiting_for_a_while(self) -> None:
        run = Run(draw("start > pause > after > end", pause="timer PT30M", after="user"))
        assert run.timers == {"pause": NOW + timedelta(minutes=30)}
        assert run.load().trail().active == ["pause"]
        assert run.fire("pause").steps == ["after"]

    @pytest.mark.parametrize(
        ("text", "due"),
        [
            ('duration("P3D")', NOW + timedelta(days=3)),
            ("promise", NOW + timedelta(hours=2)),
            ("wait.span", NOW + timedelta(days=1)),
            ('date and time("2026-10-01T08:30:00+08:00")', datetime(2026, 10, 1, 8, 30, tzinfo=SHANGHAI)),
            ('date("2026-10-01")', datetime(2026, 10, 1, tzinfo=UTC)),
            ("day", datetime(2026, 12, 31, tzinfo=UTC)),
            ('if urgent then "PT1H" else "PT8H"', NOW + timedelta(hours=1)),
        ],
    )
    def test_computed(self, text: str, due: datetime) -> None:
        # "promise" begins like a duration and is a variable.
        run = Run(
            draw("start > pause > end", pause=f"timer {text}"), promise="PT2H", wait={"span": timedelta(days=1)},
            day=date(2026, 12, 31), urgent=True,
        )  # fmt: skip
        assert run.timers == {"pause": due}

    @pytest.mark.parametrize("text", ["unknown", "3", '"soon"', "true", '"P200Y"'])
    def test_nonsense_names_the_element(self, text: str) -> None:
        with pytest.raises(bpmn.ScriptError) as caught:
            Run(draw("start > pause > end", pause=f"timer {text}"))
        assert caught.value.element == "pause"

    def test_the_machines_clock_is_never_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        past = datetime(1999, 1, 1, tzinfo=UTC)
        xml = draw(
            "start > wait",
            "wait > soon > end",
            "wait > paid > end",
            wait="event",
            soon="timer P1D",
            paid="message paid",
            messages=("paid",),
        )
        monkeypatch.setattr(time, "time", lambda: 4e9)
        for diagram in (xml, CONFIRM):
            instance = bpmn.Definition.parse(diagram).start({}, past)
            # Long overdue by the machine's clock, and still waiting.
            assert [t.due for t in instance.timers()] in ([past + timedelta(days=1)], [past + timedelta(days=5)])
            assert not instance.ended


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "due"),
        [
            ("P1M", datetime(2024, 2, 29, 9, tzinfo=UTC)),
            ("P1Y1M", datetime(2025, 2, 28, 9, tzinfo=UTC)),
            ("P13M1D", datetime(2025, 3, 1, 9, tzinfo=UTC)),
            ("P2W", datetime(2024, 2, 14, 9, tzinfo=UTC)),
            ("P1DT2H3M4.5S", datetime(2024, 2, 1, 11, 3, 4, 500_000, tzinfo=UTC)),
            ("pt90m", datetime(2024, 1, 31, 10, 30, tzinfo=UTC)),
            ("2024-05-01T08:00", datetime(2024, 5, 1, 8, tzinfo=UTC)),
            ("2024-05-01T08:00:00+08:00", datetime(2024, 5, 1, tzinfo=UTC)),
            ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
        ],
    )
    def test_iso(self, text: str, due: datetime) -> None:
        assert timing.is_literal(text)
        assert timing.due(text, datetime(2024, 1, 31, 9, tzinfo=UTC)) == due

    @pytest.mark.parametrize(
        "text", ["P", "PT", "P1", "1D", "P-1D", "P1H", "PT1D", "", "2024-13-01", "2024-01-01T99:00", "P999999999D"]
    )
    def test_not_iso(self, text: str) -> None:
        with pytest.raises(ValueError):
            timing.due(text, NOW)


class TestMessages:
    xml = draw("start > paid > after > end", messages=("paid", "other"), paid="message paid", after="user")

    def test_a_message_is_caught_by_name_and_brings_data(self) -> None:
        run = Run(self.xml, n=1)
        assert run.load().messages() == ["paid"]
        assert run.message("other", n=2) == 0
        assert run.data == {"n": 1}
        assert run.message("paid", n=3, receipt={"no": "A1"}) == 1
        assert (run.steps, run.data) == (["after"], {"n": 3, "receipt": {"no": "A1"}})
        assert run.message("paid") == 0

    def test_on_a_task_and_on_a_sub_process(self) -> None:
        inner = body("s > check > e", s='<startEvent id="s"/>', e='<endEvent id="e"/>', check="user")
        for host, kind in (("check", "user"), ("sub", f'<subProcess id="sub">{inner}</subProcess>')):
            xml = draw(
                f"start > {host} > end", "withdrawn > record > end", messages=("withdraw",), withdrawn=f"on {host} message withdraw",
                record="user", **{host: kind},
            )  # fmt: skip
            run = Run(xml)
            assert run.steps == ["check"]
            assert run.message("withdraw", reason="changed our mind") == 1
            assert run.steps == ["record"]
            assert run.data == {"reason": "changed our mind"}
            assert run.do("record").ended

    def test_several_waiting_events_catch_it(self) -> None:
        xml = draw(
            "start > split > a > join > end",
            "split > b > join",
            messages=("go",),
            split="and",
            join="and",
            a="message go",
            b="message go",
        )
        run = Run(xml)
        assert run.message("go") == 2
        assert run.ended


class TestFirstEventWins:
    xml = draw(
        "start > wait", "wait > paid > thank > end", "wait > soon > remind > end", "wait > late > cancel > end",
        messages=("paid",), wait="event", paid="message paid", soon="timer P1D", late="timer deadline", thank="user", remind="user",
        cancel="user",
    )  # fmt: skip

    def start(self) -> Run:
        return Run(self.xml, deadline=NOW + timedelta(days=9))

    def test_it_shows_all_it_waits_for(self) -> None:
        run = self.start()
        assert run.timers == {"soon": NOW + timedelta(days=1), "late": NOW + timedelta(days=9)}
        assert run.load().messages() == ["paid"]
        assert run.load().trail().active == ["wait"]
        assert all(len(t.id) == 36 for t in run.load().timers())

    def test_the_message(self) -> None:
        run = self.start()
        assert run.message("paid", amount=3) == 1
        assert (run.steps, run.timers, run.data["amount"]) == (["thank"], {}, 3)
        assert run.do("thank").ended

    @pytest.mark.parametrize(("first", "step"), [("soon", "remind"), ("late", "cancel")])
    def test_a_timer(self, first: str, step: str) -> None:
        run = self.start()
        ids = {t.step: t.id for t in run.load().timers()}
        run.fire(first)
        assert (run.steps, run.timers) == ([step], {})
        assert run.message("paid") == 0
        for id_ in ids.values():
            with pytest.raises(bpmn.AlreadyFired):
                run.load().fire(id_, NOW)
        assert run.load().trail().as_dict()["completed"] == ["start", "wait", first]


def test_a_timer_by_date() -> None:
    xml = draw(
        "start > at > end",
        at=f'<intermediateCatchEvent id="at">{timer("2026-10-01T08:30:00+08:00", "timeDate")}</intermediateCatchEvent>',
    )
    assert Run(xml).timers == {"at": datetime(2026, 10, 1, 0, 30, tzinfo=UTC)}
