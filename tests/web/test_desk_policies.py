"""The policy clerk's pages: the list, a policy, a clause's studio from the first draft to what is in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.support.world import World
from tests.web import policies
from yingshang.policies.models import Clause, PaymentBatch, Policy
from yingshang.rules import publishing
from yingshang.rules.models import RuleVersion

As = Callable[[str], Client]


@pytest.fixture
def held(world: World) -> Policy:
    return policies.policy(world)


@pytest.fixture
def clause(world: World, held: Policy) -> Clause:
    return policies.clause(world, held)


def at(name: str, clause: Clause, *more: object) -> str:
    return reverse(f"desk:{name}", args=[clause.policy.code, clause.code, *more])


def act(client: Client, clause: Clause, what: str, **given: object) -> int:
    return client.post(at("policy_act", clause, what), given).status_code


def newest(clause: Clause) -> RuleVersion:
    clause.refresh_from_db()
    assert clause.rule is not None
    return clause.rule.versions.first()


def test_a_policy_is_registered_with_its_clause(world: World, held: Policy, sign_in: As) -> None:
    client = sign_in("economy_officer")
    given = {
        "title": "稳岗补助办法",
        "issuer_unit": "区经信科技局",
        "text": "第一条 每招一人补助 500 元。\r\n第二条 略。",
    }
    assert client.post(reverse("desk:policy_new"), {**given, "title": ""}).status_code == 422
    answer = client.post(reverse("desk:policy_new"), given)
    made = Policy.objects.get(title="稳岗补助办法")
    assert answer["Location"] == reverse("desk:policy_clause_new", args=[made.code])
    assert (made.text, made.state, made.issuer) == (
        "第一条 每招一人补助 500 元。\n第二条 略。",
        "draft",
        "区经信科技局",
    )
    first = {
        "title": "招工补助", "quote": "每招一人补助 500 元", "grade": "P", "kind": "application", "subject": "business",
        "money": "budget", "period": "yearly", "owner_unit": "区经信科技局", "finance_unit": "区财政局", "everyday": "招人 招工",
    }  # fmt: skip
    url = reverse("desk:policy_clause_new", args=[made.code])
    wrong = client.post(url, {**first, "quote": "每招一人补助 900 元"})
    assert wrong.status_code == 422
    assert "原文里找不到这段文字" in wrong.content.decode()
    assert client.post(url, {**first, "finance_unit": ""}).status_code == 422
    assert client.post(url, first).status_code == 302
    clause = made.clauses.get()
    assert (made.text[clause.quote_start : clause.quote_end], clause.words) == ("每招一人补助 500 元", ["招人", "招工"])
    # Published together, by those who wrote it only.
    publish = reverse("desk:policy_do", args=[made.code, "publish"])
    assert sign_in("auditor").post(publish).status_code == 403
    assert sign_in("officer").post(publish).status_code == 403
    assert client.post(publish).status_code == 302
    clause.refresh_from_db()
    assert clause.state == Clause.State.PUBLISHED


def test_a_rule_goes_from_draft_to_force(world: World, clause: Clause, sign_in: As) -> None:
    writer, reviewer = sign_in("economy_officer"), sign_in("economy_officer2")
    assert act(sign_in("officer"), clause, "start") == 403
    assert act(writer, clause, "start") == 302
    page = writer.get(at("policy_clause", clause)).content.decode()
    assert "data-studio" in page
    assert "data-readonly" not in page
    assert "研发费用占比" in page  # offered as a column
    # What cannot be right is kept as a draft, and not handed in.
    assert act(writer, clause, "save", xml="<broken", then="submit") == 422
    assert newest(clause).state == RuleVersion.State.DRAFT
    assert act(writer, clause, "save", xml=policies.RULE, then="submit", note="第一版") == 302
    assert newest(clause).state == RuleVersion.State.IN_REVIEW
    assert act(writer, clause, "review", ok="yes") == 422
    assert "由另一位同事审核" in writer.get(at("policy_clause", clause)).content.decode()
    assert act(reviewer, clause, "review", ok="no", note="") == 422
    assert act(reviewer, clause, "review", ok="no", note="比例请写明依据") == 302
    assert "比例请写明依据" in writer.get(at("policy_clause", clause)).content.decode()
    assert act(writer, clause, "save", xml=policies.RULE, then="submit") == 302
    assert act(reviewer, clause, "publish", valid_from="2023-05-01") == 422  # not reviewed yet
    assert act(reviewer, clause, "review", ok="yes") == 302
    assert act(reviewer, clause, "publish", valid_from="") == 422
    assert act(reviewer, clause, "publish", valid_from="2023-05-01", valid_until="2023-12-31") == 302
    version = newest(clause)
    assert (version.state, version.valid_from, version.valid_until) == (
        RuleVersion.State.PUBLISHED, date(2023, 5, 1), date(2023, 12, 31),
    )  # fmt: skip
    assert writer.get(at("policy_model", clause, 1)).content.decode() == policies.RULE
    # The next version ends the first; the page shows both.
    assert act(writer, clause, "start") == 302
    assert (newest(clause).number, newest(clause).xml) == (2, policies.RULE)
    shown = writer.get(at("policy_clause", clause) + "?v=1").content.decode()
    assert "data-readonly" in shown
    assert writer.get(at("policy_clause", clause) + "?v=9").status_code == 404


def test_what_is_missing_before_enterprises_see_a_clause_is_said_and_led_to(
    world: World, held: Policy, clause: Clause, sign_in: As
) -> None:
    writer, reviewer = sign_in("economy_officer"), sign_in("economy_officer2")
    Policy.objects.filter(pk=held.pk).update(state="draft")
    Clause.objects.filter(pk=clause.pk).update(state="draft")
    of_policy = f'href="{reverse("desk:policy", args=[held.code])}"'
    way_on, page = f"{of_policy}>去发布政策", writer.get(at("policy_clause", clause)).content.decode()
    assert "先写这一条的表" in page and way_on not in page
    assert "还没有表" in writer.get(reverse("desk:policy", args=[held.code])).content.decode()

    def published(day: str) -> str:
        act(writer, clause, "start")
        act(writer, clause, "save", xml=policies.RULE, then="submit")
        act(reviewer, clause, "review", ok="yes")
        given = {"valid_from": day}
        answer = reviewer.post(at("policy_act", clause, "publish"), given, follow=True)
        return "".join(f"{m}" for m in answer.context["messages"])

    said = published("2023-05-01")
    assert "企业还看不到这一条" in said and f"「{held}」还是草稿" in said and way_on in said
    assert way_on in writer.get(at("policy_clause", clause)).content.decode()
    Policy.objects.filter(pk=held.pk).update(state="published")
    said = published("2023-06-01")
    assert "企业还看不到这一条" in said and 'href="#publish-clause"' in said
    assert 'id="publish-clause"' in writer.get(at("policy_clause", clause)).content.decode()
    assert writer.post(at("policy_clause_do", clause, "publish")).status_code == 302
    assert published("2023-07-01").endswith("已发布。企业从生效那天起按这个版本计算。")


def test_a_withdrawn_version_ends(world: World, clause: Clause, sign_in: As) -> None:
    in_force(world, clause)
    client = sign_in("economy_officer")
    assert act(client, clause, "withdraw", on="2023-04-26", reason="") == 422
    assert act(client, clause, "withdraw", on="2023-04-26", reason="资金用完") == 302
    assert newest(clause).state == RuleVersion.State.WITHDRAWN
    assert "还没有现行的版本" in client.get(at("policy_clause", clause)).content.decode()


def in_force(world: World, clause: Clause, document: str = policies.RULE) -> RuleVersion:
    from yingshang.web.views.desk_policies.writing import rule_for

    version = publishing.draft(rule_for(clause, world.economy_officer), document, world.economy_officer)
    publishing.submit(version, world.economy_officer)
    publishing.review(version, world.economy_officer2, True)
    return publishing.publish(version, world.economy_officer2, date(2023, 1, 1))


def test_the_check_names_rule_and_column(world: World, clause: Clause, sign_in: As) -> None:
    client, url = sign_in("economy_officer"), reverse("desk:policy_check")
    good = client.post(url, policies.RULE, content_type="application/xml").content.decode()
    assert "没有发现问题" in good
    wrong = policies.RULE.replace("&gt;= 3", '"三"').replace("研发费用占比", "研发占比")
    found = client.post(url, wrong, content_type="application/xml")
    rows = found.context["findings"]
    assert {(r["rules"], r["column"]) for r in rows if r["severity"] == "error"} >= {
        ("", "研发占比"),
        ("1", "研发占比"),
    }
    assert 'data-rules="1"' in found.content.decode()
    assert "研发费用占比" in next(r["text"] for r in rows if "词汇表" in r["text"])
    for body in ("", "<x>", "<!DOCTYPE x [<!ENTITY a 'a'>]><definitions/>"):
        assert client.post(url, body, content_type="application/xml").context["errors"] == 1
    assert client.post(url, "x" * 1_000_001, content_type="application/xml").status_code == 413
    assert client.get(url).status_code == 405
    assert sign_in("auditor").post(url, "<x/>", content_type="application/xml").status_code == 403


def test_figures_that_the_source_does_not_state(world: World, held: Policy, sign_in: As) -> None:
    figure = (
        '<decision id="f1" name="最低占比"><variable id="fv1" name="最低占比" typeRef="number"/>'
        '<literalExpression id="fl1"><text>null</text></literalExpression></decision>'
    )
    needs = '<informationRequirement id="rf"><requiredDecision href="#f1"/></informationRequirement>'
    document = policies.model_of(
        {"研发费用占比": "number", "研发费用": "number"},
        [([">= 最低占比", "> 0"], "100")],
        amount="if 资格.符合 then 资格.元 else null",
        figures=figure,
        needs=needs,
    )
    clause = policies.clause(world, held, grade="H")
    client = sign_in("economy_officer")
    act(client, clause, "start")
    act(client, clause, "save", xml=document)
    page = client.get(at("policy_clause", clause)).content.decode()
    assert "有 1 个标准原文未载" in page
    assert act(client, clause, "fill", value0="3", source0="") == 422
    assert act(client, clause, "fill", value0="3", source0="钱经信〔2023〕1号") == 302
    assert newest(clause).values["最低占比"]["source"] == "钱经信〔2023〕1号"
    page = client.get(at("policy_clause", clause)).content.decode()
    assert "个标准原文未载" not in page
    # Another draft of the same clause keeps what was filled in.
    act(client, clause, "save", xml=newest(clause).xml)
    assert newest(clause).values["最低占比"]["source"] == "钱经信〔2023〕1号"


def test_the_list_says_what_waits(world: World, clause: Clause, sign_in: As) -> None:
    url = reverse("desk:policies")
    client = sign_in("economy_officer")
    assert [g["policy"].code for g in client.get(url).context["groups"]] == ["research_2023"]
    assert not client.get(url + "?q=没有这个").context["groups"]
    assert client.get(url + "?only=running").context["groups"] == []
    assert len(client.get(url + "?only=open").context["groups"]) == 1
    act(client, clause, "start")
    act(client, clause, "save", xml=policies.RULE, then="submit")
    assert not client.get(url).context["waiting"]["review"]  # one's own is nobody's to review
    assert [x["clause"].code for x in sign_in("economy_officer2").get(url).context["waiting"]["review"]] == ["C01"]
    assert not sign_in("officer").get(url).context["waiting"]["review"]


def test_what_waits_for_a_reviewer_stands_on_the_desks_first_page(
    world: World, clause: Clause, sign_in: As, django_assert_max_num_queries: Any
) -> None:
    author, reviewer, other = (sign_in(u) for u in ("economy_officer", "economy_officer2", "officer"))

    def shown(client: Client) -> list[str]:
        with django_assert_max_num_queries(12):
            home = client.get(reverse("desk:home"))
        tasks = client.get(reverse("desk:tasks"))
        found = [w.text for w in home.context["waiting"]]
        assert [w.text for w in tasks.context["waiting"]] == found
        assert all(w.url in home.content.decode() and w.url in tasks.content.decode() for w in home.context["waiting"])
        return found

    act(author, clause, "start")
    assert shown(reviewer) == []  # a draft is its author's own
    act(author, clause, "save", xml=policies.RULE, then="submit")
    assert [shown(c) for c in (author, reviewer, other)] == [[], ["审核“研发费用补助”第 1 版"], []]
    act(reviewer, clause, "review", ok="yes", note="")
    assert [shown(c) for c in (author, reviewer, other)] == [
        ["发布“研发费用补助”第 1 版"],
        ["发布“研发费用补助”第 1 版"],
        [],
    ]
    act(reviewer, clause, "publish", valid_from="2023-04-26")
    assert shown(author) == shown(reviewer) == []


def test_a_batch_waits_for_another_than_its_maker(world: World, sign_in: As) -> None:
    finance = world.units["dept.finance"]
    batch = PaymentBatch.objects.create(number="PB1", unit=finance, maker=world.finance_officer)
    shown = {
        who: [w.text for w in sign_in(who).get(reverse("desk:home")).context["waiting"]]
        for who in ("finance_officer", "finance_officer2", "economy_officer")
    }
    assert shown == {"finance_officer": [], "finance_officer2": [f"复核拨付批次 {batch.number}"], "economy_officer": []}


def test_the_policy_marks_its_clauses(world: World, clause: Clause, sign_in: As) -> None:
    page = sign_in("officer").get(reverse("desk:policy", args=["research_2023"]))
    assert [p["text"] for p in page.context["pieces"] if "clause" in p] == [policies.QUOTE]
    assert "".join(p["text"] for p in page.context["pieces"]) == policies.TEXT
    assert "原文未载" in page.content.decode()  # number and dates


def test_as_many_queries_however_many_clauses(world: World, clause: Clause, sign_in: As) -> None:
    in_force(world, clause)
    client = sign_in("economy_officer")
    pages = [reverse("desk:policies"), reverse("desk:policy", args=["research_2023"]), at("policy_clause", clause)]

    def counted() -> list[int]:
        counts = []
        for url in pages:
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            counts.append(len(queries))
        return counts

    assert counted() == [11, 9, 6]
    for n in range(2, 6):
        in_force(world, policies.clause(world, clause.policy, code=f"C{n:02}"))
    assert counted() == [11, 9, 6]
