"""Government units as a tree, people and their roles, the audit log, heartbeats."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility


def localized(zh: str, en: str) -> str:
    """The English name where English is active and a translation is held, the Chinese one otherwise."""
    return en if en and (get_language() or "").startswith("en") else zh


class Unit(models.Model):
    """A node of the government tree: district, department, street, platform, community, grid.

    ``path`` is the chain of ids from the root (``/1/7/93/``), kept by :func:`accounts.units.place`; a prefix of it
    selects a subtree with one index range.
    """

    class Kind(models.TextChoices):
        DISTRICT = "district", _("区级")
        DEPARTMENT = "department", _("部门")
        STREET = "street", _("街道")
        PLATFORM = "platform", _("产业平台")
        COMMUNITY = "community", _("社区(村)")
        GRID = "grid", _("网格")

    code = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=160, blank=True)
    short_name = models.CharField(max_length=24, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, db_index=True)
    duties = models.TextField(blank=True, help_text="职责描述:在没有历史办件可学时,据此推荐承办单位")
    phone = models.CharField(max_length=40, blank=True)
    active = models.BooleanField(default=True)
    sort = models.IntegerField(default=0)
    source = models.CharField(max_length=120, blank=True, help_text="出处,如目录条目或行号;空为示例数据")

    objects = visibility.ToEverybody.as_manager()

    class Meta:
        ordering = ["sort", "id"]
        indexes = [models.Index(fields=["path"], name="unit_path_prefix", opclasses=["varchar_pattern_ops"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="district", parent__isnull=True) | Q(parent__isnull=False), name="unit_has_parent"
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="unit_not_own_parent"),
        ]

    def __str__(self) -> str:
        return localized(self.name, self.name_en)

    @property
    def label(self) -> str:
        return localized(self.short_name or self.name, self.name_en)


class PersonManager(UserManager.from_queryset(visibility.ToColleagues)):  # type: ignore[misc]
    """Makes accounts, and says who sees them."""

    use_in_migrations = False


class Person(AbstractUser):
    """Anyone who signs in: an official or an enterprise's handler."""

    class Kind(models.TextChoices):
        OFFICIAL = "official", _("政府工作人员")
        ENTERPRISE = "enterprise", _("企业经办人")

    first_name = None
    last_name = None
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=8, default="zh-hans")
    demo = models.BooleanField(default=False, help_text="演示账号,仅演示模式存在")

    REQUIRED_FIELDS = ["kind", "name"]

    objects = PersonManager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return localized(self.name, self.name_en)

    def get_full_name(self) -> str:
        return str(self)

    get_short_name = get_full_name

    @property
    def is_official(self) -> bool:
        return self.kind == self.Kind.OFFICIAL


class Role(models.TextChoices):
    OFFICER = "officer", _("工作人员")
    DISPATCHER = "dispatcher", _("派单员")
    UNIT_LEAD = "unit_lead", _("单位负责人")
    AREA_LEAD = "area_lead", _("街道(平台)负责人")
    REFORM_OFFICE = "reform_office", _("改革办")
    DISTRICT_LEADER = "district_leader", _("区领导")
    AUDITOR = "auditor", _("审计员")
    ADMINISTRATOR = "administrator", _("系统管理员")


class MembershipQuerySet(visibility.ToOfficials):
    def held(self) -> MembershipQuerySet:
        """The posts that are held today."""
        today = timekeeping.now().date()
        return self.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)


class Membership(models.Model):
    """A person's role in a unit, from a day to a day."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "unit", "role"], condition=Q(until__isnull=True), name="membership_once"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="membership_period"
            ),
        ]
        indexes = [models.Index(fields=["unit", "role"], name="membership_unit_role")]

    def __str__(self) -> str:
        return f"{self.person} · {self.unit} · {self.get_role_display()}"


class AuditEntry(models.Model):
    """One thing somebody did. Append-only: triggers refuse UPDATE and DELETE and link the row into the chain."""

    at = models.DateTimeField(default=timekeeping.now)
    actor = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    actor_label = models.CharField(max_length=160)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict)

    objects = visibility.to_roles(Role.AUDITOR, Role.ADMINISTRATOR).as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.actor_label} {self.action} {self.object_type} {self.object_id}"


class AuditChain(models.Model):
    """Hash chain over the append-only tables, filled by a trigger at COMMIT (never by Python).

    ``row_hash`` is SHA-256 over the covered columns, ``hash`` is SHA-256 over the previous ``hash`` and ``row_hash``.
    """

    seq = models.BigIntegerField(primary_key=True)
    source = models.CharField(max_length=40)
    source_id = models.BigIntegerField()
    row_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="audit_chain_row")]

    def __str__(self) -> str:
        return f"#{self.seq} {self.source} {self.source_id}"


class Heartbeat(models.Model):
    """The last sign of life of a background process."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()
    info = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.name} {self.beat_at:%F %T}"


class CalendarDay(models.Model):
    """One day of the district's working calendar, as arranged by the State Council and edited by the district."""

    day = models.DateField(primary_key=True)
    working = models.BooleanField()
    note = models.CharField(max_length=80, blank=True)
    edited_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.ToEverybody.as_manager()

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {'班' if self.working else '休'}"
