"""What a scenario promises, which of it holds for a case, and bringing the scenario's proposals into the database."""

from __future__ import annotations

from django.db.models import Q

from yingshang.accounts import statements
from yingshang.cases import catalog
from yingshang.cases.models import Case, Category, Promise

_of_category = statements.Prepared(
    lambda scenario, category: Promise.objects.filter(
        Q(category__isnull=True) | Q(category=category), scenario=scenario, until__isnull=True
    ),
    "‹scenario›",
    -1,
)
#: The same by the category's code, ``""`` for none: asked while a case is opened. No action on a case writes promises.
OF_CODE = statements.Prepared(
    lambda scenario, category: Promise.objects.filter(
        Q(category__isnull=True) | Q(category__code=category), scenario=scenario, until__isnull=True
    ),
    "‹scenario›",
    "‹category›",
    apart=True,
)


def keep(case: Case, known: list[Promise]) -> None:
    """Have :func:`in_force` use these for cases of this category, inside the present block."""
    if (held := statements.memo()) is not None:
        held["promises", case.scenario, case.category_id] = known


def in_force(scenario: str, code: str, category_id: int | None) -> Promise | None:
    """The promise for this category, else the scenario's general one."""
    held = statements.memo()
    key = ("promises", scenario, category_id)
    rows = held.get(key) if held is not None else None
    if rows is None:
        rows = _of_category(scenario, category_id or 0)
        if held is not None:
            held[key] = rows
    found = {p.category_id: p for p in rows if p.code == code}
    return found.get(category_id) or found.get(None)


def install(spec: catalog.ScenarioSpec) -> None:
    """Bring the scenario's proposed promises and categories into the database, leaving edited ones alone."""
    for i, c in enumerate(spec.categories):
        Category.objects.get_or_create(
            scenario=spec.id,
            code=c.code,
            defaults={
                "name": c.name.zh,
                "name_en": c.name.en,
                "words": list(c.words),
                "hint": c.hint.zh,
                "hint_en": c.hint.en,
                "sort": i,
            },
        )
    by_code = {c.code: c for c in Category.objects.filter(scenario=spec.id)}
    for p in spec.promises:
        category = by_code[p.category] if p.category else None
        Promise.objects.get_or_create(
            scenario=spec.id,
            code=p.code,
            category=category,
            until=None,
            defaults={
                "name": p.name.zh,
                "name_en": p.name.en,
                "amount": p.amount,
                "basis": p.basis,
                "source": p.source,
            },
        )
