"""Policies for tests: a reward that is claimed, an automatic grant, and a recognition without money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yingshang.scenarios
from tests.rules.documents import model_of
from tests.support.world import World
from yingshang.policies import actions
from yingshang.policies.actions import Payee
from yingshang.policies.models import Budget, Claim, Clause, Policy
from yingshang.registry.facts import record_fact
from yingshang.registry.models import Business
from yingshang.rules import publishing
from yingshang.rules.models import RuleVersion

PAYEE = Payee("示例机电有限公司", "6222 0201 1111 2222 333", "示例银行钱塘支行")
#: What an enterprise declares for the reward of C01.
DECLARED: dict[str, Any] = {
    "药械上市许可持有人": True,
    "委托本市企业生产所持药械": True,
    "与受托企业有投资关联": False,
    "销售税收结算在杭州": True,
    "年度新增委托生产合同金额": "2000000.40",
}
REWARD = (Path(yingshang.scenarios.__file__).parent / "mah_policy" / "reward.dmn").read_text("utf-8")
GRANT = model_of({"国家高新技术企业": "boolean", "从业人员": "number"}, [(["true", ">= 20"], "50000")],
                 amount="资格.元")  # fmt: skip
TITLE = model_of({"从业人员": "number"}, [([">= 10"], "null")], amount="null")


@dataclass
class House:
    """A policy with three clauses, published, with a budget of a million yuan."""

    world: World
    policy: Policy
    reward: Clause
    grant: Clause
    title: Clause
    budget: Budget

    @property
    def business(self) -> Business:
        return Business.objects.get(pk=self.world.business.pk)

    def claim(self, **told: Any) -> Claim:
        """The reward, claimed by the first business."""
        told = {"declared": DECLARED, "payee": PAYEE} | told
        return actions.submit_claim(self.world.firm1, self.reward, self.business, **told)

    def confirmed(self, **told: Any) -> Claim:
        """The automatic grant, confirmed by the first business."""
        return actions.confirm_grant(self.world.firm1, self.grant, self.business, **({"payee": PAYEE} | told))

    def passed(self, claim: Claim | None = None) -> Claim:
        """A claim through both reviews."""
        claim = claim or self.claim()
        actions.review(claim, self.world.economy_officer2, outcome="pass")
        return actions.review(claim, self.world.finance_officer, outcome="pass")


def published(world: World, key: str, xml: str, since: date = date(2022, 1, 1)) -> RuleVersion:
    """A rule through review into force."""
    model = publishing.make_model(key, title=key, owner_unit=world.units["dept.economy"])
    version = publishing.draft(model, xml, world.economy_officer)
    version = publishing.submit(version, world.economy_officer)
    version = publishing.review(version, world.economy_officer2, True)
    return publishing.publish(version, world.economy_officer, since)


def clause(world: World, policy: Policy, code: str, xml: str | None, **fields: Any) -> Clause:
    """A published clause of the bureau of economy."""
    rule = published(world, f"test.{policy.code}_{code}".lower(), xml).model if xml else None
    told = {
        "title": f"条款{code}", "grade": "P", "kind": "application", "money": "budget", "period": "yearly", "rule": rule,
        "owner_unit": world.units["dept.economy"], "finance_unit": world.units["dept.finance"],
    }  # fmt: skip
    made = actions.save_clause(None, policy, code, **(told | fields))
    return actions.publish_clause(None, made)


def build_house(world: World, *, notice: int | None = None, budget: str = "1000000") -> House:
    """The house; ``notice``: days of public notice of the reward."""
    policy = actions.save_policy(
        None, "sample", title="示例政策", issuer_unit=world.units["dept.economy"], text="第一条 给予奖励。第二条 给予补助。",
        source="测试",
    )  # fmt: skip
    policy = actions.publish_policy(None, policy)
    reward = clause(world, policy, "C01", REWARD, quote="给予奖励。", order=1, notice_days=notice, ask=[*DECLARED])
    grant = clause(world, policy, "C02", GRANT, quote="给予补助。", order=2, kind="automatic")
    title = clause(world, policy, "C03", TITLE, order=3, kind="title", money="none", finance_unit=None)
    record_fact(world.business, "employees", 120, source="人社", period="2022")
    record_fact(world.business, "high_tech", True, source="科技", period="2022")
    made = actions.set_budget(None, policy, 2023, Decimal(budget), source="示例")
    return House(world, policy, reward, grant, title, made)
