"""Revising a published clause: another wording from a day on; days before keep the one they had."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person
from yingshang.cases.errors import Conflict, Invalid
from yingshang.policies import editions, reasons, telling
from yingshang.policies.actions.writing import CLAUSE_FIELDS, fill, known, label, place_quote
from yingshang.policies.models import Claim, Clause, ClauseEdition
from yingshang.policies.models.policy import State
from yingshang.policies.people import require_owner

#: What :func:`revise_clause` takes.
REVISABLE = CLAUSE_FIELDS & frozenset(editions.WORDING)
#: What stays once somebody claimed the clause: by it one claim is told from the next.
CLAIMED = ("subject", "period", "money")


@transaction.atomic
def revise_clause(
    actor: Person | None, clause: Clause, *, valid_from: date, reason: str, **fields: Any
) -> ClauseEdition:
    """Let a published clause say something else from a day on, today at the earliest; its rule has versions of its own.

    Args:
        fields: of :data:`REVISABLE`; what is left out stays as it is on the day before.

    Raises:
        NotAllowed: the actor does not work in the owner unit.
        Invalid: field by field; nothing that changes, no reason, a day gone by, or a quote that is not in the text.
        Conflict: not published, an edition begins on that day or later already, or what claims rest on would change.
    """
    known(fields, REVISABLE)
    fresh = _locked(actor, clause)
    if fresh.state != State.PUBLISHED:
        raise Conflict(_("条款现为「%(s)s」,只有已发布的条款才要修订。") % {"s": fresh.get_state_display()})
    _check(valid_from, reason)
    kept = list(ClauseEdition.objects.kept().filter(clause=fresh).order_by("-number"))
    if kept and kept[0].valid_from is not None and kept[0].valid_from >= valid_from:
        raise Conflict(
            _("已有一版自 %(d)s 起生效;新的一版须在那之后,或先撤销那一版。") % {"d": kept[0].valid_from.isoformat()}
        )
    # Of the edition in force, the row may have had small corrections since.
    before = kept[0].told if kept and kept[0].applied_at is None else editions.wording(fresh)
    told = _reworded(fresh, before, fields)
    day_before = valid_from - timedelta(days=1)
    now = timekeeping.now()
    if kept:
        ClauseEdition.objects.filter(pk=kept[0].pk).update(valid_until=day_before)
    else:
        ClauseEdition.objects.create(
            clause=fresh, number=1, valid_until=day_before, told=before, reason=reasons.FIRST_WORDING, at=now,
            applied_at=fresh.published_at,
        )  # fmt: skip
    last = ClauseEdition.objects.filter(clause=fresh).aggregate(n=models.Max("number"))["n"]
    made = ClauseEdition.objects.create(
        clause=fresh, number=last + 1, valid_from=valid_from, told=told, reason=reason.strip(), by=actor, at=now
    )
    audit.record(
        actor, "clause.revise", "clause", fresh.ref, number=made.number, valid_from=valid_from.isoformat(),
        fields=sorted(n for n in told if told[n] != before[n]), reason=reason.strip(),
    )  # fmt: skip
    if valid_from <= now.date():
        _apply(made)
    return made


@transaction.atomic
def drop_edition(edition: ClauseEdition, actor: Person | None, *, reason: str) -> ClauseEdition:
    """Take back an edition before its first day; the one before it goes on.

    Raises:
        NotAllowed: the actor does not work in the owner unit. Invalid: no reason.
        Conflict: it is in force already, taken back already, or another one follows it.
    """
    clause = _locked(actor, edition.clause)
    kept = list(ClauseEdition.objects.kept().filter(clause=clause).order_by("-number"))
    fresh = next((e for e in kept if e.pk == edition.pk), None)
    if not reason.strip():
        raise Invalid(_("请写明撤销的理由。"), fields={"reason": _("请写明理由")})
    if fresh is None:
        raise Conflict(_("这一版已经撤销。"))
    if fresh.applied_at is not None or fresh.valid_from is None or fresh.valid_from <= timekeeping.now().date():
        raise Conflict(_("这一版已经生效,不能撤销;有变动请再修订一版。"))
    if kept[0].pk != fresh.pk:
        raise Conflict(_("后面还有一版,请先撤销那一版。"))
    fresh.dropped_at, fresh.dropped_by = timekeeping.now(), actor
    fresh.save(update_fields=["dropped_at", "dropped_by"])
    ClauseEdition.objects.filter(pk=kept[1].pk).update(valid_until=None)
    audit.record(actor, "clause.drop", "clause", clause.ref, number=fresh.number, reason=reason.strip())
    return fresh


def apply_due() -> int:
    """Let clauses say what their editions of today say; returns how many changed. Done twice, the second changes nothing."""
    today = timekeeping.now().date()
    due = ClauseEdition.objects.kept().filter(applied_at__isnull=True, valid_from__lte=today)
    count = 0
    for pk in due.order_by("clause_id", "number").values_list("pk", flat=True):
        with transaction.atomic():
            clause = ClauseEdition.objects.values_list("clause_id", flat=True).get(pk=pk)
            Clause.objects.select_for_update().get(pk=clause)
            edition = due.filter(pk=pk).first()
            if edition is not None:
                _apply(edition)
                count += 1
    return count


def _locked(actor: Person | None, clause: Clause) -> Clause:
    fresh = Clause.objects.select_for_update(of=("self",)).select_related("policy", "owner_unit").get(pk=clause.pk)
    if actor is not None:
        require_owner(actor, fresh)
    return fresh


def _check(valid_from: date, reason: str) -> None:
    problems = {}
    if not reason.strip():
        problems["reason"] = _("请写明修订的理由或依据")
    if valid_from < timekeeping.now().date():
        problems["valid_from"] = _("最早自今天起;以前的日期仍按当时的条款")
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)


def _reworded(clause: Clause, before: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """The whole new wording, checked as the clause's row would be."""
    # A copy that is not saved: the row keeps its words until the day comes.
    trial = Clause.objects.select_related("policy").get(pk=clause.pk)
    editions.apply(trial, before)
    fill(trial, fields)
    place_quote(trial, trial.policy)
    told = editions.wording(trial)
    changed = {name for name in REVISABLE if told[name] != before[name]}
    if not changed:
        raise Invalid(_("没有改动。"), fields={"title": _("请改动至少一项")})
    if before["rule"] is not None and "rule" in changed:
        raise Conflict(_("条款的规则不换;规则有变动,请在工作室里发布新版本。"))
    if (fixed := sorted(changed & set(CLAIMED))) and Claim.objects.filter(clause=clause).exists():
        raise Conflict(_("已有企业申报过这一条,不能改%(f)s;请停止后另立一条。") % {"f": "、".join(map(label, fixed))})
    return told


def _apply(edition: ClauseEdition) -> None:
    clause = Clause.objects.select_related("policy").get(pk=edition.clause_id)
    editions.apply(clause, edition.told).save()
    edition.applied_at = timekeeping.now()
    edition.save(update_fields=["applied_at"])
    telling.of_revision(clause, edition.number)
