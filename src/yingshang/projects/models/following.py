"""What is to follow: commitments to be verified, documents that may come later; and what each unit is told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.models import Person, Unit, localized
from yingshang.projects.models.project import Project, ProjectItem


class FollowUp(models.Model):
    """A commitment (告知承诺) that the unit verifies, or a deferred document (容缺) that the enterprise owes, by a date."""

    class Kind(models.TextChoices):
        COMMITMENT = "commitment", _("告知承诺")
        DEFERRED = "deferred", _("容缺后补")

    item = models.ForeignKey(ProjectItem, on_delete=models.CASCADE, related_name="follow_ups")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    document = models.CharField(max_length=60, blank=True, help_text="容缺的材料")
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timekeeping.now)
    due = models.DateField(null=True, blank=True, help_text="事项开始(容缺)或办结(承诺)后起算,此前为空")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kept = models.BooleanField(null=True, blank=True)
    result = models.CharField(max_length=500, blank=True)

    objects = visibility.through("item").as_manager()

    class Meta:
        ordering = ["due", "id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "kind", "document"], name="follow_up_once"),
            models.CheckConstraint(
                condition=Q(kind="commitment", document="") | (Q(kind="deferred") & ~Q(document="")),
                name="follow_up_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | (Q(kept__isnull=False) & ~Q(result="")),
                name="follow_up_settled_with_result",
            ),
        ]
        indexes = [models.Index(fields=["due"], condition=Q(settled_at__isnull=True), name="follow_up_due")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind} {self.document}"


class NoticeQuerySet(visibility.through("project")):  # type: ignore[misc]
    """What units are told."""

    def visible_to(self, person: Person) -> NoticeQuerySet:
        """Officials who see the project."""
        rows: NoticeQuerySet = super().visible_to(person)
        return rows if person.is_official else rows.none()


class ProjectNotice(models.Model):
    """What a unit is told of a project, once: it was withdrawn, its files are there, a difference was settled."""

    class Kind(models.TextChoices):
        WITHDRAWN = "withdrawn", _("项目终止")
        GUIDANCE = "guidance", _("前期指导")
        DEFERRED_LATE = "deferred_late", _("容缺材料逾期")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notices")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    text = models.CharField(max_length=400)
    text_en = models.CharField(max_length=400)
    at = models.DateTimeField(default=timekeeping.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["project", "unit", "kind", "text"], name="notice_once")]
        indexes = [models.Index(fields=["unit", "-id"], condition=Q(seen_at__isnull=True), name="notice_unseen")]

    def __str__(self) -> str:
        return localized(self.text, self.text_en)
