"""No path overdraws a budget or pays twice: random work by processes at the same moment, some of them killed.

Each burst starts several processes with connections of their own; Hypothesis draws what they do and after how many
milliseconds one is killed (SIGKILL, in the midst of whatever it does). After each burst the books must balance, and at
the end everything that is due can still be paid.
"""

from __future__ import annotations

import os
import select
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.policies.office import FIRMS, Office, S, check_books
from tests.support.world import MORNING, build
from yingshang import timekeeping
from yingshang.cases.errors import ActionError
from yingshang.policies import actions

pytestmark = pytest.mark.django_db(transaction=True)

READY = b"\0"
WORK = ["confirm", "submit", "unit", "finance_review", "withdraw", "batch", "keyed", "approve", "cancel", "export", "reconcile",
        "claw_back", "less"]  # fmt: skip


#: What one worker does in its order: names of the office's work, each with its number.
Work = list[tuple[str, int]]


class Worker:
    """A process that is connected, waits for the start that all of a burst wait for, does a few things and is killed, or not."""

    def __init__(self, office: Office, work: Work, start: tuple[int, int]) -> None:
        self.read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._work(office, work, write, start)
        os.close(write)

    def ready(self) -> None:
        """Wait until it is connected, or has failed to be."""
        select.select([self.read], [], [])

    @staticmethod
    def _work(office: Office, work: Work, write: int, start: tuple[int, int]) -> None:
        status = 0
        try:
            # The parent's connection is the parent's: not used here, nor closed.
            connection.connection = None
            connection.in_atomic_block, connection.savepoint_ids = False, []
            connection.ensure_connection()
            os.write(write, READY)
            # The start is the end of a pipe that nobody writes to, closed by the test.
            os.close(start[1])
            os.read(start[0], 1)
            for name, n in work:
                try:
                    getattr(office, name)(n)
                except ActionError:
                    continue
        except BaseException:
            os.write(write, traceback.format_exc()[-6000:].encode())
            status = 1
        finally:
            os._exit(status)

    def kill(self) -> None:
        """It is our own child, not waited for yet: its number is nobody else's."""
        os.kill(self.pid, signal.SIGKILL)

    def finish(self) -> str:
        """What went wrong, ``""`` for nothing; a killed one is told from one that failed."""
        said = b""
        while part := os.read(self.read, 65536):
            said += part
        os.close(self.read)
        said = said.removeprefix(READY)
        _, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            return "" if os.WTERMSIG(status) == signal.SIGKILL else f"signal {os.WTERMSIG(status)}"
        return said.decode() if os.WEXITSTATUS(status) else ""


task = st.tuples(st.sampled_from(WORK), st.integers(0, 15))
#: What one worker does, and after how many milliseconds it is killed (None: not at all).
worker = st.tuples(st.lists(task, min_size=1, max_size=4), st.one_of(st.none(), st.integers(0, 120)))


class Money(RuleBasedStateMachine):
    office: Office

    def __init__(self) -> None:
        super().__init__()
        self.office.begin()

    @initialize(n=st.integers(0, FIRMS - 1))
    def something_is_at_the_bank(self, n: int) -> None:
        self.one_way_through(n)

    @rule(workers=st.lists(worker, min_size=2, max_size=3))
    def burst(self, workers: list[tuple[Work, int | None]]) -> None:
        self._run(workers)

    @rule(n=st.integers(0, 15), name=st.sampled_from(WORK))
    def all_the_same(self, n: int, name: str) -> None:
        """The same thing three times at the same moment."""
        self._run([([(name, n)], None) for _ in range(3)])

    @rule(n=st.integers(0, FIRMS - 1))
    def one_way_through(self, n: int) -> None:
        """Undisturbed, so that there is something to disturb."""
        work = [("confirm", n), ("submit", n), *(("unit", i) for i in range(6)), *(("finance_review", 4 * i) for i in range(6)),
                ("batch", 2), ("approve", n), ("export", n)]  # fmt: skip
        self._run([(work, None)])

    @rule(n=st.integers(0, 15), m=st.integers(0, 15), after=st.one_of(st.none(), st.integers(0, 60)))
    def the_bank_says_two_things(self, n: int, m: int, after: int | None) -> None:
        """Two return files of the same batches at the same moment, that may contradict each other."""
        answers = [("reconcile", n), ("reconcile", m)]
        self._run([(answers, after), (answers[::-1], None)])

    @rule(n=st.integers(0, FIRMS - 1))
    def two_want_what_is_left(self, n: int) -> None:
        """Two claims are passed at the same moment, and there is money for one."""
        self._run([([("submit", n), ("submit", n + 1), ("tighten", 0)], None)])
        self._run([([("unit_waiting", i)], None) for i in (0, 1)])

    @rule(n=st.integers(0, FIRMS - 1))
    def two_pay_the_same(self, n: int) -> None:
        """Several make batches of the same claims at the same moment."""
        self._run([([("tighten", 0), ("confirm", n), ("confirm", n + 1)], None)])
        self._run([([(name, 2)], None) for name in ("batch", "batch", "keyed")])

    @rule(n=st.integers(0, 15))
    def everybody_interferes(self, n: int) -> None:
        """While the bank's answer comes in, and afterwards, others do whatever they can about the same money."""
        self._run([([("withdraw", i) for i in range(FIRMS)], None),
                   ([("reconcile", n)], None),
                   ([("cancel", n), ("cancel", n + 1), ("claw_back", n)], None)])  # fmt: skip
        self._run([([("claw_back", n), ("reconcile", n + 1)], None),
                   ([("claw_back", n), ("withdraw", n)], None)])  # fmt: skip

    def _run(self, workers: Sequence[tuple[Work, int | None]]) -> None:
        start = os.pipe()
        started = [(Worker(self.office, work, start), after) for work, after in workers]
        for one, _ in started:
            one.ready()
        at = time.monotonic()
        for end in reversed(start):
            os.close(end)
        for one, after in sorted((w for w in started if w[1] is not None), key=lambda w: w[1] or 0):
            time.sleep(max(0.0, at + (after or 0) / 1000 - time.monotonic()))
            one.kill()
        problems = [said for one, _ in started if (said := one.finish())]
        assert not problems, "\n".join(problems)

    @invariant()
    def the_books_balance(self) -> None:
        check_books(self.office)

    def teardown(self) -> None:
        """Whatever was killed: what is due can still be paid, and is paid once."""
        world = self.office.world
        for batch in self.office.batches():
            for do in (
                lambda b=batch: actions.approve_batch(b, world.finance_officer2),
                lambda b=batch: actions.export_batch(b, world.finance_officer),
            ):
                _quietly(do)
        _quietly(lambda: self.office.batch(2))
        for batch in self.office.batches():
            _quietly(lambda b=batch: actions.approve_batch(b, world.finance_officer2))
            _quietly(lambda b=batch: actions.export_batch(b, world.finance_officer))
            rows = [f"{p.reference},成功,{p.amount}" for p in batch.payments.filter(state="exported")]
            content = "\n".join(["付款流水号,结果,金额", *rows]).encode()
            if rows:
                actions.reconcile(batch, world.finance_officer, name="end.csv", content=content)
        self.the_books_balance()
        assert not [c for c in self.office.claims() if c.state == S.PAYING]
        for batch in self.office.batches():
            assert batch.checker_id is None or batch.checker_id != batch.maker_id
            assert batch.payments.exists()


def _quietly(do: Callable[[], Any]) -> None:
    try:
        do()
    except ActionError:
        return


def test_no_path_overdraws_a_budget_or_pays_twice() -> None:
    with timekeeping.travel(MORNING):
        Money.office = Office(build())
        run_state_machine_as_test(
            Money,
            settings=settings(
                max_examples=int(os.environ.get("YS_MONEY_EXAMPLES", "12")), stateful_step_count=8, deadline=None,
                suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
                # What depends on the moment is not found again by doing less.
                phases=[Phase.explicit, Phase.reuse, Phase.generate],
            ),
        )  # fmt: skip
