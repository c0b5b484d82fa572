"""What the demo tells of policies: budgets marked as samples, claims at every stage, and nothing twice."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from tests.support.world import MORNING
from yingshang import timekeeping
from yingshang.policies.models import Budget, Claim, Payment

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
