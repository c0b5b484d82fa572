"""One of everything that the policy clerk's addresses name: a policy of the officer's unit with a rule in force, a budget,
a claim under review, a payment batch and a run."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.exchange import probes
from tests.web import policies
from yingshang import timekeeping
from yingshang.policies import actions
from yingshang.policies.models import PaymentBatch
from yingshang.registry.facts import FactRow, copy_facts
from yingshang.rules import publishing
from yingshang.rules.models import PopulationRun
from yingshang.web.views.desk_policies.writing import rule_for

AT = "desk/policies/"
ONE = f"{AT}of/<slug:policy>/<slug:code>/"


def furnish(scene: probes.Scene) -> None:
    """Put them into the scene's database, and their names into its addresses."""
    world = scene.world
    writer, reviewer, payer = world.officer, world.officer2, world.finance_officer
    policy = policies.policy(world, writer, "dept.commerce")
    budget = actions.set_budget(payer, policy, 2023, policies.MILLION, source="示例预算")
    clause = policies.clause(world, policy, writer, "dept.commerce")
    version = publishing.draft(rule_for(clause, writer), policies.RULE, writer)
    version = publishing.review(publishing.submit(version, writer), reviewer, True)
    publishing.publish(version, reviewer, date(2023, 1, 1))
    actions.publish_clause(writer, clause)
    copy_facts(FactRow(world.business.pk, k, "2022", v, "年报") for k, v in policies.FACTS.items())
    claim = actions.submit_claim(world.firm1, clause, world.business, payee=policies.PAYEE)
    batch = PaymentBatch.objects.create(
        number="PB1", unit=world.units["dept.finance"], maker=payer, made_at=timekeeping.now()
    )
    run = PopulationRun.objects.create(on=timekeeping.now().date())
    scene.values |= {"policy": policy.code, "budget_id": budget.pk}
    words: dict[str, dict[str, Any]] = {
        f"{AT}payments/<str:number>/": {"number": batch.number},
        f"{AT}payments/<str:number>/<slug:what>/": {"number": batch.number, "what": "approve"},
        f"{AT}claims/<str:number>/receipt.json": {"number": claim.number},
        f"{AT}runs/<int:run_id>/": {"run_id": run.pk},
        f"{AT}of/<slug:policy>/do/<slug:what>/": {"what": "publish"},
        ONE: {"code": "C01"},
        f"{ONE}simulation/": {"code": "C01"},
        f"{ONE}simulation/near.csv": {"code": "C01"},
        f"{ONE}do/<slug:what>/": {"code": "C01", "what": "publish"},
        f"{ONE}act/<slug:what>/": {"code": "C01", "what": "start"},
        f"{ONE}v<int:number>.dmn": {"code": "C01", "number": 1},
    }
    probes.WORDS.update(words)
