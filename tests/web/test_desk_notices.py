"""Objections on the desk: seen by all officials, settled by the clause's unit, by somebody who did not review the claim."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.world import World
from tests.web import policies
from tests.web.test_desk_payments import pass_both
from tests.web.test_desk_policies import in_force
from yingshang.policies import actions
from yingshang.policies.models import Claim, Objection, PublicNotice
from yingshang.registry.facts import FactRow, copy_facts

As = Callable[[str], Client]


@pytest.fixture
def notice(world: World, settings: object, tmp_path: object, sign_in: As) -> PublicNotice:
    """A claim of the first firm on notice for seven days; ``economy_officer`` reviewed it."""
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    held = policies.policy(world)
    policies.budget(world, held)
    clause = policies.clause(world, held, notice_days=7)
    in_force(world, clause)
    actions.publish_clause(world.economy_officer, clause)
    copy_facts(FactRow(world.business.pk, key, "2022", value, "年报") for key, value in policies.FACTS.items())
    claim = actions.submit_claim(world.firm1, clause, world.business, payee=policies.PAYEE)
    pass_both(claim, sign_in, Claim.State.NOTICE)
    return PublicNotice.objects.get()


def objected(notice: PublicNotice, text: str = "没有做过研发") -> Objection:
    return actions.object_to(notice, name="王某", contact="13800000000", text=text)


def at(notice: PublicNotice) -> str:
    return reverse("desk:policy_notice", args=[notice.pk])


def test_an_objection_is_seen_and_settled(world: World, notice: PublicNotice, sign_in: As) -> None:
    reviewer, colleague, other = sign_in("economy_officer"), sign_in("economy_officer2"), sign_in("officer")
    assert "还没有人提出异议" in colleague.get(at(notice)).content.decode()
    objection = objected(notice)
    listed = reverse("desk:policy_notices")
    assert [n.pk for n in colleague.get(listed).context["waiting"]] == [notice.pk]
    policies_page = colleague.get(reverse("desk:policies"))
    assert policies_page.context["waiting"]["objections"] == 1
    assert "1 条异议待核实" in policies_page.content.decode()
    assert sign_in("officer").get(reverse("desk:policies")).context["waiting"]["objections"] == 0
    assert "1 条异议待核实" in colleague.get(reverse("desk:case", args=[notice.claim.number])).content.decode()
    # How to reach whoever objected is for the unit in charge alone.
    assert "13800000000" in colleague.get(at(notice)).content.decode()
    seen = other.get(at(notice)).content.decode()
    assert "没有做过研发" in seen
    assert "13800000000" not in seen
    answer = {"objection": objection.pk, "upheld": "no", "answer": "查过研发台账,属实"}
    assert other.post(at(notice), answer).status_code == 403
    assert "由另一位同事核实" in reviewer.get(at(notice)).content.decode()
    assert reviewer.post(at(notice), answer).status_code == 403
    assert colleague.post(at(notice), {**answer, "answer": ""}).status_code == 422
    assert colleague.post(at(notice), {**answer, "objection": "9" * 30}).status_code == 422
    assert colleague.post(at(notice), answer).status_code == 302
    assert "查过研发台账" in colleague.get(at(notice)).content.decode()
    assert colleague.post(at(notice), answer).status_code == 409
    notice.claim.refresh_from_db()
    assert notice.claim.state == Claim.State.NOTICE
    assert not colleague.get(listed).context["waiting"]


def test_upheld_the_claim_ends_unpaid(notice: PublicNotice, sign_in: As) -> None:
    objection = objected(notice)
    answer = {"objection": objection.pk, "upheld": "yes", "answer": "研发费用不实"}
    assert sign_in("economy_officer2").post(at(notice), answer).status_code == 302
    notice.claim.refresh_from_db()
    assert notice.claim.state == Claim.State.REFUSED
    assert notice.claim.budget.reserved == 0
