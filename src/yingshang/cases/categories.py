"""The category of a case that is set or put right after it was opened: what is promised goes by it from the start."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yingshang.accounts.models import Person
from yingshang.cases import clocks, engine, events, promises
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Case, Category, Clock


def offered(scenario: str) -> list[Category]:
    """The categories that cases of a scenario may have now, in their order."""
    return list(Category.objects.filter(scenario=scenario, active=True).order_by("sort", "id"))


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
    chosen = Category.objects.filter(scenario=case.scenario, code=code, active=True).first()
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
    events.write(
        case,
        "category_set",
        actor,
        category=chosen.name,
        category_en=chosen.name_en,
        code=chosen.code,
        before=before.name if before else "",
        before_en=before.name_en if before else "",
        before_code=before.code if before else "",
    )
    return True
