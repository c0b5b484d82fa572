"""Placing units in the tree, the one function that writes ``Unit.path``."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr

from yingshang.accounts.models import Unit


@transaction.atomic
def place(unit: Unit, parent: Unit | None) -> Unit:
    """Save ``unit`` under ``parent`` and keep the path of everything below it in step.

    Raises:
        ValueError: the new parent lies inside the unit's own subtree.
    """
    if parent is not None and unit.pk and parent.path.startswith(f"{unit.path}"):
        raise ValueError(f"{unit.name} 不能挂在自己的下级 {parent.name} 之下")
    old = unit.path if unit.pk else ""
    unit.parent = parent
    if not unit.pk:
        unit.path = "/"
        unit.save()
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save()
    if old and old != unit.path:
        Unit.objects.filter(path__startswith=old).exclude(pk=unit.pk).update(
            path=Concat(Value(unit.path), Substr(F("path"), len(old) + 1))
        )
    return unit
