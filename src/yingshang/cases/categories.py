"""The category of a case that is recognised, set or put right: what is promised goes by it from the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from yingshang.accounts import statements
from yingshang.accounts.models import Person
from yingshang.cases import clocks, engine, events, promises
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Case, Category, Clock


def offered(scenario: str) -> list[Category]:
    """The categories that cases of a scenario may have now, in their order."""
    return list(Category.objects.filter(scenario=scenario, active=True).order_by("sort", "id"))


#: A category that may be given. None is written by an action on a case: what waits need not be sent for this.
NAMED = statements.Prepared(
    lambda scenario, code: Category.objects.filter(scenario=scenario, code=code, active=True),
    "‹scenario›",
    "‹code›",
    apart=True,
)


def recognise(case: Case, proposal: Mapping[str, Any]) -> None:
    """Give a case that is being opened the category in which the routing rule is sure; before its clocks start.

    What the asker chose stays. A category that is out of use is not given.

    Args:
        proposal: of :func:`yingshang.cases.routing.propose`.
    """
    code = proposal.get("category")
    if not code or case.category_id is not None:
        return
    named, known = statements.together((NAMED, [case.scenario, code]), (promises.OF_CODE, [case.scenario, code]))
    if named:
        case.category = named[0]
        promises.keep(case, known)
        events.write(case, "category_set", None, **by_rule(named[0]))


def by_rule(given: Category) -> dict[str, str]:
    """What the event says of a category that a rule gave to a case without one."""
    return {"by": "rule", **_said(given, None)}


def _said(given: Category, before: Category | None) -> dict[str, str]:
    return {
        "category": given.name,
        "category_en": given.name_en,
        "code": given.code,
        "before": before.name if before else "",
        "before_en": before.name_en if before else "",
        "before_code": before.code if before else "",
    }


def put(case: Case, actor: Person | None, code: str) -> bool:
    """Give a locked case another category; the caller saves it.

    Its promises are those of the new category, counted from the same start with the same pauses, and so noted in the
    ledger. A promise that is broken already stays broken.

    Args:
        code: of one of the scenario's categories; ``""`` or the case's own leaves everything as it is.

    Returns:
        whether it changed.

    Raises:
        Invalid: the scenario has no such category.
    """
    before = case.category
    if not code or (before is not None and before.code == code):
        return False
    chosen = NAMED.first(case.scenario, code)
    if chosen is None:
        raise Invalid(_("没有这个分类:%(c)s") % {"c": code}, fields={"category": _("没有这个分类")})
    case.category = chosen
    for clock in list(clocks.live(case)):
        if promise := promises.in_force(case.scenario, clock.code, chosen.pk):
            clocks.promise_anew(case, clock, promise, chosen.name)
    had = set(Clock.objects.filter(case=case).values_list("code", flat=True))
    for missing in engine.AT_OPENING:
        if missing not in had:
            clocks.start(case, missing, at=case.opened_at)
    events.write(case, "category_set", actor, **_said(chosen, before))
    return True
