"""Published versions of the list of items; immutable, so a running project keeps the one it began with."""

from __future__ import annotations

from django.db import models

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.models import Person


class ItemList(models.Model):
    """One published version: items, documents and the tables that say which apply, as one document."""

    version = models.PositiveIntegerField(unique=True)
    digest = models.CharField(max_length=64)
    document = models.JSONField(help_text="事项、材料和适用规则,发布后不可更改")
    brought = models.JSONField(
        null=True, blank=True, help_text="随系统装入的原文,与 document 不同时才存:装入时保留了本区的修改"
    )
    published_at = models.DateTimeField(default=timekeeping.now)
    published_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = visibility.ToEverybody.as_manager()

    class Meta:
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"v{self.version}"
