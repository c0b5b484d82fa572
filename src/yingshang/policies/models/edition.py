"""What a published clause says from one day to another."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.policies.models.policy import Clause


class EditionQuerySet(models.QuerySet["ClauseEdition"]):
    def visible_to(self, person: Person) -> EditionQuerySet:
        """Officials see those to come and those taken back, too; everybody else what was or is in force."""
        if person.is_official:
            return self
        return self.kept().filter(Q(valid_from__isnull=True) | Q(valid_from__lte=timekeeping.now().date()))

    def kept(self) -> EditionQuerySet:
        """All but those that were taken back before their first day."""
        return self.filter(dropped_at__isnull=True)

    def valid_on(self, on: date) -> EditionQuerySet:
        """Of each clause that was ever revised, the one that is in force on a day."""
        return self.kept().filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=on), Q(valid_until__isnull=True) | Q(valid_until__gte=on)
        )


class ClauseEdition(models.Model):
    """A wording of a published clause, in force from ``valid_from`` (None: since it was published) to ``valid_until``.

    The clause's own row has today's wording; a clause that was never revised has no editions. Which wordings are in force
    never overlap, and none is changed once written: a trigger and an exclusion constraint of migration ``0004`` see to it.
    """

    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField()
    valid_from = models.DateField(_("生效日期"), null=True, blank=True)
    valid_until = models.DateField(_("有效期至"), null=True, blank=True, help_text="最后一天;空为长期")
    told = models.JSONField(help_text="条款各项的值,按字段名")
    reason = models.CharField(_("修订理由"), max_length=300)
    by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timekeeping.now)
    applied_at = models.DateTimeField(null=True, blank=True, help_text="条款改用这一版的时间")
    dropped_at = models.DateTimeField(null=True, blank=True, help_text="生效前撤销的时间")
    dropped_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["clause_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["clause", "number"], name="clause_edition_number"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="clause_edition_period",
            ),
            models.CheckConstraint(
                condition=Q(dropped_at__isnull=True) | Q(applied_at__isnull=True), name="clause_edition_kept_if_applied"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clause_id} v{self.number}"

    @property
    def said(self) -> str:
        """The reason in the reader's language."""
        from yingshang.policies.reasons import told

        return told(self.reason)
