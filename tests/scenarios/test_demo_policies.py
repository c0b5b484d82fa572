"""What the demo tells of policies: budgets marked as samples, claims at every stage, and nothing twice."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import Count

from tests.support.world import MORNING
from yingshang import timekeeping
from yingshang.policies.models import Budget, Claim, Payment
from yingshang.policies.verdicts import verdicts_for
from yingshang.registry.models import Business, Fact
from yingshang.scenarios.management.commands._demo_facts import SOURCE

pytestmark = pytest.mark.django_db

COMMANDS = (
    ("load_district", {}),
    ("load_scenarios", {}),
    ("load_policies", {}),
    ("population", {"count": 500}),
    ("demo_accounts", {}),
)


def test_claims_at_every_stage() -> None:
    with timekeeping.travel(MORNING):
        for command, given in COMMANDS:
            call_command(command, stdout=io.StringIO(), **given)
        call_command("demo_policies", stdout=io.StringIO())
        assert set(Claim.objects.values_list("state", flat=True)) == {"paid", "payable", "finance", "review"}
        assert all("示例" in b.source for b in Budget.objects.exclude(policy__code="qianjin_fund"))
        assert not Claim.objects.filter(submitted_at__gt=timekeeping.now()).exists()
        assert not Payment.objects.filter(paid_at__gt=timekeeping.now()).exists()
        # Money that was paid and money set aside are in the ledger's columns, capped as the clause says.
        assert Claim.objects.filter(amount=15_000_000).count() == 1
        before = Claim.objects.count()
        call_command("demo_policies", stdout=io.StringIO())
        assert Claim.objects.count() == before == 4
        assert not Fact.objects.values("business", "key", "period").annotate(n=Count("id")).filter(n__gt=1).exists()
        _its_own_enterprises_have_something_to_claim()


def _its_own_enterprises_have_something_to_claim() -> None:
    told = {}
    for username in ("enterprise1", "enterprise3"):
        found = verdicts_for(Business.objects.get(handlers__person__username=username))
        told[username] = {v.clause.code: v.amount for v in found if v.can_claim and v.state == "eligible"}
    assert told == {"enterprise1": {"C08": Decimal("260000.00")}, "enterprise3": {"C01": Decimal("1800000.00")}}
    # A clause that somebody writes on staff, revenue or research can be tried on the demo's own firms.
    for username in told:
        held = Fact.objects.filter(business__handlers__person__username=username, source=SOURCE)
        assert {"employees", "revenue", "rd_share"} <= set(held.values_list("key", flat=True))
    # Other sample firms reported something as well, some of them not all of it; those that the source names nothing.
    reported = Fact.objects.filter(source=SOURCE)
    assert reported.filter(key="mah_related", value=True).exists()
    named = Fact.objects.filter(key="told").exclude(value="").values("business")
    assert named.exists()
    assert not reported.filter(business__in=named).exists()
    assert not Claim.objects.filter(business__in=named).exists()
