"""What officials set for all cases: promised times, the words of categories, the working calendar. Each change is on record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from yingshang import timekeeping
from yingshang.accounts import audit, calendar
from yingshang.accounts.models import Person
from yingshang.cases import jobs
from yingshang.cases.models import Category, Promise


@transaction.atomic
def replace_promise(held: Promise, actor: Person, *, amount: Decimal, basis: str, source: str) -> Promise | None:
    """End the promise now and write the new one; clocks that run keep the old one.

    Returns:
        the promise in force, or None when somebody else has replaced it meanwhile.
    """
    locked = Promise.objects.select_for_update(of=("self",)).filter(pk=held.pk, until__isnull=True).first()
    if locked is None:
        return None
    now = timekeeping.now()
    if (amount, basis, source) == (locked.amount, locked.basis, locked.source):
        return locked
    locked.until = now
    locked.save(update_fields=["until"])
    new = Promise.objects.create(
        scenario=locked.scenario,
        code=locked.code,
        category=locked.category,
        name=locked.name,
        name_en=locked.name_en,
        amount=amount,
        basis=basis,
        source=source,
        since=now,
        edited_by=actor,
    )
    audit.record(
        actor,
        "promise.edit",
        "promise",
        new.pk,
        scenario=new.scenario,
        code=new.code,
        category=locked.category.code if locked.category else "",
        before=f"{locked.amount.normalize():f} {locked.basis}",
        after=f"{new.amount.normalize():f} {new.basis}",
        source=source,
    )
    return new


@transaction.atomic
def edit_category(category: Category, actor: Person, **fields: Any) -> None:
    """Change a category's words; its code stays, since cases and promises hang on it."""
    locked = Category.objects.select_for_update().get(pk=category.pk)
    changed = {name: value for name, value in fields.items() if getattr(locked, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changed))
    audit.record(actor, "category.edit", "category", locked.pk, code=locked.code, **changed)


@transaction.atomic
def edit_day(day: date, working: bool, note: str, actor: Person) -> None:
    """Set one day of the working calendar and ask for the clocks to be recomputed; one waiting recomputation is enough."""
    calendar.edit(day, working, note, actor)
    try:
        with transaction.atomic():
            jobs.recompute_clocks.defer()
    except AlreadyEnqueued:
        pass
