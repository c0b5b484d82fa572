"""Making a claim, and reviewing it. A claim is a case; its steps are those of ``policy_delivery/claim.bpmn``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases import actions as case_actions
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, Event, Task
from yingshang.policies import ledger, process, reading, taken, verdicts
from yingshang.policies.models import Claim, Clause
from yingshang.policies.people import Beneficiary
from yingshang.policies.periods import period_of
from yingshang.policies.verdicts import Verdict
from yingshang.registry.models import Business
from yingshang.rules.vocabulary import vocabulary

#: In plain digits: what Python takes for digits else, no bank does.
_ACCOUNT = re.compile(r"[0-9][0-9\- ]{6,38}[0-9]")
#: Characters of a name or a bank, as they are stored.
_LONGEST = 120


@dataclass(frozen=True)
class Payee:
    """Where the money goes."""

    name: str = ""
    account: str = ""
    bank: str = ""

    @property
    def digits(self) -> str:
        """The account without blanks and hyphens."""
        return re.sub(r"[ \-]", "", self._typed)

    @property
    def _typed(self) -> str:
        """The account, what was typed in full width made plain."""
        return unicodedata.normalize("NFKC", self.account).strip()

    def check(self) -> None:
        """Refuse what no bank would take.

        Raises:
            Invalid: field by field.
        """
        problems = {}
        if not 0 < len(self.name.strip()) <= _LONGEST:
            problems["payee_name"] = _("请填写收款户名")
        if not _ACCOUNT.fullmatch(self._typed):
            problems["payee_account"] = _("请填写银行账号,8 到 40 位数字")
        if not 0 < len(self.bank.strip()) <= _LONGEST:
            problems["payee_bank"] = _("请填写开户银行")
        if problems:
            raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)


def payee_of(business: Business) -> Payee:
    """The account that the business gave last, to be confirmed rather than typed again."""
    last = Claim.objects.filter(business=business, person_name="").exclude(payee_account="").order_by("-id").first()
    return Payee(last.payee_name, last.payee_account, last.payee_bank) if last else Payee(name=business.name)


def confirm_grant(
    actor: Person, clause: Clause, business: Business, *, payee: Payee | None = None, key: str | None = None
) -> Claim:
    """Confirm a grant that needs no application (免申即享): all facts are held, one confirmation is enough.

    Raises:
        Conflict: the clause is none of that kind, or the business does not qualify by the facts that are held.
        NotAllowed, Invalid: see :func:`submit_claim`.
    """
    if clause.kind != Clause.Kind.AUTOMATIC:
        raise Conflict(_("「%(c)s」不是免申即享条款,请提交申报。") % {"c": clause})
    return submit_claim(actor, clause, business, payee=payee, key=key)


def submit_claim(
    actor: Person,
    clause: Clause,
    business: Business,
    *,
    declared: Mapping[str, Any] | None = None,
    payee: Payee | None = None,
    person: Beneficiary | None = None,
    key: str | None = None,
) -> Claim:
    """Claim a clause for a business, or for one of its people; the same ``key`` again returns the first claim.

    Only what the district does not hold may be declared. What was decided by (version, facts, trace) is kept.

    Args:
        declared: values by name of the vocabulary.
        payee: where the money goes, for clauses paid from the budget; by default the account given last.
        person: who benefits, for clauses about people.

    Raises:
        NotAllowed: the actor does not act for the business.
        Invalid: what is missing or wrong, field by field.
        Conflict: not offered, not eligible, excluded by another clause, claimed already, or no budget left.
    """
    if actor.is_official or f"b{business.pk}" not in scope_of(actor).principals:
        raise NotAllowed(_("您不是「%(b)s」的经办人,不能替它提交。") % {"b": business})
    try:
        with transaction.atomic():
            # One business makes one claim at a time: what excludes or caps it is looked up under this lock.
            Business.objects.select_for_update(no_key=True).only("pk").get(pk=business.pk)
            if held := _done_before(key):
                return held
            taken.lock_group(business)
            return _submit(actor, clause, business, dict(declared or {}), payee, person, key)
    except IntegrityError as error:
        if held := _done_before(key):
            return held
        if "claim_one_live" in str(error):
            raise _claimed_already() from error
        raise


def _done_before(key: str | None) -> Claim | None:
    event = Event.objects.filter(key=key).only("case_id").first() if key else None
    return Claim.objects.filter(case=event.case_id).first() if event else None


def _claimed_already() -> Conflict:
    return Conflict(_("本期已经申报过这一条,请在「我的申报」里查看进度。"))


def _submit(
    actor: Person,
    clause: Clause,
    business: Business,
    declared: dict[str, Any],
    payee: Payee | None,
    person: Beneficiary | None,
    key: str | None,
) -> Claim:
    now = timekeeping.now()
    on = now.astimezone(timekeeping.SHANGHAI).date()
    subject = f"b{business.pk}"
    if clause.subject == Clause.Subject.PERSON:
        if person is None:
            raise Invalid(_("请填写受益人。"), fields={"person_name": _("请填写姓名")})
        person.check()
        subject = person.subject
    elif person is not None:
        raise Invalid(_("这一条由企业享受,不填受益人。"), fields={"person_name": _("请留空")})
    verdict = _verdict(clause, business, declared, on)
    clause = verdict.clause
    period = period_of(clause.period, on)
    live = Claim.objects.filter(clause=clause, subject=subject, period=period).exclude(state__in=Claim.ENDED)
    if live.exists():
        raise _claimed_already()
    paid = clause.money == Clause.Money.BUDGET
    if paid and not verdict.amount:
        raise Conflict(_("按现有事实计算,可得金额为 0,无需申报。"))
    if paid:
        payee = payee or payee_of(business)
        payee.check()
    payee = payee or Payee()
    automatic = clause.kind == Clause.Kind.AUTOMATIC and not declared
    assert verdict.version is not None
    case = _open(actor, business, verdict, automatic, period, key)
    claim = Claim(
        case=case,
        number=case.number,
        clause=clause,
        business=business,
        subject=subject,
        person_name=person.name.strip() if person else "",
        person_tail=person.tail if person else "",
        period=period,
        automatic=automatic,
        rule_amount=verdict.rule_amount,
        amount=verdict.amount or 0,
        reasons=[r.as_dict() for r in verdict.reasons],
        version=verdict.version,
        as_of=on,
        facts=process.facts_as_data(verdict),
        declared={name: process.as_data(fact.value) for name, fact in verdict.facts.items() if name in declared},
        trace=process.trace_of(verdict),
        payee_name=payee.name.strip(),
        payee_account=payee.digits,
        payee_bank=payee.bank.strip(),
        submitted_by=actor,
        submitted_at=now,
        budget=ledger.budget_for(clause.policy, on.year) if paid else None,
    )
    process.begin(claim, actor)
    return claim


def _verdict(clause: Clause, business: Business, declared: dict[str, Any], on: Any) -> Verdict:
    found = verdicts.verdicts_for(business, on, declared=declared)
    verdict = next((v for v in found if v.clause.pk == clause.pk), None)
    if verdict is None or not verdict.clause.claimable:
        raise Conflict(_("这一条目前不接受申报。"))
    if verdict.state in (verdicts.TEXT, verdicts.UNPUBLISHED) or verdict.version is None:
        raise Conflict(_("这一条的标准尚未公布,暂不能申报。"))
    if not verdict.funded:
        # Before anything else is asked for.
        raise Conflict(ledger.unfunded(clause.policy, on.year))
    entries = vocabulary()
    wrong = {}
    for name in declared:
        if name not in verdict.inputs:
            wrong[name] = _("这一条不需要此项")
        elif name in verdict.facts and verdict.facts[name].source != reading.DECLARED:
            wrong[name] = _("区里已掌握此项,如有出入请申请更正")
        elif name not in verdict.facts:
            wrong[name] = _("「%(n)s」填写有误") % {"n": entries[name].ask.label if name in entries else name}
    if verdict.state == verdicts.UNKNOWN:
        wrong |= {name: _("请填写") for name in verdict.missing}
    if wrong:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(wrong)}, fields=wrong)
    if verdict.state != verdicts.ELIGIBLE:
        raise Conflict(_("按现有事实,还不符合这一条的条件。"), state=verdict.state)
    if verdict.excluded:
        raise Conflict(_("与您已享受的其他条款不能重复享受。"), reasons=[r.as_dict() for r in verdict.reasons])
    return verdict


def _open(actor: Person, business: Business, verdict: Verdict, automatic: bool, period: str, key: str | None) -> Case:
    clause = verdict.clause
    paid = clause.money == Clause.Money.BUDGET
    data = {
        "clause": clause.ref,
        "title": clause.title,
        "period": period,
        "amount": str(verdict.amount) if verdict.amount is not None else "",
        "automatic": automatic,
        "paid": paid,
        "notice_days": (clause.notice_days or 0) if paid else 0,
        "unit": clause.owner_unit.code,
    }
    return case_actions.open_case(
        actor, scenario=process.SCENARIO, service=process.SERVICE, title=_title(clause), business=business, data=data,
        vouched=True, key=key,
    )  # fmt: skip


def _title(clause: Clause) -> str:
    return f"申报：{clause.title}"[:120]


def review(claim: Claim, actor: Person, *, outcome: str, note: str = "", key: str | None = None) -> Claim:
    """Decide the step at which the claim stands: ``pass``, ``refuse``, and for finance ``back``.

    The same as completing the step on the case's page.

    Raises:
        NotAllowed: the step is another unit's. Conflict: not under review, reviewed by the same person before, no budget left.
        Invalid: a refusal without a reason.
    """
    step = {Claim.State.REVIEW: process.REVIEW, Claim.State.FINANCE: process.FINANCE}.get(Claim.State(claim.state))
    # The last one: a claim may come back to the unit.
    task = Task.objects.filter(case=claim.case_id, step=step).order_by("-id").first() if step else None
    if task is None:
        raise Conflict(_("此申报不在审核环节,请刷新后查看。"))
    case_actions.complete_task(task, actor, outcome=outcome, note=note, key=key)
    claim.refresh_from_db()
    return claim


def withdraw_claim(claim: Claim, actor: Person, *, reason: str, key: str | None = None) -> Claim:
    """Withdraw a claim that was not sent to the bank yet; what was set aside for it is released.

    Officials who end it at somebody's wish use the case's own action, which asks whose wish it is.

    Raises:
        NotAllowed: the actor does not act for the enterprise.
        Invalid, Conflict: see :func:`yingshang.cases.actions.withdraw`.
    """
    if actor.is_official:
        raise NotAllowed(_("只有申报企业可以撤回申报。"))
    case_actions.withdraw(claim.case, actor, reason=reason, requested_by=actor.name, key=key)
    claim.refresh_from_db()
    return claim
