"""The policy as a document, its clauses, and how clauses go together."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts.models import Person, Unit, localized


class State(models.TextChoices):
    """Of a policy and of each clause: what is published stays; what is withdrawn takes no new claims."""

    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("已发布")
    WITHDRAWN = "withdrawn", _("已停止")


class PolicyQuerySet(models.QuerySet["Policy"]):
    def visible_to(self, person: Person) -> PolicyQuerySet:
        """Officials see drafts, too; everybody else what was published."""
        return self if person.is_official else self.published()

    def published(self) -> PolicyQuerySet:
        """What is open to everybody, withdrawn policies with what they said included."""
        return self.exclude(state=State.DRAFT)


class Policy(models.Model):
    """A policy document: who issued it, its number, its dates, its text as far as the source tells it."""

    State = State

    code = models.SlugField(max_length=60, unique=True, help_text="如 mah_2022")
    title = models.CharField(_("名称"), max_length=160)
    title_en = models.CharField(max_length=240, blank=True)
    issuer = models.CharField(_("发文单位"), max_length=120, blank=True, help_text="空为原文未载")
    issuer_en = models.CharField(max_length=200, blank=True)
    issuer_unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    doc_number = models.CharField(_("文号"), max_length=60, blank=True, help_text="空为原文未载")
    issued = models.DateField(_("发文日期"), null=True, blank=True, help_text="空为原文未载")
    valid_from = models.DateField(_("施行日期"), null=True, blank=True, help_text="空为原文未载")
    valid_until = models.DateField(_("有效期至"), null=True, blank=True, help_text="空为原文未载")
    text = models.TextField(_("原文"), blank=True, help_text="原文所载的部分,一字不改")
    source = models.CharField(_("出处"), max_length=160, blank=True, help_text="如 L1967-1973")
    scenario = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    created_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timekeeping.now)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="policy_period",
            )
        ]

    def __str__(self) -> str:
        return localized(self.title, self.title_en)


class ClauseQuerySet(models.QuerySet["Clause"]):
    def visible_to(self, person: Person) -> ClauseQuerySet:
        """Officials see drafts, too; everybody else what was published."""
        return self if person.is_official else self.published()

    def published(self) -> ClauseQuerySet:
        """Published clauses of published policies, those that were withdrawn since included."""
        return self.exclude(state=State.DRAFT).exclude(policy__state=State.DRAFT)

    def offered(self) -> ClauseQuerySet:
        """What may be claimed, or read as a text in force."""
        return self.filter(state=State.PUBLISHED, policy__state=State.PUBLISHED)


class Clause(models.Model):
    """One clause: what it says, where in the text, and the decision that runs it.

    A clause of grade P runs as it is; one of grade H runs once the district filled in what the source does not state (its
    rule has a published version then); one of grade N is text with a way to apply. The last two match nobody till then.
    """

    class Grade(models.TextChoices):
        P = "P", _("可直接计算")
        H = "H", _("未公布标准")
        N = "N", _("仅有条文")

    class Kind(models.TextChoices):
        AUTOMATIC = "automatic", _("免申即享")
        APPLICATION = "application", _("申报")
        TEXT = "text", _("条文")
        TITLE = "title", _("认定")
        SERVICE = "service", _("服务")

    class Subject(models.TextChoices):
        BUSINESS = "business", _("企业")
        PERSON = "person", _("个人")

    class Money(models.TextChoices):
        NONE = "none", _("不涉及资金")
        BUDGET = "budget", _("由本政策预算支付")
        ELSEWHERE = "elsewhere", _("由其他部门另行支付或减免")

    class Period(models.TextChoices):
        YEARLY = "yearly", _("每年一次")
        MONTHLY = "monthly", _("每月一次")
        ONCE = "once", _("仅一次")
        NONE = "none", _("未规定次数")

    State = State

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="clauses")
    code = models.SlugField(max_length=40, help_text="如 C01")
    order = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(_("名称"), max_length=120)
    title_en = models.CharField(max_length=200, blank=True)
    summary = models.CharField(_("一句话说明"), max_length=300, blank=True)
    summary_en = models.CharField(max_length=400, blank=True)
    quote = models.TextField(_("条文"), blank=True, help_text="原文字句")
    quote_start = models.PositiveIntegerField(null=True, blank=True, help_text="在政策原文中的起点(字符)")
    quote_end = models.PositiveIntegerField(null=True, blank=True)
    grade = models.CharField(max_length=1, choices=Grade.choices)
    missing = models.CharField(_("原文未载"), max_length=300, blank=True, help_text="原文没有说明的内容")
    missing_en = models.CharField(max_length=400, blank=True)
    source = models.CharField(max_length=160, blank=True, help_text="如 L1967-1973")
    catalogue = models.CharField(max_length=60, blank=True, help_text="目录编号")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject = models.CharField(max_length=10, choices=Subject.choices, default=Subject.BUSINESS)
    rule = models.ForeignKey("rules.RuleModel", null=True, blank=True, on_delete=models.PROTECT, related_name="clauses")
    owner_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", help_text="主管单位")
    finance_unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="财政部门"
    )
    money = models.CharField(max_length=10, choices=Money.choices, default=Money.NONE)
    notice_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="公示天数;空为不公示")
    period = models.CharField(max_length=8, choices=Period.choices, default=Period.NONE)
    route = models.CharField(_("办理途径"), max_length=300, blank=True)
    route_en = models.CharField(max_length=400, blank=True)
    ask = models.JSONField(default=list, blank=True, help_text="需向企业询问的事实名")
    words = models.JSONField(default=list, blank=True, help_text="企业常用的说法,用于搜索")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ClauseQuerySet.as_manager()

    class Meta:
        ordering = ["policy_id", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "code"], name="clause_code_once"),
            models.CheckConstraint(condition=~Q(grade="N") | Q(rule__isnull=True), name="clause_n_has_no_rule"),
            models.CheckConstraint(
                condition=~Q(kind="automatic") | Q(rule__isnull=False), name="clause_automatic_has_rule"
            ),
            models.CheckConstraint(
                condition=~Q(money="budget") | Q(finance_unit__isnull=False), name="clause_paid_by_finance_unit"
            ),
            models.CheckConstraint(
                condition=Q(notice_days__isnull=True) | Q(notice_days__gt=0), name="clause_notice_days_positive"
            ),
            models.CheckConstraint(
                condition=Q(quote_start__isnull=True, quote_end__isnull=True) | Q(quote_end__gt=F("quote_start")),
                name="clause_quote_place",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="clause_published_has_time"
            ),
        ]

    def __str__(self) -> str:
        return localized(self.title, self.title_en)

    @property
    def ref(self) -> str:
        """Its name in files and combinations: ``mah_2022/C01``. Asks for the policy."""
        return f"{self.policy.code}/{self.code}"

    @property
    def claimable(self) -> bool:
        """Whether its kind is one that is claimed here, rather than read."""
        return self.kind != self.Kind.TEXT


class CombinationQuerySet(models.QuerySet["Combination"]):
    def visible_to(self, person: Person) -> CombinationQuerySet:
        """Everybody: how clauses go together is part of what is published."""
        return self


class Combination(models.Model):
    """How several clauses go together, as a rule that :func:`yingshang.policies.combining.combine` reads."""

    class Kind(models.TextChoices):
        EXCLUSIVE = "exclusive", _("择高不重复")
        PRIORITY = "priority", _("按顺序取其一")
        STACKABLE = "stackable", _("可同时享受")
        CAP = "cap", _("合计封顶")

    class Per(models.TextChoices):
        BUSINESS = "business", _("每家企业")
        GROUP = "group", _("每个集团")

    code = models.SlugField(max_length=80, unique=True)
    policy = models.ForeignKey(
        Policy, null=True, blank=True, on_delete=models.CASCADE, related_name="combinations", help_text="空为跨政策"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True, help_text="封顶金额(元)")
    period = models.CharField(max_length=8, choices=Clause.Period.choices, default=Clause.Period.YEARLY)
    per = models.CharField(max_length=10, choices=Per.choices, default=Per.BUSINESS)
    source = models.CharField(max_length=200, blank=True)
    clauses = models.ManyToManyField(Clause, through="CombinationMember", related_name="combinations")

    objects = CombinationQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="cap", amount__gte=0) | (~Q(kind="cap") & Q(amount__isnull=True)),
                name="combination_cap_has_amount",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.get_kind_display()}"


class CombinationMember(models.Model):
    """A clause's place in a combination; of a priority the first that applies is taken."""

    combination = models.ForeignKey(Combination, on_delete=models.CASCADE, related_name="members")
    clause = models.ForeignKey(Clause, on_delete=models.CASCADE, related_name="memberships")
    position = models.PositiveSmallIntegerField()

    objects = CombinationQuerySet.as_manager()

    class Meta:
        ordering = ["combination_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["combination", "clause"], name="combination_clause_once"),
            models.UniqueConstraint(fields=["combination", "position"], name="combination_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.combination_id} {self.position}: {self.clause_id}"
