"""A case (办件、诉求) and what hangs on it: tasks, clocks, events, documents, messages, hand-overs, ratings."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Unit, localized
from yingshang.registry.models import Business


class Status(models.TextChoices):
    """Where a case stands. :mod:`yingshang.cases.workflow` says which action is allowed in which."""

    POOL = "pool", _("待派单")
    ASSIGNED = "assigned", _("待签收")
    HANDLING = "handling", _("办理中")
    SUPPLEMENT = "supplement", _("待补正")
    ANSWERED = "answered", _("待确认")
    CLOSED = "closed", _("已办结")
    WITHDRAWN = "withdrawn", _("已撤回")
    MERGED = "merged", _("已并案")


#: Statuses in which nothing more is expected of anyone.
ENDED = (Status.CLOSED, Status.WITHDRAWN, Status.MERGED)


class Channel(models.TextChoices):
    PORTAL = "portal", _("企业端")
    VISIT = "visit", _("走访")
    MEETING = "meeting", _("会议")
    IMPORT = "import", _("表格导入")
    API = "api", _("接口")
    HOTLINE = "hotline", _("热线")
    PROJECT = "project", _("投资项目")


class Nature(models.TextChoices):
    INDIVIDUAL = "individual", _("个性问题")
    COMMON = "common", _("共性问题")


class Procedure(models.Model):
    """A published version of a scenario's BPMN diagram; immutable. A running case keeps the version it started on."""

    scenario = models.CharField(max_length=60)
    name = models.CharField(max_length=60, help_text="流程文件名(不含扩展名)")
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=160, blank=True)
    diagram = models.TextField(help_text="带图形布局的 BPMN 2.0 XML")
    digest = models.CharField(max_length=64)
    spec = models.BinaryField(help_text="解析后的流程定义,只存一份,不随每个办件重复保存")
    published_at = models.DateTimeField(default=timekeeping.now)
    published_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    objects = visibility.ToEverybody.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scenario", "name", "version"], name="procedure_version_once"),
        ]

    def __str__(self) -> str:
        return f"{localized(self.title, self.title_en)} v{self.version}"


class Category(models.Model):
    """What a demand is about; the scenario's file proposes, officials edit. Promises hang on it."""

    scenario = models.CharField(max_length=60)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=120)
    words = models.JSONField(default=list, help_text="企业常用的说法,用于推荐分类")
    hint = models.CharField(max_length=200, blank=True)
    hint_en = models.CharField(max_length=300, blank=True)
    active = models.BooleanField(default=True)
    sort = models.IntegerField(default=0)

    objects = visibility.ToEverybody.as_manager()

    class Meta:
        ordering = ["sort", "id"]
        constraints = [models.UniqueConstraint(fields=["scenario", "code"], name="category_code_once")]

    def __str__(self) -> str:
        return localized(self.name, self.name_en)


class Promise(models.Model):
    """A promised time: of a scenario, or of one category of it. Editing makes a new row; old clocks keep theirs."""

    class Basis(models.TextChoices):
        WORKING_HOURS = "working_hours", _("工作小时")
        WORKING_DAYS = "working_days", _("工作日")
        CALENDAR_DAYS = "calendar_days", _("自然日")
        CALENDAR_HOURS = "calendar_hours", _("自然小时")

    scenario = models.CharField(max_length=60)
    code = models.CharField(max_length=40, help_text="时限编号,与流程图中 ys:clock 一致")
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.CASCADE, related_name="promises")
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=7, decimal_places=2)
    basis = models.CharField(max_length=16, choices=Basis.choices)
    source = models.CharField(max_length=160, blank=True)
    since = models.DateTimeField(default=timekeeping.now)
    until = models.DateTimeField(null=True, blank=True)
    edited_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    objects = visibility.ToEverybody.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "code", "category"],
                condition=Q(until__isnull=True),
                nulls_distinct=False,
                name="promise_one_in_force",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="promise_positive"),
        ]

    def __str__(self) -> str:
        return f"{localized(self.name, self.name_en)} {self.amount.normalize():f} {self.get_basis_display()}"


class RootCause(models.Model):
    """What stands behind several common problems (共性问题); the cases hang under it."""

    class State(models.TextChoices):
        OPEN = "open", _("待破解")
        SOLVED = "solved", _("已破解")

    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    owner_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    measure = models.TextField(blank=True, help_text="治本措施")
    due = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timekeeping.now)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    solved_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.ToOfficials.as_manager()

    def __str__(self) -> str:
        return self.title


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, person: Person) -> CaseQuerySet:
        """The cases that ``person`` may read: the whole district, or where an access row names a principal of theirs."""
        scope = scope_of(person)
        return self if scope.sees_all else self.readable_by(scope.principals)

    def readable_by(self, principals: list[str]) -> CaseQuerySet:
        """The cases with an access row for one of these principals."""
        return self.filter(Exists(CaseAccess.objects.filter(case_id=OuterRef("pk"), principal__any_of=principals)))

    def open(self) -> CaseQuerySet:
        return self.exclude(status__in=ENDED)


class Case(models.Model):
    """A case, from the asking to the confirmed answer. Written only by :mod:`yingshang.cases.actions`."""

    number = models.CharField(_("编号"), max_length=24, unique=True)
    scenario = models.CharField(max_length=60)
    service = models.CharField(max_length=60)
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("标题"), max_length=120)
    text = models.TextField(_("诉求内容"), blank=True)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField(default=dict, help_text="表单数据,符合情景的 JSON Schema")
    channel = models.CharField(max_length=10, choices=Channel.choices)

    business = models.ForeignKey(
        Business, null=True, blank=True, on_delete=models.PROTECT, related_name="cases", db_index=False
    )
    submitter = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    contact_name = models.CharField(max_length=60, blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    street = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    platform = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.POOL)
    lead_unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    handler = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(default=0, help_text="提级层级:0 承办单位 … 3 专题协调会")
    nature = models.CharField(max_length=12, choices=Nature.choices, blank=True)
    supervised = models.BooleanField(default=False)
    bounces = models.PositiveSmallIntegerField(default=0, help_text="退单次数;第三次转入仲裁派单")
    routing = models.JSONField(default=dict, help_text="派单建议及理由")

    opened_at = models.DateTimeField(default=timekeeping.now)
    first_contact_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="办结时限,随时钟更新")
    overdue = models.BooleanField(default=False)
    answer = models.TextField(blank=True)
    solved = models.BooleanField(null=True, blank=True, help_text="是否解决;办结与解决是两个数")
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    reopened = models.PositiveSmallIntegerField(default=0)

    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    root_cause = models.ForeignKey(
        RootCause, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases", db_index=False
    )
    external_source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    events_count = models.PositiveIntegerField(default=0, help_text="事件序号的最大值,缺号即有缺失")

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_source", "external_id"], condition=~Q(external_id=""), name="case_external_once"
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="case_rating_range"
            ),
            models.CheckConstraint(condition=Q(level__lte=3), name="case_level_range"),
            models.CheckConstraint(
                condition=~Q(status=Status.MERGED) | Q(merged_into__isnull=False), name="case_merged_has_target"
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="case_not_merged_into_itself"),
            models.CheckConstraint(
                condition=~Q(status__in=ENDED) | Q(closed_at__isnull=False), name="case_ended_has_time"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.POOL) | Q(status__in=ENDED) | Q(lead_unit__isnull=False),
                name="case_out_of_pool_has_lead",
            ),
        ]
        # Foreign keys that one of these begins with, or covers where they are set, have none of their own.
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(status="pool"), name="case_pool"),
            models.Index(fields=["business", "-id"], name="case_business"),
            models.Index(fields=["lead_unit", "status", "-id"], name="case_unit_status"),
            models.Index(fields=["scenario", "-id"], name="case_scenario"),
            models.Index(fields=["opened_at"], name="case_opened"),
            models.Index(fields=["root_cause"], condition=Q(root_cause__isnull=False), name="case_root_cause"),
            models.Index(
                fields=["level", "-id"],
                condition=Q(level__gt=0) & ~Q(status__in=["closed", "withdrawn", "merged"]),
                name="case_escalated",
            ),
            GinIndex(OpClass("title", name="gin_trgm_ops"), name="case_title_trgm"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def ended(self) -> bool:
        return self.status in ENDED


class CaseAccess(models.Model):
    """Who may read a case: ``u<unit>``, ``p<person>`` or ``b<business>``, and why."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="access")
    principal = models.CharField(max_length=24)
    reason = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["principal", "case"], name="case_access_once")]

    def __str__(self) -> str:
        return f"{self.principal} → {self.case_id}"


class CaseProcess(models.Model):
    """The state of the case's BPMN instance, without its definition; one row a case, apart from the lists' columns."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="process")
    state = models.BinaryField()
    run = models.PositiveSmallIntegerField(default=1, help_text="重新办理时加一")

    def __str__(self) -> str:
        return f"{self.case_id} run {self.run}"


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, person: Person) -> TaskQuerySet:
        """Tasks that ``person`` may see: their own, their units' or businesses', or all of cases read district-wide."""
        scope = scope_of(person)
        if scope.sees_all:
            return self
        own = Q(person_id=person.pk) | Q(unit_id__in=scope.unit_ids | scope.led_unit_ids)
        return self.filter(own | Q(business_id__in=[int(p[1:]) for p in scope.principals if p.startswith("b")]))

    def waiting_for(self, person: Person) -> TaskQuerySet:
        """Open tasks that ``person`` can do now: addressed to them, or to one of their units and to nobody else."""
        scope = scope_of(person)
        return self.filter(
            Q(person_id=person.pk) | Q(person__isnull=True, unit_id__in=scope.unit_ids), status=Task.State.OPEN
        )


class Task(models.Model):
    """One thing somebody has to do: a step of the diagram, or one added beside it (co-handle, sign, supplement …)."""

    class Kind(models.TextChoices):
        STEP = "step", _("办理环节")
        COHANDLE = "cohandle", _("协办")
        SIGN = "sign", _("加签")
        SUPPLEMENT = "supplement", _("补正")
        SUPERVISE = "supervise", _("督办")
        REVISIT = "revisit", _("回访")

    class State(models.TextChoices):
        OPEN = "open", _("待办")
        WAITING = "waiting", _("排队中")
        DONE = "done", _("已完成")
        CANCELLED = "cancelled", _("已取消")

    class Mode(models.TextChoices):
        ALL = "all", _("会签(全部同意)")
        ANY = "any", _("或签(一人同意)")
        TURN = "turn", _("依次签")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.STEP)
    status = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    step = models.CharField(max_length=60, blank=True, help_text="流程图元素编号")
    process_task = models.CharField(max_length=36, blank=True, help_text="流程实例中的任务编号")
    run = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    actor = models.CharField(max_length=40, blank=True, help_text="ys:actor,如 lead、dispatcher、enterprise")
    outcomes = models.CharField(max_length=120, blank=True)
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    business = models.ForeignKey(Business, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    opened_at = models.DateTimeField(default=timekeeping.now)
    due_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=40, blank=True)
    result = models.TextField(blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    mode = models.CharField(max_length=8, choices=Mode.choices, blank=True)
    sequence = models.PositiveSmallIntegerField(default=0)

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "run", "process_task"], condition=~Q(process_task=""), name="task_process_once"
            ),
            models.CheckConstraint(condition=~Q(status="done") | Q(done_at__isnull=False), name="task_done_has_time"),
        ]
        indexes = [
            models.Index(fields=["unit", "due_at", "id"], condition=Q(status="open"), name="task_unit_due"),
            models.Index(fields=["person", "due_at", "id"], condition=Q(status="open"), name="task_person_due"),
            models.Index(fields=["business", "due_at", "id"], condition=Q(status="open"), name="task_business_due"),
            models.Index(fields=["case", "status"], name="task_case"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.get_status_display()})"

    @property
    def label(self) -> str:
        return localized(self.name, self.name_en)


class Clock(models.Model):
    """A running promise of a case. ``due_at`` is derived from the ledger; ``fired_at`` is set once, by the sweeper."""

    class State(models.TextChoices):
        RUNNING = "running", _("计时中")
        PAUSED = "paused", _("已暂停")
        MET = "met", _("按时完成")
        LATE = "late", _("逾期完成")
        CANCELLED = "cancelled", _("已取消")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clocks")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    amount = models.DecimalField(max_digits=7, decimal_places=2)
    basis = models.CharField(max_length=16, choices=Promise.Basis.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    extension = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    note = models.CharField(max_length=200, blank=True, help_text="如:年度放假安排未公布,按周一至周五推算")
    note_en = models.CharField(max_length=200, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    fired_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.through("case").as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "code"], condition=Q(state__in=["running", "paused"]), name="clock_one_running"
            ),
            models.CheckConstraint(condition=Q(extension__gte=0), name="clock_extension_positive"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="running", fired_at__isnull=True), name="clock_due"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.state} {self.due_at:%F %T}"


class ClockEntry(models.Model):
    """One line of a clock's ledger; append-only."""

    class Kind(models.TextChoices):
        STARTED = "started", _("起算")
        PAUSED = "paused", _("暂停")
        RESUMED = "resumed", _("恢复")
        EXTENDED = "extended", _("延期")
        RECOMPUTED = "recomputed", _("按新日历重算")
        PROMISED = "promised", _("按新分类重算")
        FIRED = "fired", _("到期")
        STOPPED = "stopped", _("停止")

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    objects = visibility.through("clock").as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["clock"], condition=Q(kind="extended"), name="clock_extended_once"),
            models.UniqueConstraint(fields=["clock"], condition=Q(kind="fired"), name="clock_fired_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%F %T}"


class Timer(models.Model):
    """A timer event of a running diagram, kept here because the engine fires timers only when asked."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="timers", db_index=False)
    run = models.PositiveSmallIntegerField(default=1)
    process_timer = models.CharField(max_length=36)
    step = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.through("case").as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "run", "process_timer"], name="timer_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(fired_at__isnull=True), name="timer_due")]

    def __str__(self) -> str:
        return f"{self.step} {self.due_at:%F %T}"


class Event(models.Model):
    """What happened to a case, in order without gaps; append-only and hash-chained. ``key`` makes an action idempotent."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    actor = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    actor_label = models.CharField(max_length=160)
    data = models.JSONField(default=dict)
    public = models.BooleanField(default=True, help_text="企业端时间线是否可见")
    key = models.CharField(max_length=80, null=True, blank=True, unique=True)

    objects = visibility.through("case", public="public").as_manager()

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="event_seq_once")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.seq} {self.kind}"


class Document(models.Model):
    """A file of a case. Bytes lie under ``uploads/`` by their SHA-256; served only as a download through a checking view."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="documents")
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.SET_NULL, related_name="documents")
    kind = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    public = models.BooleanField(default=True)
    uploaded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timekeeping.now)

    objects = visibility.through("case", public="public").as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "sha256", "name"], name="document_once")]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """A message on a case; ``public`` ones are between enterprise and officials, the others among officials."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    public = models.BooleanField(default=True)
    at = models.DateTimeField(default=timekeeping.now)

    objects = visibility.through("case", public="public").as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:40]


class Revisit(models.Model):
    """A call-back by someone who did not handle the case (回访)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="revisits")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timekeeping.now)
    run = models.PositiveSmallIntegerField(default=1)
    solved = models.BooleanField()
    note = models.TextField(blank=True)

    objects = visibility.through("case").as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "run"], name="revisit_once_a_run")]

    def __str__(self) -> str:
        return f"{self.case_id} {'已解决' if self.solved else '未解决'}"


class Rating(models.Model):
    """好差评: five levels, 5 very satisfied … 1 very dissatisfied; one a run of the case."""

    class Level(models.IntegerChoices):
        VERY_GOOD = 5, _("非常满意")
        GOOD = 4, _("满意")
        FAIR = 3, _("基本满意")
        BAD = 2, _("不满意")
        VERY_BAD = 1, _("非常不满意")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="ratings")
    run = models.PositiveSmallIntegerField(default=1)
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    comment = models.TextField(blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timekeeping.now)

    objects = visibility.through("case").as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "run"], name="rating_once_a_run"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="rating_range"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_level_display()}"


class Escalation(models.Model):
    """One rung climbed: unit lead → responsible leader → coordination meeting (提级)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="escalations")
    level = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    automatic = models.BooleanField(default=False, help_text="逾期自动提级")
    nature = models.CharField(max_length=12, choices=Nature.choices, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timekeeping.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.through("case").as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(settled_at__isnull=True), name="escalation_one_open"),
            models.CheckConstraint(condition=Q(level__range=(1, 3)), name="escalation_level"),
        ]
        indexes = [models.Index(fields=["level", "at"], condition=Q(settled_at__isnull=True), name="escalation_open")]

    def __str__(self) -> str:
        return f"{self.case_id} L{self.level}"
