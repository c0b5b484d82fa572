"""Meetings, visits and trainings: who met, about what, what was decided, who does it by when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Unit
from yingshang.cases.models import Case
from yingshang.registry.models import Business


class Campaign(models.Model):
    """A round of visits with an aim and an end, e.g. 大走访 (catalogue ``big_visit_campaign``)."""

    scenario = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    aim = models.TextField(blank=True)
    starts = models.DateField()
    ends = models.DateField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    target = models.PositiveIntegerField(null=True, blank=True, help_text="计划走访家数")
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80, null=True, unique=True, help_text="同一次提交只建一条")

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        ordering = ["-starts", "-id"]
        constraints = [models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="campaign_period")]

    def __str__(self) -> str:
        return self.title


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, person: Person) -> ActivityQuerySet:
        """Hosts, attendees, units with an item, the visited business, and those who see the whole district."""
        scope = scope_of(person)
        if scope.sees_all:
            return self
        units = scope.unit_ids | scope.led_unit_ids
        q = Q(attendances__person_id=person.pk) | Q(lead_id=person.pk)
        if person.is_official:
            q |= Q(unit_id__in=units) | Q(attendances__unit_id__in=units) | Q(items__owner_unit_id__in=units)
        else:
            businesses = [int(p[1:]) for p in scope.principals if p.startswith("b")]
            q |= Q(business_id__in=businesses) | Q(attendances__business_id__in=businesses)
        return self.filter(pk__in=Activity.objects.filter(q).values("pk"))


class Activity(models.Model):
    """A meeting, visit, training or live session of a scenario."""

    class Kind(models.TextChoices):
        MEETING = "meeting", _("会议")
        VISIT = "visit", _("走访")
        TRAINING = "training", _("培训")
        LIVE = "live", _("直播")

    class State(models.TextChoices):
        PLANNED = "planned", _("已计划")
        HELD = "held", _("已举行")
        CANCELLED = "cancelled", _("已取消")

    scenario = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    starts_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    place = models.CharField(max_length=120, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", help_text="主办单位")
    lead = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", help_text="主持人或走访人")
    business = models.ForeignKey(
        Business, null=True, blank=True, on_delete=models.PROTECT, related_name="visits", help_text="走访对象"
    )
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="activities")
    minutes = models.TextField(blank=True, help_text="纪要或走访记录")
    data = models.JSONField(default=dict)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timekeeping.now)
    key = models.CharField(max_length=80, null=True, unique=True, help_text="同一次提交只建一条")

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        indexes = [
            models.Index(fields=["kind", "-starts_at"], name="activity_kind"),
            models.Index(fields=["lead", "-starts_at"], name="activity_lead"),
            models.Index(fields=["business", "-starts_at"], name="activity_business"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(kind="visit") | Q(business__isnull=False), name="visit_has_business")
        ]

    def __str__(self) -> str:
        return self.title


class Attendance(models.Model):
    """Who took part: a person, a unit or a business."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="attendances")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    business = models.ForeignKey(Business, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40, blank=True)
    present = models.BooleanField(null=True, blank=True)

    objects = visibility.through("activity").as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(unit__isnull=False) | Q(business__isnull=False),
                name="attendance_is_somebody",
            ),
            models.UniqueConstraint(
                fields=["activity", "person", "unit", "business"], nulls_distinct=False, name="attendance_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.person or self.unit or self.business)


class Item(models.Model):
    """A point of the agenda: the case or question, the decision taken, who owns it, by when, and whether it is done."""

    class State(models.TextChoices):
        AGENDA = "agenda", _("待议")
        DECIDED = "decided", _("已议定")
        DONE = "done", _("已落实")

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="agenda_items")
    raised_by = models.ForeignKey(Business, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.AGENDA)
    decision = models.TextField(blank=True)
    owner_unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due = models.DateField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    result = models.TextField(blank=True)

    objects = visibility.through("activity").as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "position"], name="item_position_once"),
            models.CheckConstraint(
                condition=Q(state="agenda") | (~Q(decision="") & Q(owner_unit__isnull=False) & Q(due__isnull=False)),
                name="decision_has_owner_and_date",
            ),
        ]

    def __str__(self) -> str:
        return self.title
