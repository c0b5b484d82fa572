"""Businesses, their facts, other records, and who looks after whom."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Unit, localized


class BusinessQuerySet(models.QuerySet["Business"]):
    def visible_to(self, person: Person) -> BusinessQuerySet:
        """Officials look up any business (the register is their common tool); handlers see the ones they act for."""
        if person.is_official:
            return self
        today = timekeeping.now().date()
        return self.filter(
            Q(handlers__until__isnull=True) | Q(handlers__until__gte=today), handlers__person_id=person.pk
        ).distinct()


class Business(models.Model):
    """An operating entity (经营主体), keyed by its 18-character unified social credit code (GB 32100-2015)."""

    class Kind(models.TextChoices):
        ENTERPRISE = "enterprise", _("企业")
        INDIVIDUAL = "individual", _("个体工商户")

    class Status(models.TextChoices):
        ACTIVE = "active", _("存续")
        SUSPENDED = "suspended", _("歇业")
        STRUCK_OFF = "struck_off", _("除名")
        CANCELLED = "cancelled", _("注销")

    uscc = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(max_length=200, blank=True)
    name_key = models.CharField(max_length=240, help_text="拼音排序键;数据库不带 ICU")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    industry_code = models.CharField(_("行业代码"), max_length=5, help_text="GB/T 4754-2017:门类字母加至多四位数字")
    leading_industry = models.CharField(_("主导产业"), max_length=24, blank=True)
    street = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    platform = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    community = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    founded = models.DateField(_("成立日期"))
    address = models.CharField(_("住所"), max_length=200, blank=True)
    capital = models.DecimalField(_("注册资本(元)"), max_digits=20, decimal_places=2, null=True, blank=True)
    foreign_invested = models.BooleanField(default=False)
    synthetic = models.BooleanField(default=False, help_text="合成数据,非真实企业")
    created_at = models.DateTimeField(default=timekeeping.now)

    objects = BusinessQuerySet.as_manager()

    class Meta:
        indexes = [
            GinIndex(OpClass("name", name="gin_trgm_ops"), name="business_name_trgm"),
            models.Index(fields=["street", "name_key"], name="business_street_name"),
            models.Index(fields=["platform", "name_key"], name="business_platform_name"),
            models.Index(fields=["name_key", "id"], name="business_name_key"),
            models.Index(fields=["industry_code"], name="business_industry"),
        ]

    def __str__(self) -> str:
        return localized(self.name, self.name_en)


class Fact(models.Model):
    """One value known of a business for one period, with its source. A correction is a new row; the old one stays.

    ``period`` is ``""`` (timeless), ``"2022"``, ``"2022Q1"`` or ``"2022-05"``; ``value`` is JSON, money as a string of
    decimal yuan.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="facts")
    key = models.CharField(max_length=60)
    period = models.CharField(max_length=8, blank=True)
    value = models.JSONField()
    source = models.CharField(max_length=80)
    recorded_at = models.DateTimeField(default=timekeeping.now)
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.through("business").as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "key", "period"], condition=Q(superseded_at__isnull=True), name="fact_one_current"
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(superseded_at__gte=F("recorded_at")),
                name="fact_superseded_after_recorded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.period} = {self.value}"


class Handler(models.Model):
    """A person who acts for a business (企业经办人)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="handles")
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="handlers")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = visibility.through("business").as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "business"], condition=Q(until__isnull=True), name="handler_once")
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.business}"


class ServiceAssignment(models.Model):
    """The enterprise service officer (助企服务员) of a business; at most one at a time (catalogue ``service_officer``)."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="service_assignments")
    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="service_assignments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=timekeeping.now)
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=120, blank=True)

    objects = visibility.through("business").as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business"], condition=Q(until__isnull=True), name="one_service_officer")
        ]
        indexes = [
            models.Index(fields=["officer", "business"], condition=Q(until__isnull=True), name="assignment_officer")
        ]

    def __str__(self) -> str:
        return f"{self.officer} → {self.business}"


class RecordQuerySet(models.QuerySet["Record"]):
    def visible_to(self, person: Person) -> RecordQuerySet:
        """Officials whose scope covers the record's unit or the district; handlers the records of their businesses."""
        scope = scope_of(person)
        if scope.sees_all:
            return self
        if person.is_official:
            return self.filter(Q(unit__isnull=True) | Q(unit_id__in=scope.unit_ids | scope.led_unit_ids))
        return self.filter(business__in=Business.objects.visible_to(person))


class Record(models.Model):
    """A record of a type that a scenario defines (``records/<type>.json``), e.g. a root cause or a title document."""

    type = models.CharField(max_length=80)
    key = models.CharField(max_length=120, blank=True, help_text="业务键,同类型内唯一;可空")
    business = models.ForeignKey(Business, null=True, blank=True, on_delete=models.CASCADE, related_name="records")
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timekeeping.now)
    updated_at = models.DateTimeField(default=timekeeping.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["type", "key"], condition=~Q(key=""), name="record_key_once")]
        indexes = [
            models.Index(fields=["type", "-id"], name="record_type"),
            models.Index(fields=["business", "type"], name="record_business"),
        ]

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"


class RecordRevision(models.Model):
    """What a record said at each revision, who wrote it and why; append-only."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    data = models.JSONField()
    at = models.DateTimeField(default=timekeeping.now)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    objects = visibility.through("record").as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "number"], name="record_revision_once")]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.record} r{self.number}"
