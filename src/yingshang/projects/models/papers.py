"""The documents of a project: one set for all units. What is held is not asked for, what was asked is asked once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.models import Person
from yingshang.cases.models import Document
from yingshang.projects.models.project import Project, ProjectItem


class Paper(models.Model):
    """A document that a project holds: handed in by the enterprise, or the result of an item with its number."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=60, help_text="材料编号,见事项清单")
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=80, blank=True, help_text="证照、文件编号")
    item = models.ForeignKey(
        ProjectItem, null=True, blank=True, on_delete=models.PROTECT, related_name="results", help_text="由哪个事项产生"
    )
    given_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timekeeping.now)
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.through("project").as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind"], condition=Q(replaced_at__isnull=True), name="paper_one_in_force"
            ),
            models.CheckConstraint(condition=Q(document__isnull=False) | ~Q(number=""), name="paper_is_file_or_number"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.kind}"


class RequestQuerySet(visibility.through("project")):  # type: ignore[misc]
    """Requests of a project, seen by whoever sees it; what is still gathered is among officials."""

    def visible_to(self, person: Person) -> RequestQuerySet:
        """Whoever sees the project; the enterprise only what was sent."""
        rows: RequestQuerySet = super().visible_to(person)
        return rows if person.is_official else rows.filter(state__in=["sent", "answered"])


class AskQuerySet(visibility.through("project")):  # type: ignore[misc]
    """What a request asks for."""

    def visible_to(self, person: Person) -> AskQuerySet:
        """Whoever sees the project; the enterprise only what was sent."""
        rows: AskQuerySet = super().visible_to(person)
        return rows if person.is_official else rows.filter(request__state__in=["sent", "answered"])


class Request(models.Model):
    """What all units ask the enterprise for together: gathered, sent once, answered once (一次性告知)."""

    class State(models.TextChoices):
        GATHERING = "gathering", _("汇总中")
        SENT = "sent", _("待企业补正")
        ANSWERED = "answered", _("已补正")
        DROPPED = "dropped", _("已取消")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="requests")
    state = models.CharField(max_length=10, choices=State.choices, default=State.GATHERING)
    opened_at = models.DateTimeField(default=timekeeping.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(blank=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(state__in=["gathering", "sent"]), name="request_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "answered"]) | Q(sent_at__isnull=False), name="request_sent_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(answered_at__isnull=False), name="request_answered_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.state}"


class Ask(models.Model):
    """One document in a request: missing, or in need of correction. A kind is asked for as missing once in a project."""

    class Reason(models.TextChoices):
        MISSING = "missing", _("缺少")
        CORRECT = "correct", _("需要补正")

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="asks")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="asks")
    kind = models.CharField(max_length=60)
    reason = models.CharField(max_length=8, choices=Reason.choices)

    objects = AskQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "kind"], name="ask_once_a_request"),
            models.UniqueConstraint(fields=["project", "kind"], condition=Q(reason="missing"), name="ask_missing_once"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.kind} {self.reason}"


class AskedBy(models.Model):
    """Which item asks for it, in whose words."""

    ask = models.ForeignKey(Ask, on_delete=models.CASCADE, related_name="by")
    item = models.ForeignKey(ProjectItem, on_delete=models.CASCADE, related_name="asks")
    note = models.CharField(max_length=500, help_text="缺什么、哪里要改")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timekeeping.now)

    objects = visibility.through("ask").as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["ask", "item"], name="asked_by_once"),
            models.CheckConstraint(condition=~Q(note=""), name="asked_by_says_what"),
        ]

    def __str__(self) -> str:
        return f"{self.ask_id} {self.item_id}"
