"""The people and firms of the money tests, what they can do, and the books after it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from django.db.models import Sum

from tests.policies.house import DECLARED, GRANT, PAYEE, REWARD, clause, published
from tests.support.world import World, fresh, uscc
from yingshang.accounts.models import Person
from yingshang.cases.errors import ActionError
from yingshang.cases.models import ENDED
from yingshang.policies import actions
from yingshang.policies.actions.batches import payable
from yingshang.policies.models import Budget, Claim, LedgerEntry, Payment, PaymentBatch
from yingshang.registry.facts import record_fact
from yingshang.registry.models import Business, Handler

S, P = Claim.State, Payment.State
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
        actions.review(pick(self.claims(), n), self.world.economy_officer2, outcome="pass")

    def unit_waiting(self, n: int) -> None:
        waiting = [c for c in self.claims() if c.state == S.REVIEW]
        actions.review(pick(waiting, n), self.world.economy_officer2, outcome="pass")

    def tighten(self, n: int) -> None:
        """Leave as much as one claim asks for, and not two."""
        budget = Budget.objects.get(pk=self.budget.pk)
        left = Decimal(60_000)
        actions.set_budget(None, self.policy, 2023, budget.reserved + budget.paid + left, source="调整")

    def finance_review(self, n: int) -> None:
        outcome = ("pass", "pass", "refuse", "back")[n % 4]
        actions.review(pick(self.claims(), n), self.world.finance_officer, outcome=outcome, note="核实")

    def withdraw(self, n: int) -> None:
        claim = pick(self.claims(), n)
        actions.withdraw_claim(claim, fresh(claim.submitted_by), reason="不要了")

    def batch(self, n: int) -> None:
        due = [c for c in payable(self.finance) if c.clause.policy_id == self.policy.pk]
        actions.make_batch(self.world.finance_officer, self.finance, due[: 1 + n % 3])

    def keyed(self, n: int) -> None:
        due = [c for c in payable(self.finance) if c.clause.policy_id == self.policy.pk]
        actions.make_batch(self.world.finance_officer, self.finance, due[:1], key=f"{self.policy.pk}:{n % 3}")

    def approve(self, n: int) -> None:
        who = self.world.finance_officer if n % 8 == 7 else self.world.finance_officer2
        actions.approve_batch(pick(self.batches(), n), who)

    def cancel(self, n: int) -> None:
        actions.cancel_batch(pick(self.batches(), n), self.world.finance_officer2, reason="重做")

    def export(self, n: int) -> None:
        actions.export_batch(pick(self.batches(), n), self.world.finance_officer)

    def reconcile(self, n: int) -> None:
        batch = pick(self.batches(), n // 4)
        rows = [f"{p.reference},{'失败' if (n + i) % 4 == 0 else '成功'},{p.amount}"
                for i, p in enumerate(batch.payments.order_by("id"))]  # fmt: skip
        # Every file is another one, even where it says the same.
        content = "\n".join(["付款流水号,结果,金额,备注", *(f"{row},{n}" for row in rows)]).encode()
        actions.reconcile(batch, self.world.finance_officer, name="r.csv", content=content)

    def claw_back(self, n: int) -> None:
        paid = list(Payment.objects.filter(claim__clause__policy=self.policy, state=P.PAID).order_by("id"))
        actions.claw_back(pick(paid, n), self.world.finance_officer, reason="不应付")

    def less(self, n: int) -> None:
        actions.set_budget(None, self.policy, 2023, Decimal(60_000 + 40_000 * (n % 4)), source="调整")


def pick(things: list[Any], n: int) -> Any:
    if not things:
        raise ActionError("nothing there yet")
    return things[n % len(things)]


def answered(batch: PaymentBatch, result: str, more: str = "") -> bytes:
    """What the bank says of every payment of a batch."""
    rows = [f"{p.reference},{result},{p.amount},{more}" for p in batch.payments.order_by("id")]
    return "\n".join(["付款流水号,结果,金额,备注", *rows]).encode()


def check_books(office: Office) -> None:
    """The budget, the ledger, the claims and their payments say the same, and nothing was paid twice or beyond the budget."""
    budget = Budget.objects.get(pk=office.budget.pk)
    assert budget.reserved >= 0 and budget.paid >= 0 and budget.reserved + budget.paid <= budget.amount

    def total(*kinds: str, **of: Any) -> Decimal:
        rows = LedgerEntry.objects.filter(kind__in=kinds, **of).aggregate(t=Sum("amount"))
        return rows["t"] or Decimal(0)

    assert budget.reserved == total("reserve", "return", budget=budget) - total("release", "pay", budget=budget)
    assert budget.paid == total("pay", budget=budget) - total("return", "claw_back", budget=budget)
    seen: set[tuple[int, str, str]] = set()
    for claim in office.claims():
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
        # Each payment was paid, returned and clawed back once at most, for what it is about.
        lines = [(e.payment_id, e.kind) for e in claim.entries.exclude(payment=None)]
        assert len(lines) == len(set(lines))
        assert (claim.case.status in ENDED) == (
            claim.state in (S.PAID, S.REFUSED, S.WITHDRAWN, S.CLAWED_BACK)
            or (claim.state in (S.PAYABLE, S.PAYING) and claim.case.closed_at is not None)
        )
        if claim.state not in Claim.ENDED:
            assert (claim.clause_id, claim.subject, claim.period) not in seen
            seen.add((claim.clause_id, claim.subject, claim.period))
