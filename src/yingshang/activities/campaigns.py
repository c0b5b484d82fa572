"""Rounds of visits that officials choose from when they plan one."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang.accounts import audit
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Role, Unit
from yingshang.activities.models import Campaign
from yingshang.cases.errors import NotAllowed

#: Who starts rounds of visits.
STARTERS = (Role.UNIT_LEAD, Role.AREA_LEAD, Role.REFORM_OFFICE)


@transaction.atomic
def begin(
    actor: Person,
    unit: Unit,
    *,
    title: str,
    aim: str,
    starts: date,
    ends: date,
    target: int | None,
    key: str | None = None,
) -> Campaign:
    """Start a round of visits; the same ``key`` again returns the one that was started the first time.

    Raises:
        NotAllowed: the actor is neither a head nor of the reform office.
    """
    if not scope_of(actor).has(*STARTERS):
        raise NotAllowed(_("只有单位、街道负责人和改革办可以建立专项。"))
    given = {
        "scenario": "big_visit_campaign", "unit": unit, "created_by": actor,
        "title": title, "aim": aim, "starts": starts, "ends": ends, "target": target,
    }  # fmt: skip
    if key is None:
        made, fresh = Campaign.objects.create(**given), True
    else:
        made, fresh = Campaign.objects.get_or_create(key=key, defaults=given)
    if fresh:
        audit.record(actor, "campaign.create", "campaign", made.pk, title=made.title)
    return made
