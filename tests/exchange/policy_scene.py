"""One of everything that the policy clerk's addresses name: a policy of the officer's unit with a rule in force, a budget,
a claim under review, a payment batch and a run."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.exchange import probes
from tests.web import policies
from yingshang import timekeeping
from yingshang.policies import actions
from yingshang.policies.models import Claim, Payment, PaymentBatch, PublicNotice
from yingshang.registry.facts import FactRow, copy_facts
from yingshang.rules import publishing
from yingshang.rules.models import PopulationRun, ResultExport
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
    edition = actions.revise_clause(
        writer, clause, valid_from=timekeeping.now().date() + timedelta(days=30), reason="示例", summary="明天起的说法"
    )
    batch = PaymentBatch.objects.create(
        number="PB20230426-00001", unit=world.units["dept.finance"], maker=payer, made_at=timekeeping.now()
    )
    payment = Payment.objects.create(
        batch=batch, claim=claim, reference="PY2023042600000001", amount=claim.amount, payee_name="示例", payee_account="1",
        payee_bank="示例银行",
    )  # fmt: skip
    run = PopulationRun.objects.create(on=timekeeping.now().date())
    export = ResultExport.objects.create(model=version.model, on=run.on, format="xlsx", by=writer)
    scene.values |= {"policy": policy.code, "budget_id": budget.pk}
    words: dict[str, dict[str, Any]] = {
        f"{AT}payments/<str:number>/": {"number": batch.number},
        f"{AT}payments/<str:number>/<slug:what>/": {"number": batch.number, "what": "approve"},
        f"{AT}claims/<str:number>/receipt.json": {"number": claim.number},
        f"{AT}runs/<int:run_id>/": {"run_id": run.pk},
        f"{AT}exports/<int:export_id>/": {"export_id": export.pk},
        f"{AT}exports/<int:export_id>/file/": {"export_id": export.pk},
        f"{AT}of/<slug:policy>/do/<slug:what>/": {"what": "publish"},
        ONE: {"code": "C01"},
        f"{ONE}edit/": {"code": "C01"},
        f"{ONE}edit/<int:number>/drop/": {"code": "C01", "number": edition.number},
        f"{ONE}simulation/": {"code": "C01"},
        f"{ONE}simulation/near.csv": {"code": "C01"},
        f"{ONE}do/<slug:what>/": {"code": "C01", "what": "publish"},
        f"{ONE}act/<slug:what>/": {"code": "C01", "what": "start"},
        f"{ONE}v<int:number>.dmn": {"code": "C01", "number": 1},
    }
    probes.WORDS.update(words | _portal(scene, claim) | _api(claim, payment))


def _portal(scene: probes.Scene, claim: Claim) -> dict[str, dict[str, Any]]:
    """What the enterprise's addresses name, and those of the public notice."""
    now = timekeeping.now()
    notice = PublicNotice.objects.create(
        claim=claim, name="示例机电有限公司", amount=claim.amount, starts=now, ends=now + timedelta(days=7)
    )
    mine = actions.subscribe(scene.world.firm1, business=scene.world.business)
    clause = "portal/policies/<slug:policy>/<slug:code>/"
    return {
        "portal/policies/facts/<str:name>/": {"name": "从业人员"},
        "portal/policies/told/<int:pk>/unsubscribe/": {"pk": mine.pk},
        **{f"{clause}{page}": {"code": "C01"} for page in ("", "apply/", "preview/", "confirm/")},
        **{
            f"portal/claims/<str:number>/{page}": {"number": claim.number}
            for page in ("", "receipt/", "withdraw/", "payee/")
        },
        "notices/<int:pk>/": {"pk": notice.pk},
        f"{AT}notices/<int:pk>/": {"pk": notice.pk},
    }


def _api(claim: Claim, payment: Payment) -> dict[str, dict[str, Any]]:
    """What the addresses of the API name."""
    claims, batches, payments = "api/v1/claims/<number>", "api/v1/batches/<number>", "api/v1/payments/<reference>"
    return {
        "api/v1/batches": {"claims": [claim.number]},
        **{
            f"{batches}{end}": {"number": payment.batch.number}
            for end in ("", "/approve", "/cancel", "/export", "/returns")
        },
        **{f"{payments}{end}": {"reference": payment.reference} for end in ("/remove", "/claw-back")},
        "api/v1/policies/<policy>/<code>": {"code": "C01"},
        **{f"{claims}{end}": {"number": claim.number} for end in ("", "/review", "/withdraw", "/payee", "/receipt")},
    }
