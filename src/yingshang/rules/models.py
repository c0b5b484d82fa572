"""Published decision models and their versions, runs over the population, and what has changed since the last one."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.models import Person, Unit, localized


class RuleModel(models.Model):
    """A rule that the district publishes: one decision, its versions following one another.

    ``key`` is ``<scenario>.<file>``, e.g. ``mah_policy.reward``.
    """

    class Subject(models.TextChoices):
        BUSINESS = "business", _("经营主体")
        PERSON = "person", _("个人")

    key = models.CharField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=200, blank=True)
    scenario = models.CharField(max_length=60, blank=True)
    decision = models.CharField(max_length=80, default="结果")
    subject = models.CharField(max_length=8, choices=Subject.choices, default=Subject.BUSINESS)
    owner_unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timekeeping.now)

    objects = visibility.ToEverybody.as_manager()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return localized(self.title, self.title_en)


class RuleVersionQuerySet(models.QuerySet["RuleVersion"]):
    def visible_to(self, person: Person) -> RuleVersionQuerySet:
        """What was published is public; drafts are among officials."""
        if person.is_official:
            return self
        return self.filter(state__in=RuleVersion.PUBLIC)

    def in_force(self, on: date) -> RuleVersionQuerySet:
        """The published versions that are valid on a day, also those withdrawn later."""
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=on),
            Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=on),
            state__in=RuleVersion.PUBLIC,
            valid_from__lte=on,
        )


class RuleVersion(models.Model):
    """One version of a rule's model. A published one never changes, but for its end, and the days on which published
    versions of one model are in force never overlap: a trigger and an exclusion constraint of migration ``0002`` see to it.

    ``values`` are the figures that the district filled in where the source states none: ``{name: {"value", "source"}}``;
    they stand in ``xml``, too.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        IN_REVIEW = "in_review", _("待审")
        PUBLISHED = "published", _("已发布")
        WITHDRAWN = "withdrawn", _("已停用")

    PUBLIC = (State.PUBLISHED, State.WITHDRAWN)

    model = models.ForeignKey(RuleModel, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    xml = models.TextField()
    digest = models.CharField(max_length=64, help_text="xml 的 SHA-256")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    values = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    note = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timekeeping.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    reviewer = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    approved = models.BooleanField(default=False)
    review_note = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True, help_text="最后一天;空为长期")
    withdrawn_on = models.DateField(null=True, blank=True, help_text="自这一天起停用")

    objects = RuleVersionQuerySet.as_manager()

    class Meta:
        ordering = ["model", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="rule_version_number"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(state__in=["draft", "in_review"]), name="rule_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(reviewer__isnull=True) | Q(author__isnull=True) | ~Q(reviewer=F("author")),
                name="rule_reviewed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "withdrawn"])
                | Q(valid_from__isnull=False, published_at__isnull=False, approved=True),
                name="rule_published_with_dates",
            ),
            models.CheckConstraint(
                condition=Q(approved=False) | Q(reviewed_at__isnull=False), name="rule_approved_by_review"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")), name="rule_valid_dates"
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_on__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_on__isnull=True)),
                name="rule_withdrawn_with_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} v{self.number}"


class PopulationRun(models.Model):
    """One evaluation of rules in force over all businesses, or over those that changed since (``delta``).

    Its results lie in files under ``$YINGSHANG_HOME/rules/runs/<id>/``, see :mod:`yingshang.rules.storing`.
    """

    class Kind(models.TextChoices):
        FULL = "full", _("全量")
        DELTA = "delta", _("增量")

    class State(models.TextChoices):
        QUEUED = "queued", _("排队中")
        RUNNING = "running", _("运行中")
        DONE = "done", _("完成")
        FAILED = "failed", _("失败")

    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.FULL)
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    on = models.DateField()
    only = models.JSONField(default=list, blank=True, help_text="只算这些规则;空为全部")
    by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timekeeping.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    progress = models.PositiveSmallIntegerField(default=0, help_text="百分比")
    doing = models.CharField(max_length=120, blank=True)
    doing_en = models.CharField(max_length=200, blank=True)
    businesses = models.PositiveIntegerField(default=0)
    seconds = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | Q(finished_at__isnull=False, progress=100), name="population_run_done"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_kind_display()} {self.on}"

    @property
    def doing_now(self) -> str:
        """What is being done, in the reader's language."""
        return localized(self.doing, self.doing_en)


class RuleResult(models.Model):
    """The figures of one rule in a run, beside what was said of the same businesses before; money in yuan.

    ``amount_before`` is null where nothing was said before. A delta's figures are those of the changed businesses alone.
    """

    run = models.ForeignKey(PopulationRun, on_delete=models.CASCADE, related_name="results")
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    eligible = models.PositiveIntegerField()
    near = models.PositiveIntegerField(help_text="差一点:不符合,只差一项条件")
    not_eligible = models.PositiveIntegerField(help_text="不符合,含差一点的")
    unknown = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=24, decimal_places=2)
    gained = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)
    amount_before = models.DecimalField(max_digits=24, decimal_places=2, null=True, blank=True)
    file = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="文件的 SHA-256")

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        ordering = ["run", "version__model__key"]
        constraints = [models.UniqueConstraint(fields=["run", "version"], name="rule_result_once")]

    def __str__(self) -> str:
        return f"{self.run} {self.version}"


class Change(models.Model):
    """Businesses of which one statement changed something since rules were last evaluated; written by triggers, taken by
    runs.

    ``keys`` are the facts that changed; null where it may be anything.
    """

    businesses = ArrayField(models.BigIntegerField(), help_text="企业的编号;企业可能已经不在")
    keys = ArrayField(models.CharField(max_length=60), null=True, blank=True)
    at = models.DateTimeField(default=timekeeping.now)

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(businesses=[]), name="change_of_somebody")]

    def __str__(self) -> str:
        return f"{len(self.businesses)} {self.at:%F %T}"


class ResultExport(models.Model):
    """A list of businesses of which a rule says something, asked for as a file and written by a job; without a rule, of
    all rules that a run has evaluated."""

    class Format(models.TextChoices):
        XLSX = "xlsx", "Excel"
        PARQUET = "parquet", "Parquet"

    model = models.ForeignKey(
        RuleModel, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="空为全部规则"
    )
    on = models.DateField()
    states = models.JSONField(default=list)
    lack = models.CharField(max_length=300, blank=True)
    filters = models.JSONField(default=dict, blank=True)
    format = models.CharField(max_length=7, choices=Format.choices)
    state = models.CharField(max_length=7, choices=PopulationRun.State.choices, default=PopulationRun.State.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="百分比")
    rows = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timekeeping.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    objects = visibility.to_owner("by").as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.model or _('全部条款')} {self.on}.{self.format}"
