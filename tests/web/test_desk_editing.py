"""Changing what is written: a draft in place, a published clause from a day on, a published document as far as may be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.world import World
from tests.web import policies
from tests.web.test_desk_policies import act, in_force
from yingshang.policies import actions
from yingshang.policies.models import Clause, Policy

As = Callable[[str], Client]
GIVEN = {
    "quote": policies.QUOTE, "title": "研发费用补助", "title_en": "Grant for research", "grade": "P", "kind": "application",
    "subject": "business", "money": "budget", "period": "yearly", "finance_unit": "区财政局", "owner_unit": "区经信科技局",
}  # fmt: skip


@pytest.fixture
def held(world: World) -> Policy:
    return policies.policy(world)


@pytest.fixture
def clause(world: World, held: Policy) -> Clause:
    return policies.clause(world, held)


def edit(clause: Clause) -> str:
    return reverse("desk:policy_clause_edit", args=[clause.policy.code, clause.code])


def test_a_draft_is_changed_in_place(clause: Clause, sign_in: As) -> None:
    client = sign_in("economy_officer")
    assert sign_in("officer").get(edit(clause)).status_code == 403
    form = client.get(edit(clause)).context["form"]
    assert "valid_from" not in form.fields
    assert {name: form[name].value() or "" for name in GIVEN} == GIVEN
    assert client.post(edit(clause), {**GIVEN, "title": ""}).status_code == 422
    assert client.post(edit(clause), {**GIVEN, "title": "研发投入补助", "notice_days": "5"}).status_code == 302
    clause.refresh_from_db()
    assert (clause.title, clause.notice_days) == ("研发投入补助", 5)
    assert not clause.editions.exists()


def test_a_published_clause_reads_otherwise_from_a_day_on(world: World, clause: Clause, sign_in: As) -> None:
    in_force(world, clause)
    actions.publish_clause(world.economy_officer, clause)
    client = sign_in("economy_officer")
    form = client.get(edit(clause)).context["form"]
    assert "owner_unit" not in form.fields
    later = {**GIVEN, "title": "研发投入补助", "valid_from": "2023-06-01", "reason": "钱经信〔2023〕2号"}
    assert client.post(edit(clause), {**later, "reason": ""}).status_code == 422
    assert client.post(edit(clause), {**later, "valid_from": "2023-01-01"}).status_code == 422
    assert client.post(edit(clause), later).status_code == 302
    clause.refresh_from_db()
    assert clause.title == "研发费用补助"  # till that day
    page = client.get(edit(clause))
    assert page.context["form"]["title"].value() == "研发投入补助"  # what is to come is changed further
    assert "还没到生效日" in page.content.decode()
    assert "2023-06-01" in client.get(reverse("desk:policy_clause", args=[clause.policy.code, "C01"])).content.decode()
    assert client.post(edit(clause), later).status_code in (409, 422)  # nothing new, or the same day
    drop = reverse("desk:policy_edition_drop", args=[clause.policy.code, "C01", 2])
    assert sign_in("officer").post(drop, {"reason": "x"}).status_code == 403
    client.post(drop, {"reason": ""})
    assert clause.editions.kept().count() == 2
    client.post(drop, {"reason": "文件没有通过"})
    assert [(e.number, e.valid_until) for e in clause.editions.kept()] == [(1, None)]


def test_a_clause_published_as_text_gets_its_rule(world: World, held: Policy, sign_in: As) -> None:
    """Its unit fills in what the source left open: from then on it is computed."""
    clause = policies.clause(world, held, grade="H", missing="标准")
    actions.publish_clause(world.economy_officer, clause)
    writer, reviewer = sign_in("economy_officer"), sign_in("economy_officer2")
    page = writer.get(reverse("desk:policy_clause", args=[held.code, "C01"])).content.decode()
    assert "写这一条的规则" in page
    assert act(writer, clause, "start") == 302
    assert act(writer, clause, "save", xml=policies.RULE, then="submit") == 302
    assert act(reviewer, clause, "review", ok="yes") == 302
    assert act(reviewer, clause, "publish", valid_from="2023-05-01") == 302
    clause.refresh_from_db()
    assert clause.rule is not None
    assert clause.rule.versions.get().valid_from == date(2023, 5, 1)


def test_a_published_document_keeps_its_text(held: Policy, sign_in: As) -> None:
    client = sign_in("economy_officer")
    url = reverse("desk:policy_edit", args=[held.code])
    assert sign_in("officer").get(url).status_code == 403
    given = {
        "title": "企业创新补助暂行办法",
        "issuer_unit": "区经信科技局",
        "text": "另一份原文",
        "valid_until": "2025-12-31",
    }
    assert client.get(url).context["form"].fields["text"].disabled
    assert client.post(url, {**given, "title": ""}).status_code == 422
    backwards = client.post(url, {**given, "valid_from": "2026-01-01"})
    assert backwards.status_code == 422 and "valid_until" in backwards.context["form"].errors
    assert client.post(url, given).status_code == 302
    held.refresh_from_db()
    assert (held.title, held.text, held.valid_until) == ("企业创新补助暂行办法", policies.TEXT, date(2025, 12, 31))
