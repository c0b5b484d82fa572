"""A small policy for the tests of the clerk's pages: a document, a clause, a rule that its unit writes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.rules.documents import model_of
from tests.support.world import World
from yingshang.accounts.models import Person
from yingshang.policies import actions
from yingshang.policies.models import Clause, Policy

#: 研发费用占比 at least 3 % → 10 % of what was spent on research, at most 500,000 yuan a year.
RULE = model_of(
    {"研发费用占比": "number", "研发费用": "number"},
    [([">= 3", "> 0"], "min(0.1 * 研发费用, 500000)")],
    amount="if 资格.符合 then decimal(资格.元, 2) else null",
)
TEXT = (
    "第一条 为鼓励企业创新,制定本办法。\n第二条 上年研发费用占比不低于 3% 的,按研发费用的 10% 给予补助,最高 50 万元。\n"
    "第三条 由区经信科技局负责解释。"
)
QUOTE = "上年研发费用占比不低于 3% 的,按研发费用的 10% 给予补助,最高 50 万元"
MILLION = Decimal(1_000_000)
#: What makes the first business eligible, for 200,000 yuan.
FACTS = {"rd_share": "5.00", "rd_expense": "2000000.00"}
PAYEE = actions.Payee("示例机电有限公司", "6222 0000 1111 2222", "钱塘农商行")


def policy(world: World, writer: Person | None = None, unit: str = "dept.economy") -> Policy:
    """The document, published by somebody of this unit."""
    writer = writer or world.economy_officer
    held = actions.save_policy(
        writer,
        "research_2023",
        title="企业创新补助办法",
        title_en="Innovation grants",
        issuer=world.units[unit].name,
        issuer_unit=world.units[unit],
        text=TEXT,
    )
    return actions.publish_policy(writer, held)


def clause(
    world: World,
    held: Policy,
    writer: Person | None = None,
    unit: str = "dept.economy",
    *,
    code: str = "C01",
    **more: Any,
) -> Clause:
    """Its one clause, a draft, paid from a budget."""
    given = {
        "title": "研发费用补助",
        "title_en": "Grant for research",
        "quote": QUOTE,
        "grade": "P",
        "kind": "application",
        "money": "budget",
        "period": "yearly",
        "owner_unit": world.units[unit],
        "finance_unit": world.units["dept.finance"],
    }
    return actions.save_clause(writer or world.economy_officer, held, code, order=1, **given | more)


def budget(world: World, held: Policy) -> None:
    """A million yuan for this year."""
    actions.set_budget(world.finance_officer, held, 2023, MILLION, source="示例预算")
