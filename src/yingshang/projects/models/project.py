"""A project and its items."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.models import Unit, localized
from yingshang.cases.models import Case
from yingshang.projects.models.listing import ItemList
from yingshang.registry.models import Business


class Project(models.Model):
    """An investment project: one-to-one with a case of ``joint_review_center``, which carries its documents, messages and
    who may read it. Each of its items that a unit handles is a case of its own.
    """

    class Kind(models.TextChoices):
        NEW_LAND = "new_land", _("新出让用地新建")
        OWN_LAND = "own_land", _("自有用地扩建、技改")
        PURCHASE = "purchase", _("购置厂房改造")
        LEASE = "lease", _("租赁厂房装修")
        HOUSING = "housing", _("房地产开发")

    class State(models.TextChoices):
        RUNNING = "running", _("办理中")
        DONE = "done", _("已完成")
        WITHDRAWN = "withdrawn", _("已终止")

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="project")
    number = models.CharField(max_length=24, unique=True, help_text="与办件编号相同")
    name = models.CharField(max_length=120)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="projects")
    listed = models.ForeignKey(ItemList, on_delete=models.PROTECT, related_name="+", help_text="事项清单版本")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    facts = models.JSONField(default=dict, help_text="判断适用事项的事实")
    parcel = models.CharField(max_length=60, blank=True, help_text="地块编号")
    site = models.CharField(max_length=120, blank=True)
    contract_number = models.CharField(max_length=60, blank=True, help_text="土地出让合同编号")
    investment = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True, help_text="总投资(元)")
    area = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True, help_text="建筑面积(平方米)")
    street = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    platform = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    synthetic = models.BooleanField(default=False, help_text="合成的示例项目")

    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    opened_at = models.DateTimeField(default=timekeeping.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="终止原因")
    filing_on = models.DateField(null=True, blank=True, help_text="立项备案")
    contract_on = models.DateField(null=True, blank=True, help_text="签订土地出让合同")
    permit_on = models.DateField(null=True, blank=True, help_text="取得(首张)施工许可证")
    start_on = models.DateField(null=True, blank=True, help_text="开工")
    completion_on = models.DateField(null=True, blank=True, help_text="竣工")
    acceptance_on = models.DateField(null=True, blank=True, help_text="取得联合验收意见")

    objects = visibility.through("case").as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="running") | Q(finished_at__isnull=False), name="project_end_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | ~Q(reason=""), name="project_withdrawn_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(contract_on__isnull=True) | Q(permit_on__isnull=True) | Q(permit_on__gte=F("contract_on")),
                name="project_permit_after_contract",
            ),
            models.CheckConstraint(
                condition=Q(permit_on__isnull=True) | Q(start_on__isnull=True) | Q(start_on__gte=F("permit_on")),
                name="project_start_after_permit",
            ),
            models.UniqueConstraint(
                fields=["contract_number"],
                condition=~Q(contract_number="") & ~Q(state="withdrawn"),
                name="project_contract_once",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "-id"], name="project_business"),
            models.Index(fields=["state", "-id"], name="project_state"),
            models.Index(fields=["permit_on"], condition=Q(permit_on__isnull=False), name="project_permit"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def days_to_permit(self) -> int | None:
        """Natural days from the land contract to the first construction permit; None before both are there."""
        if self.contract_on is None or self.permit_on is None:
            return None
        return (self.permit_on - self.contract_on).days


class ProjectItem(models.Model):
    """One item of a project; a unit's item is a case once it runs."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待前置事项")
        PAPERS = "papers", _("待交材料")
        RUNNING = "running", _("办理中")
        HELD = "held", _("已审好,待前置结果")
        DONE = "done", _("已办结")
        REFUSED = "refused", _("未通过")
        WITHDRAWN = "withdrawn", _("已终止")

    #: States in which somebody has the word.
    OPEN = (State.PAPERS, State.RUNNING, State.HELD)
    ENDED = (State.DONE, State.REFUSED, State.WITHDRAWN)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="items")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=160)
    unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="空为企业自办"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    case = models.OneToOneField(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="project_item")
    attempt = models.PositiveSmallIntegerField(default=1)
    committed = models.BooleanField(default=False, help_text="告知承诺")
    days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="计划用时(工作日),空为未公布")
    planned_start = models.DateField()
    planned_finish = models.DateField()
    ready_at = models.DateTimeField(null=True, blank=True, help_text="前置都已办结")
    started_at = models.DateTimeField(null=True, blank=True, help_text="材料已齐,开始办理")
    held_at = models.DateTimeField(null=True, blank=True, help_text="审查已完成,等前置结果")
    released_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    took = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True, help_text="办理用时(工作日)")

    objects = visibility.through("project").as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "code"], name="item_once_a_project"),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "held", "done"]) | Q(started_at__isnull=False),
                name="item_run_has_start",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "papers", "running", "held"]) | Q(finished_at__isnull=False),
                name="item_end_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "held", "done"]) | Q(unit__isnull=True) | Q(case__isnull=False),
                name="item_of_a_unit_has_case",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(finished_at__gte=F("started_at")),
                name="item_ends_after_start",
            ),
            models.CheckConstraint(condition=~Q(state="done") | Q(took__isnull=False), name="item_done_took"),
            models.CheckConstraint(condition=Q(planned_finish__gte=F("planned_start")), name="item_plan_in_order"),
        ]
        indexes = [
            models.Index(fields=["code", "-finished_at"], condition=Q(state="done"), name="item_history"),
            models.Index(
                fields=["unit", "state"], condition=Q(state__in=["papers", "running", "held"]), name="item_unit_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.code} {self.state}"

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return localized(self.name, self.name_en)
