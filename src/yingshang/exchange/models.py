"""Imports with their rejected rows, API tokens, webhooks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.models import Person, Role, localized

#: Who may bring spreadsheets in, and read how it went: the next person has to be able to go on with it.
IMPORTERS = (Role.DISPATCHER, Role.REFORM_OFFICE, Role.UNIT_LEAD, Role.AREA_LEAD)


class ImportRun(models.Model):
    """One import of a file: counts, progress, and the rows that were refused."""

    class State(models.TextChoices):
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("失败")

    kind = models.CharField(max_length=40)
    scenario = models.CharField(max_length=60, blank=True)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=40, help_text="来源名;与行号或外部编号一起防止重复导入")
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    rows = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0, help_text="以前已导入,未改动")
    refused = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    error_en = models.TextField(blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timekeeping.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.to_roles(*IMPORTERS).as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.accepted}/{self.rows})"

    @property
    def problem(self) -> str:
        """What is wrong with the file as a whole, in the reader's language."""
        return localized(self.error, self.error_en)


#: Who may look at how procedures ran, and take a log out of the house.
ANALYSTS = (Role.REFORM_OFFICE, Role.AUDITOR, Role.DISTRICT_LEADER, Role.UNIT_LEAD, Role.AREA_LEAD)


class EventLog(models.Model):
    """An event log from elsewhere; what it holds lies in a folder of its own (:mod:`yingshang.exchange.eventlogs`)."""

    class State(models.TextChoices):
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("失败")

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    activity = models.CharField(max_length=200, default="concept:name", help_text="XES 中作为活动名称的属性")
    object_type = models.CharField(max_length=200, blank=True, help_text="OCEL 中作为办件的对象类型")
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="已读文件的百分比")
    cases = models.PositiveIntegerField(default=0)
    events = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    error_en = models.TextField(blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timekeeping.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.to_roles(*ANALYSTS).as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="event_log_progress"),
            models.CheckConstraint(
                condition=Q(state="running") | Q(finished_at__isnull=False), name="event_log_over_has_time"
            ),
            # Nothing is there of a log that could not be read.
            models.CheckConstraint(
                condition=~Q(state="failed") | Q(cases=0, events=0), name="event_log_failed_is_empty"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def problem(self) -> str:
        """What is wrong with the file, in the reader's language."""
        return localized(self.error, self.error_en)


class RefusedRow(models.Model):
    """A row that did not go in: where, why, how to mend it, and what it said."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="refused_rows")
    row = models.PositiveIntegerField(help_text="文件中的行号,表头为第 1 行")
    column = models.CharField(max_length=80, blank=True)
    column_en = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=300)
    reason_en = models.CharField(max_length=400, blank=True)
    content = models.JSONField(default=dict)

    objects = visibility.through("run").as_manager()

    class Meta:
        ordering = ["row"]

    def __str__(self) -> str:
        return f"{self.row} · {self.where}: {self.why}"

    @property
    def where(self) -> str:
        """The column's heading, in the reader's language."""
        return localized(self.column, self.column_en)

    @property
    def why(self) -> str:
        """What is wrong and how to mend it, in the reader's language."""
        return localized(self.reason, self.reason_en)


class ApiToken(models.Model):
    """A key for the REST API. Only its SHA-256 is kept; the text is shown once."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timekeeping.now)
    last_used_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.to_owner("person").as_manager()

    def __str__(self) -> str:
        return self.name


class Webhook(models.Model):
    """A subscriber to case events, told by CloudEvents 1.0 over HTTPS."""

    name = models.CharField(max_length=60)
    url = models.URLField()
    secret = models.CharField(max_length=80)
    kinds = models.JSONField(default=list, help_text="事件类型;空为全部")
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    objects = visibility.to_roles(Role.ADMINISTRATOR).as_manager()

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One event for one subscriber; retried until told or given up."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    objects = visibility.through("webhook").as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "event_id"], name="delivery_once")]
        indexes = [models.Index(fields=["id"], condition=Q(delivered_at__isnull=True), name="delivery_waiting")]

    def __str__(self) -> str:
        return f"{self.webhook_id} {self.event_id}"
