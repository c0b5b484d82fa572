"""What of the policies waits for a person, for the desk's first page and the list of tasks: rules and batches are no cases,
and have no tasks there by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from yingshang.accounts.access import Scope
from yingshang.accounts.models import Person, localized
from yingshang.policies.models import PaymentBatch
from yingshang.rules.models import RuleVersion
from yingshang.web.views.desk_policies.common import CLERKS

#: Rows on a page; beyond that the page of policies has them all.
MOST = 10


@dataclass(frozen=True)
class Waiting:
    """One thing to do: where, since when, and whose work it was."""

    text: str
    url: str
    icon: str
    by: str
    at: datetime | None


def waiting_for(mine: Scope, person: Person) -> list[Waiting]:
    """Rules to review or to publish and batches to check, the oldest first; two queries, none for who has no part in it."""
    units = mine.unit_ids | mine.led_unit_ids
    if not units or not mine.has(*CLERKS):
        return []
    return [*_rules(units, person), *_batches(units, person)]


def _rules(units: set[int], person: Person) -> list[Waiting]:
    """A version is reviewed by another than its author; once approved, anybody of the unit may publish it."""
    clause = "model__clauses__"
    rows = (
        RuleVersion.objects.filter(
            Q(approved=True) | ~Q(author=person),
            state=RuleVersion.State.IN_REVIEW,
            **{f"{clause}owner_unit__in": units},
        )
        .order_by("submitted_at", "id")
        .values_list(
            "number", "approved", "author__name", "submitted_at",
            f"{clause}title", f"{clause}title_en", f"{clause}code", f"{clause}policy__code",
        )[:MOST]
    )  # fmt: skip
    found = []
    for number, approved, author, at, title, title_en, code, policy in rows:
        said = _("发布“%(c)s”第 %(n)s 版") if approved else _("审核“%(c)s”第 %(n)s 版")
        words = said % {"c": localized(title, title_en), "n": number}
        url = reverse("desk:policy_clause", args=[policy, code])
        found.append(Waiting(words, url, "send" if approved else "eye-check", author or "", at))
    return found


def _batches(units: set[int], person: Person) -> list[Waiting]:
    rows = PaymentBatch.objects.filter(unit__in=units, state=PaymentBatch.State.DRAFT).exclude(maker=person)
    return [
        Waiting(
            _("复核拨付批次 %(n)s") % {"n": b.number},
            reverse("desk:policy_batch", args=[b.number]),
            "building-bank",
            b.maker.name,
            b.made_at,
        )
        for b in rows.select_related("maker").order_by("made_at", "id")[:MOST]
    ]
