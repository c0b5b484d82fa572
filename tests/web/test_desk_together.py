"""How clauses go together, written by the clerk of their unit: what is laid down is what claims and totals follow."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.world import World
from tests.web import policies
from yingshang.cases.errors import NotAllowed
from yingshang.policies import actions
from yingshang.policies.models import Clause, Combination, Policy

As = Callable[[str], Client]
EXCLUSIVE = {"kind": "exclusive", "per": "business", "period": "yearly", "source": "办法第二条"}


@pytest.fixture
def clauses(world: World) -> tuple[Clause, Clause]:
    held = policies.policy(world)
    return policies.clause(world, held), policies.clause(world, held, code="C02", title="稳岗补助", quote="")


def page(held: Policy) -> str:
    return reverse("desk:policy_together", args=[held.code])


def test_written_changed_and_shown(world: World, clauses: tuple[Clause, Clause], sign_in: As) -> None:
    first, second = clauses
    client, url = sign_in("economy_officer"), page(first.policy)
    assert client.get(url).context["form"] is not None
    assert sign_in("officer").get(url).context["form"] is None
    given = {**EXCLUSIVE, "clause1": first.pk, "clause2": second.pk}
    assert sign_in("officer").post(url, given).status_code == 403
    assert client.post(url, {**given, "clause2": ""}).status_code == 422
    assert client.post(url, {**given, "source": ""}).status_code == 422
    assert client.post(url, {**given, "amount": "5"}).status_code == 422  # of a cap only
    assert client.post(url, given).status_code == 302
    made = Combination.objects.get()
    assert [m.clause_id for m in made.members.all()] == [first.pk, second.pk]
    assert "择高不重复" in client.get(reverse("desk:policy", args=[first.policy.code])).content.decode()
    # Changed, not doubled.
    cap = {**given, "kind": "cap", "amount": "300000", "clause1": second.pk, "clause2": first.pk}
    edit = f"{url}?edit={made.code}"
    assert client.get(edit).context["form"]["kind"].value() == "exclusive"
    assert client.post(edit, cap).status_code == 302
    made = Combination.objects.get()
    assert (made.kind, made.amount) == ("cap", Decimal(300_000))
    assert [m.clause_id for m in made.members.all()] == [second.pk, first.pk]
    assert client.get(f"{url}?edit=nothing").status_code == 404
    # Another one has a code of its own.
    assert client.post(url, given).status_code == 302
    assert Combination.objects.count() == 2
    gone = {"remove": "yes", "reason": "文件废止"}
    assert client.post(edit, {**gone, "reason": ""})["Location"].endswith(f"?edit={made.code}")
    assert client.post(edit, gone).status_code == 302
    assert [c.code for c in Combination.objects.all()] != [made.code]
    assert Combination.objects.count() == 1


def test_one_of_another_units_clause_is_not_changed_here(
    world: World, clauses: tuple[Clause, Clause], sign_in: As
) -> None:
    first, _second = clauses
    theirs = policies.clause(world, first.policy, world.officer, "dept.commerce", code="C03", quote="")
    actions.save_combination(None, "both", "exclusive", [first, theirs], policy=first.policy, source="办法")
    client, url = sign_in("economy_officer"), page(first.policy)
    row = client.get(url).context["rows"][0]
    assert (row["c"].code, row["may"]) == ("both", False)
    assert "?edit=both" not in client.get(url).content.decode()
    with pytest.raises(NotAllowed):
        actions.save_combination(world.economy_officer, "both", "cap", [first], amount=Decimal(1))
    with pytest.raises(NotAllowed):
        actions.remove_combination(world.economy_officer, Combination.objects.get(), reason="x")
    assert client.post(f"{url}?edit=both", {**EXCLUSIVE, "clause1": first.pk}).status_code == 403
