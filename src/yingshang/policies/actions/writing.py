"""Writing policies and clauses down, publishing them, and saying how clauses go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person, Unit
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.policies import telling
from yingshang.policies.models import Clause, Combination, CombinationMember, Policy
from yingshang.policies.models.policy import State
from yingshang.policies.people import belongs, require_owner

#: What :func:`save_policy` and :func:`save_clause` take.
POLICY_FIELDS = frozenset(
    "title title_en issuer issuer_en issuer_unit doc_number issued valid_from valid_until text source scenario".split()
)
CLAUSE_FIELDS = frozenset(
    "order title title_en summary summary_en quote grade missing missing_en source catalogue kind subject rule owner_unit"
    " finance_unit money notice_days period route route_en ask words".split()
)


@transaction.atomic
def save_policy(actor: Person | None, code: str, **fields: Any) -> Policy:
    """Make or change a policy document. Of a published one, the text and what the source says stay as they are.

    Args:
        actor: of the issuing unit; None for the system (scenario folders).
        fields: of :data:`POLICY_FIELDS`.

    Raises:
        NotAllowed: the actor does not work in the issuing unit. Invalid: field by field.
    """
    known(fields, POLICY_FIELDS)
    policy = Policy.objects.select_for_update().filter(code=code).first() or Policy(code=code, created_by=actor)
    if actor is not None:
        unit = policy.issuer_unit if policy.pk else fields.get("issuer_unit")
        if not isinstance(unit, Unit) or not belongs(actor, unit):
            raise NotAllowed(_("只有发文单位的工作人员可以编写这项政策。"))
        if policy.pk and policy.state != State.DRAFT and {"text", "doc_number", "issued"} & _changed(policy, fields):
            raise Conflict(_("已发布的政策不改原文和文号;有修订请新建一项政策。"))
    fill(policy, fields)
    if policy.valid_from and policy.valid_until and policy.valid_until < policy.valid_from:
        said = _("结束日期不能早于开始日期")
        raise Invalid(said, fields={"valid_until": said})
    policy.save()
    for clause in policy.clauses.exclude(quote=""):
        place_quote(clause, policy)
        clause.save(update_fields=["quote_start", "quote_end"])
    audit.record(actor, "policy.save", "policy", policy.code, fields=sorted(fields))
    return policy


@transaction.atomic
def publish_policy(actor: Person | None, policy: Policy) -> Policy:
    """Open a policy to everybody; its clauses are published one by one.

    Raises:
        NotAllowed: the actor does not work in the issuing unit.
    """
    fresh = Policy.objects.select_for_update(of=("self",)).select_related("issuer_unit").get(pk=policy.pk)
    if actor is not None and not belongs(actor, fresh.issuer_unit):
        raise NotAllowed(_("只有发文单位的工作人员可以发布这项政策。"))
    if fresh.state != State.PUBLISHED:
        fresh.state = State.PUBLISHED
        fresh.save(update_fields=["state"])
        audit.record(actor, "policy.publish", "policy", fresh.code)
    return fresh


@transaction.atomic
def save_clause(actor: Person | None, policy: Policy, code: str, **fields: Any) -> Clause:
    """Make or change a clause; where its quote stands in the policy's text is found here.

    Raises:
        NotAllowed: the actor does not work in the clause's owner unit. Invalid: field by field, a quote that is not in
            the text included. Conflict: published, and money, grade, rule or quote would change
            (:func:`~.revising.revise_clause` does so with dates). A rule where there was none may come later, too: it
            matches nobody before a version of it is published.
    """
    known(fields, CLAUSE_FIELDS)
    policy = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    clause = Clause.objects.filter(policy=policy, code=code).select_related("owner_unit").first()
    clause = clause or Clause(policy=policy, code=code, created_by=actor)
    if actor is not None and clause.pk and clause.state != State.DRAFT and (touched := _fixed(clause, fields)):
        raise Conflict(_("条款已发布,不能直接改%(f)s;请用修订写明从哪天起改。") % {"f": "、".join(map(label, touched))})
    before = clause.owner_unit if clause.pk else None
    fill(clause, fields)
    clause.policy = policy
    if actor is not None:
        require_owner(actor, clause)
        if before is not None and not belongs(actor, before):
            raise NotAllowed(_("只有主管单位「%(u)s」可以进行此操作。") % {"u": before})
    place_quote(clause, policy)
    clause.save()
    audit.record(actor, "clause.save", "clause", clause.ref, fields=sorted(fields))
    return clause


@transaction.atomic
def publish_clause(actor: Person | None, clause: Clause, *, matching: Sequence[int] = ()) -> Clause:
    """Publish a clause and tell subscribers; its rule is published by itself, with dates.

    Args:
        matching: businesses that it matches, as far as known: their subscribers are told, too.

    Raises:
        NotAllowed: the actor does not work in the owner unit. Conflict: its policy is a draft still.
    """
    fresh = Clause.objects.select_for_update(of=("self",)).select_related("policy", "owner_unit").get(pk=clause.pk)
    if actor is not None:
        require_owner(actor, fresh)
    if fresh.policy.state != State.PUBLISHED:
        raise Conflict(_("请先发布所属政策。"))
    if fresh.state == State.PUBLISHED:
        return fresh
    fresh.state, fresh.published_at = State.PUBLISHED, timekeeping.now()
    fresh.save(update_fields=["state", "published_at"])
    audit.record(actor, "clause.publish", "clause", fresh.ref)
    telling.of_clause(fresh, matching)
    return fresh


@transaction.atomic
def withdraw_clause(actor: Person | None, clause: Clause, *, reason: str) -> Clause:
    """Take no new claims on a clause; claims that run go on.

    Raises:
        NotAllowed: the actor does not work in the owner unit. Invalid: no reason.
    """
    fresh = Clause.objects.select_for_update(of=("self",)).select_related("policy", "owner_unit").get(pk=clause.pk)
    if actor is not None:
        require_owner(actor, fresh)
    if not reason.strip():
        raise Invalid(_("请写明停止的理由。"), fields={"reason": _("请写明理由")})
    fresh.state = State.WITHDRAWN
    fresh.save(update_fields=["state"])
    audit.record(actor, "clause.withdraw", "clause", fresh.ref, reason=reason.strip())
    return fresh


@transaction.atomic
def save_combination(
    actor: Person | None,
    code: str,
    kind: str,
    clauses: Sequence[Clause],
    *,
    policy: Policy | None = None,
    amount: Decimal | None = None,
    period: str = Clause.Period.YEARLY,
    per: str = Combination.Per.BUSINESS,
    source: str = "",
) -> Combination:
    """Say how clauses go together; the same code again changes it.

    Raises:
        NotAllowed: the actor does not work in the owner unit of each clause, those that it had before included.
        Invalid: fewer clauses than the kind needs, a cap without an amount.
    """
    _require_owners(actor, [*clauses, *Clause.objects.filter(combinations__code=code).select_related("owner_unit")])
    problems = {}
    if kind not in Combination.Kind.values:
        problems["kind"] = _("请选择方式")
    if len({c.pk for c in clauses}) != len(clauses) or len(clauses) < (1 if kind == Combination.Kind.CAP else 2):
        problems["clauses"] = _("请选择条款,每条一次")
    if (kind == Combination.Kind.CAP) != (amount is not None) or (amount is not None and amount < 0):
        problems["amount"] = _("合计封顶须填金额,其他方式不填")
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
    told = {"kind": kind, "policy": policy, "amount": amount, "period": period, "per": per, "source": source}
    made, _new = Combination.objects.update_or_create(code=code, defaults=told)
    made.members.all().delete()
    CombinationMember.objects.bulk_create(
        CombinationMember(combination=made, clause=c, position=i) for i, c in enumerate(clauses)
    )
    audit.record(actor, "combination.save", "combination", code, kind=kind, clauses=[c.pk for c in clauses],
                 amount=None if amount is None else str(amount))  # fmt: skip
    return made


@transaction.atomic
def remove_combination(actor: Person | None, combination: Combination, *, reason: str) -> None:
    """Let clauses stand by themselves again, from now on; claims that were made keep what they were told.

    Raises:
        NotAllowed: the actor does not work in the owner unit of each clause. Invalid: no reason.
    """
    clauses = list(combination.clauses.select_related("owner_unit"))
    _require_owners(actor, clauses)
    if not reason.strip():
        raise Invalid(_("请写明理由。"), fields={"reason": _("请写明理由")})
    audit.record(actor, "combination.remove", "combination", combination.code, kind=combination.kind,
                 clauses=[c.pk for c in clauses], reason=reason.strip())  # fmt: skip
    combination.delete()


def _require_owners(actor: Person | None, clauses: Sequence[Clause]) -> None:
    for clause in clauses if actor is not None else ():
        require_owner(actor, clause)


def known(fields: Mapping[str, Any], names: frozenset[str]) -> None:
    """Refuse names of fields that are none: a mistake of the caller's."""
    if unknown := set(fields) - names:
        raise TypeError(f"no such fields: {', '.join(sorted(unknown))}")


def _changed(row: models.Model, fields: Mapping[str, Any]) -> set[str]:
    return {name for name, value in fields.items() if getattr(row, name) != value}


#: What a published clause promises.
_FIXED = frozenset("quote grade kind subject rule money period owner_unit finance_unit notice_days".split())


def _fixed(clause: Clause, fields: Mapping[str, Any]) -> list[str]:
    touched = _FIXED & _changed(clause, fields)
    # Nobody was promised anything by a clause without a rule, nor by a rule without a published version.
    return sorted(touched - {"rule"} if clause.rule_id is None else touched)


def label(name: str) -> str:
    """What a field of a clause is called on pages."""
    labels = {
        "grade": _("能不能算"), "kind": _("怎么享受"), "subject": _("给谁"), "rule": _("规则"), "money": _("钱从哪里来"),
        "period": _("多久一次"), "owner_unit": _("主管单位"), "finance_unit": _("财政部门"), "notice_days": _("公示天数"),
    }  # fmt: skip
    return labels.get(name) or str(Clause._meta.get_field(name).verbose_name)


def fill(row: models.Model, fields: Mapping[str, Any]) -> None:
    """Write fields into a row that is not saved yet.

    Raises:
        Invalid: field by field, and where fields of a clause contradict each other.
    """
    for name, value in fields.items():
        setattr(row, name, value.strip() if isinstance(value, str) and name != "text" else value)
    problems = {}
    try:
        row.clean_fields()
    except ValidationError as error:
        problems = {name: "；".join(messages) for name, messages in error.message_dict.items()}
    if isinstance(row, Clause):
        problems = _contradictions(row) | problems
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)


def _contradictions(clause: Clause) -> dict[str, str]:
    """The constraints of the table that name several fields, in words."""
    problems = {}
    if clause.grade == Clause.Grade.N and clause.rule_id:
        problems["grade"] = _("仅有条文的条款不能带规则")
    if clause.kind == Clause.Kind.AUTOMATIC and not clause.rule_id:
        problems["kind"] = _("还没有规则,不能免申即享")
    if clause.money == Clause.Money.BUDGET and clause.finance_unit_id is None:
        problems["finance_unit"] = _("由预算支付的,请写明由哪个财政部门付")
    if clause.notice_days == 0:
        problems["notice_days"] = _("不公示的不填")
    return problems


def place_quote(clause: Clause, policy: Policy) -> None:
    """Find where a clause's quote stands in the policy's text.

    Raises:
        Invalid: nowhere.
    """
    clause.quote_start = clause.quote_end = None
    if not clause.quote or not policy.text:
        return
    at = policy.text.find(clause.quote)
    if at < 0:
        raise Invalid(_("条文须与政策原文一字不差。"), fields={"quote": _("原文里找不到这段文字")})
    clause.quote_start, clause.quote_end = at, at + len(clause.quote)
