"""Steps of the stories in which a clause is claimed and paid: from the verdict to the receipt.

``tests.browser`` acts them through the pages.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management import call_command
from pytest_bdd import given, parsers, then, when

from tests.scenarios.driver import Story
from yingshang.accounts.models import Role
from yingshang.cases.models import Status
from yingshang.policies import replay, verdicts
from yingshang.policies.models import Budget, Claim, Clause, Policy
from yingshang.policies.people import Beneficiary

#: The identity number that GB 11643 gives as its example: nobody's.
EXAMPLE_ID = "11010519491231002X"
WORDS = {"是": True, "否": False}


def clause_of(ref: str) -> Clause:
    policy, code = ref.split("/")
    return Clause.objects.get(policy__code=policy, code=code)


def told(datatable: list[list[str]]) -> dict[str, Any]:
    return {name: WORDS.get(value, value) for name, value in datatable}


def beneficiary(name: str | None) -> Beneficiary | None:
    return Beneficiary(name, EXAMPLE_ID) if name else None


def claim_of(story: Story) -> Claim:
    return Claim.objects.select_related("clause__policy", "case").latest("id")


def budget(policy: str, year: str) -> Budget:
    return Budget.objects.get(policy__code=policy, year=int(year))


def state_of(story: Story, ref: str, on: date | None = None) -> str:
    clause = clause_of(ref)
    (verdict,) = verdicts.verdicts_for(story.businesses[-1], on, clauses=[clause.pk])
    return verdict.state


@given("区里的政策已发布")
def _policies(story: Story) -> None:
    call_command("load_policies", verbosity=0)


@given(parsers.re(r'政策"(?P<policy>\w+)"(?P<year>\d{4}) 年预算"(?P<amount>\d+)"元'))
def _budget(story: Story, policy: str, year: str, amount: str) -> None:
    story.allot(Policy.objects.get(code=policy), int(year), Decimal(amount))


@then(parsers.parse('企业对"{ref}"的结论是"{state}"'))
def _verdict(story: Story, ref: str, state: str) -> None:
    assert state_of(story, ref) == state


@when(parsers.parse('政策出台前一天"{day}"看"{ref}"'))
def _look(story: Story, day: str, ref: str) -> None:
    story.figures["state"] = state_of(story, ref, date.fromisoformat(day))


@then(parsers.parse('那一天的结论是"{state}"'))
def _was(story: Story, state: str) -> None:
    assert story.figures["state"] == state


@when(parsers.re(r'企业申报"(?P<ref>[\w/-]+)":'))
def _claim(story: Story, ref: str, datatable: list[list[str]]) -> None:
    story.declared = told(datatable)
    story.cases.append(story.claim(clause_of(ref), story.declared, None).case)


@when(parsers.re(r'企业为"(?P<person>[^"]+)"申报"(?P<ref>[\w/-]+)":'))
def _claim_for(story: Story, person: str, ref: str, datatable: list[list[str]]) -> None:
    story.declared = told(datatable)
    story.cases.append(story.claim(clause_of(ref), story.declared, beneficiary(person)).case)


@when(parsers.re(r'企业(为"(?P<person>[^"]+)")?试着申报"(?P<ref>[\w/-]+)",被拒绝"(?P<words>[^"]+)":'))
def _try(story: Story, person: str | None, ref: str, words: str, datatable: list[list[str]]) -> None:
    story.claim_in_vain(clause_of(ref), told(datatable), beneficiary(person), words)


@then(parsers.re(r'再(为"(?P<person>[^"]+)")?申报"(?P<ref>[\w/-]+)"被拒绝:"(?P<words>[^"]+)"'))
def _again(story: Story, person: str | None, ref: str, words: str) -> None:
    story.claim_in_vain(clause_of(ref), story.declared, beneficiary(person), words)


@then("没有申报")
def _none(story: Story) -> None:
    assert not Claim.objects.exists()


@then(parsers.parse('申报应得"{amount}"元'))
def _due(story: Story, amount: str) -> None:
    assert claim_of(story).amount == Decimal(amount)


@when(parsers.re('"(?P<unit>[^"]+)"审核通过'))
def _pass(story: Story, unit: str) -> None:
    story.pass_claim(claim_of(story), story.staffed(unit))


@when(parsers.parse('财政列入批次,另一人复核,银行回单"{result}"'))
def _pay(story: Story, result: str) -> None:
    maker, checker = story.staffed("dept.finance"), story.official("dept.finance", Role.UNIT_LEAD)
    story.pay(claim_of(story), maker, checker, result)


@then("申报已到账")
def _paid(story: Story) -> None:
    claim = claim_of(story)
    assert (claim.state, claim.case.status) == (Claim.State.PAID, Status.CLOSED)


@then(parsers.re(r'政策"(?P<policy>\w+)"(?P<year>\d{4}) 年预算已占用"(?P<amount>[\d.]+)"元'))
def _reserved(story: Story, policy: str, year: str, amount: str) -> None:
    assert budget(policy, year).reserved == Decimal(amount)


@then(parsers.re(r'政策"(?P<policy>\w+)"(?P<year>\d{4}) 年预算还剩"(?P<amount>[\d.]+)"元'))
def _left(story: Story, policy: str, year: str, amount: str) -> None:
    held = budget(policy, year)
    assert (held.left, held.reserved) == (Decimal(amount), 0)


@then("凭证经得起重新验算,改一个数字就被发现")
def _receipt(story: Story) -> None:
    claim = claim_of(story)
    content = story.receipt(claim)
    assert all(check.ok for check in replay.verify(content))
    shown = f"{claim.amount:.2f}".encode()
    assert shown in content
    changed = content.replace(shown, b"9" + shown[1:], 1)
    assert not replay.verify(changed)[-1].ok
