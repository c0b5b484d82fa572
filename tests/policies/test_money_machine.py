"""No path overdraws a budget or pays twice: random work by processes at the same moment, some of them killed.

Each burst starts several processes with connections of their own; Hypothesis draws what they do and after how many
milliseconds one is killed (SIGKILL, in the midst of whatever it does). After each burst the books must balance, and at
the end everything that is due can still be paid.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.policies.house import DECLARED, GRANT, PAYEE, REWARD, clause, published
from tests.support.world import MORNING, World, build, fresh, uscc
from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.cases.errors import ActionError
from yingshang.cases.models import ENDED
from yingshang.policies import actions
from yingshang.policies.actions.batches import payable
from yingshang.policies.models import Budget, Claim, LedgerEntry, Payment, PaymentBatch
from yingshang.registry.facts import record_fact
from yingshang.registry.models import Business, Handler

pytestmark = pytest.mark.django_db(transaction=True)

S, B, P = Claim.State, PaymentBatch.State, Payment.State
FIRMS = 4
_numbers = count()


class Office:
    """The people and firms, and one policy an example: what a worker can do, on whatever is there by then."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.finance = world.units["dept.finance"]
        self.firms: list[tuple[Business, Person]] = []
        for n in range(FIRMS):
            person = Person.objects.create_user(username=f"machine{n}", kind="enterprise", name=f"经办{n}")
            business = Business.objects.create(
                uscc=uscc(f"91330114MA2C000{n:02}"), name=f"示例{n}有限公司", name_key=f"m{n}", kind="enterprise",
                industry_code="C3825", street=world.units["street.xiasha"], founded=date(2015, 3, 1), synthetic=True,
            )  # fmt: skip
            Handler.objects.create(person=person, business=business, since=date(2020, 1, 1))
            record_fact(business, "employees", 120, source="人社", period="2022")
            record_fact(business, "high_tech", True, source="科技", period="2022")
            self.firms.append((business, person))
        self.rules = {key: published(world, f"machine.{key}", xml).model for key, xml in
                      {"grant": GRANT, "reward": REWARD}.items()}  # fmt: skip

    def begin(self) -> None:
        """A new policy with money for three grants of five."""
        n = next(_numbers)
        self.policy = actions.publish_policy(
            None, actions.save_policy(None, f"machine{n}", title="示例", issuer_unit=self.world.units["dept.economy"])
        )
        told = {"grade": "P"}
        self.grant = clause(self.world, self.policy, "G", None, kind="automatic", rule=self.rules["grant"], **told)
        self.reward = clause(self.world, self.policy, "R", None, rule=self.rules["reward"], **told)
        self.budget = actions.set_budget(None, self.policy, 2023, Decimal(160_000), source="示例")

    def claims(self) -> list[Claim]:
        return list(Claim.objects.filter(clause__policy=self.policy).order_by("id"))

    def batches(self) -> list[PaymentBatch]:
        return list(PaymentBatch.objects.filter(payments__claim__clause__policy=self.policy).distinct().order_by("id"))

    # --- what a worker does; ``n`` picks on what -----------------------------------------------------------------------

    def confirm(self, n: int) -> None:
        business, person = self.firms[n % FIRMS]
        actions.confirm_grant(fresh(person), self.grant, business, payee=PAYEE)

    def submit(self, n: int) -> None:
        business, person = self.firms[n % FIRMS]
        declared = DECLARED | {"年度新增委托生产合同金额": "800000"}
        actions.submit_claim(
            fresh(person), self.reward, business, declared=declared, payee=PAYEE, key=f"{self.policy.pk}:{n % FIRMS}"
        )

    def unit(self, n: int) -> None:
        actions.review(_pick(self.claims(), n), self.world.economy_officer2, outcome="pass")

    def finance_review(self, n: int) -> None:
        outcome = ("pass", "pass", "refuse", "back")[n % 4]
        actions.review(_pick(self.claims(), n), self.world.finance_officer, outcome=outcome, note="核实")

    def withdraw(self, n: int) -> None:
        claim = _pick(self.claims(), n)
        actions.withdraw_claim(claim, fresh(claim.submitted_by), reason="不要了")

    def batch(self, n: int) -> None:
        due = [c for c in payable(self.finance) if c.clause.policy_id == self.policy.pk]
        actions.make_batch(self.world.finance_officer, self.finance, due[: 1 + n % 3])

    def approve(self, n: int) -> None:
        actions.approve_batch(_pick(self.batches(), n), self.world.finance_officer2)

    def cancel(self, n: int) -> None:
        actions.cancel_batch(_pick(self.batches(), n), self.world.finance_officer2, reason="重做")

    def export(self, n: int) -> None:
        actions.export_batch(_pick(self.batches(), n), self.world.finance_officer)

    def reconcile(self, n: int) -> None:
        batch = _pick(self.batches(), n // 4)
        rows = [f"{p.reference},{'失败' if (n + i) % 4 == 0 else '成功'},{p.amount}"
                for i, p in enumerate(batch.payments.order_by("id"))]  # fmt: skip
        content = "\n".join(["付款流水号,结果,金额", *rows]).encode()
        actions.reconcile(batch, self.world.finance_officer, name="r.csv", content=content)

    def claw_back(self, n: int) -> None:
        paid = list(Payment.objects.filter(claim__clause__policy=self.policy, state=P.PAID).order_by("id"))
        actions.claw_back(_pick(paid, n), self.world.finance_officer, reason="不应付")

    def less(self, n: int) -> None:
        actions.set_budget(None, self.policy, 2023, Decimal(60_000 + 40_000 * (n % 4)), source="调整")


WORK = ["confirm", "submit", "unit", "finance_review", "withdraw", "batch", "approve", "cancel", "export", "reconcile",
        "claw_back", "less"]  # fmt: skip


def _pick(things: list[Any], n: int) -> Any:
    if not things:
        raise ActionError("nothing there yet")
    return things[n % len(things)]


class Worker:
    """A process that does a few things and is killed, or not."""

    def __init__(self, office: Office, work: list[tuple[str, int]]) -> None:
        self.read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._work(office, work, write)
        os.close(write)

    @staticmethod
    def _work(office: Office, work: list[tuple[str, int]], write: int) -> None:
        status = 0
        try:
            # The parent's connection is the parent's: not used here, nor closed.
            connection.connection = None
            connection.in_atomic_block, connection.savepoint_ids = False, []
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

    @rule(workers=st.lists(worker, min_size=2, max_size=3))
    def burst(self, workers: list[tuple[list[tuple[str, int]], int | None]]) -> None:
        self._run([(Worker(self.office, work), after) for work, after in workers])

    @rule(n=st.integers(0, 15), name=st.sampled_from(WORK))
    def all_the_same(self, n: int, name: str) -> None:
        """The same thing three times at the same moment."""
        self._run([(Worker(self.office, [(name, n)]), None) for _ in range(3)])

    @rule(n=st.integers(0, FIRMS - 1))
    def one_way_through(self, n: int) -> None:
        """Undisturbed, so that there is something to disturb."""
        work = [("confirm", n), ("submit", n), *(("unit", i) for i in range(6)), *(("finance_review", 4 * i) for i in range(6)),
                ("batch", 2), ("approve", n), ("export", n)]  # fmt: skip
        self._run([(Worker(self.office, work), None)])

    @rule(n=st.integers(0, 15), m=st.integers(0, 15), after=st.one_of(st.none(), st.integers(0, 60)))
    def the_bank_says_two_things(self, n: int, m: int, after: int | None) -> None:
        """Two return files of the same batches at the same moment, that may contradict each other."""
        answers = [("reconcile", n), ("reconcile", m)]
        self._run([(Worker(self.office, answers), after), (Worker(self.office, answers[::-1]), None)])

    def _run(self, workers: list[tuple[Worker, int | None]]) -> None:
        started = time.monotonic()
        for one, after in sorted((w for w in workers if w[1] is not None), key=lambda w: w[1] or 0):
            time.sleep(max(0.0, started + (after or 0) / 1000 - time.monotonic()))
            one.kill()
        problems = [said for one, _ in workers if (said := one.finish())]
        assert not problems, "\n".join(problems)

    @invariant()
    def the_books_balance(self) -> None:
        budget = Budget.objects.get(pk=self.office.budget.pk)
        assert budget.reserved >= 0 and budget.paid >= 0 and budget.reserved + budget.paid <= budget.amount

        def total(*kinds: str, **of: Any) -> Decimal:
            rows = LedgerEntry.objects.filter(kind__in=kinds, **of).aggregate(t=Sum("amount"))
            return rows["t"] or Decimal(0)

        assert budget.reserved == total("reserve", "return", budget=budget) - total("release", "pay", budget=budget)
        assert budget.paid == total("pay", budget=budget) - total("return", "claw_back", budget=budget)
        seen: set[tuple[int, str, str]] = set()
        for claim in self.office.claims():
            held = total("reserve", "return", claim=claim) - total("release", "pay", claim=claim)
            spent = total("pay", claim=claim) - total("return", "claw_back", claim=claim)
            expected = {
                S.PAYABLE: (claim.amount, 0), S.PAYING: (claim.amount, 0), S.FINANCE: (claim.amount, 0),
                S.PAID: (0, claim.amount),
            }.get(Claim.State(claim.state), (0, 0))  # fmt: skip
            if claim.state == S.REVIEW:  # sent back by finance it keeps what was set aside
                assert held in (0, claim.amount) and spent == 0
            else:
                assert (held, spent) == expected, (claim, held, spent)
            states = list(claim.payments.values_list("state", flat=True))
            assert sum(s in ("pending", "exported", "paid", "clawed_back") for s in states) <= 1
            assert states.count("paid") == (claim.state == S.PAID)
            assert (claim.state == S.PAYING) == any(s in ("pending", "exported") for s in states)
            assert (claim.case.status in ENDED) == (
                claim.state in (S.PAID, S.REFUSED, S.WITHDRAWN, S.CLAWED_BACK)
                or (claim.state in (S.PAYABLE, S.PAYING) and claim.case.closed_at is not None)
            )
            if claim.state not in Claim.ENDED:
                assert (claim.clause_id, claim.subject, claim.period) not in seen
                seen.add((claim.clause_id, claim.subject, claim.period))

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
            ),
        )  # fmt: skip
