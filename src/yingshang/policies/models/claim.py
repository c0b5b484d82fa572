"""A claim of one clause for one period, its public notice, and objections to it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.models import Person
from yingshang.cases.models import Case
from yingshang.policies.models.policy import Clause
from yingshang.registry.models import Business


class Claim(models.Model):
    """A claim: one-to-one with a case of the scenario ``policy_delivery``, which carries its steps and who may read it.

    What it was decided by is kept with it: the version of the rule, the facts with their sources, the trace.
    """

    class State(models.TextChoices):
        REVIEW = "review", _("主管单位审核")
        FINANCE = "finance", _("财政审核")
        NOTICE = "notice", _("公示中")
        PAYABLE = "payable", _("待拨付")
        PAYING = "paying", _("拨付中")
        PAID = "paid", _("已到账")
        DONE = "done", _("已办结")
        REFUSED = "refused", _("未通过")
        WITHDRAWN = "withdrawn", _("已撤回")
        CLAWED_BACK = "clawed_back", _("已追回")

    #: Those that stand in the way of nothing any more.
    ENDED = (State.REFUSED, State.WITHDRAWN)

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="claim")
    number = models.CharField(max_length=24, unique=True, help_text="与办件编号相同")
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="claims")
    business = models.ForeignKey(Business, null=True, blank=True, on_delete=models.PROTECT, related_name="claims")
    subject = models.CharField(max_length=80, help_text="受益对象:b<企业> 或 p<证件号摘要>")
    person_name = models.CharField(max_length=60, blank=True)
    person_tail = models.CharField(max_length=4, blank=True, help_text="证件号后四位;全号不保存")
    period = models.CharField(max_length=10, blank=True, help_text="如 2023、2023-04;仅一次的为空")
    automatic = models.BooleanField(default=False, help_text="免申即享:企业确认一次即可")
    state = models.CharField(max_length=12, choices=State.choices)

    rule_amount = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True, help_text="规则算得(元)")
    amount = models.DecimalField(max_digits=16, decimal_places=2, default=0, help_text="叠加与封顶后应付(元)")
    reasons = models.JSONField(default=list, help_text="叠加、排斥、封顶的理由")
    version = models.ForeignKey("rules.RuleVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    as_of = models.DateField(help_text="按哪一天的事实和规则计算")
    facts = models.JSONField(default=dict, help_text="计算所用事实及来源")
    declared = models.JSONField(default=dict, help_text="企业申报的事实")
    trace = models.JSONField(default=dict, help_text="计算过程")
    budget = models.ForeignKey(
        "policies.Budget", null=True, blank=True, on_delete=models.PROTECT, related_name="claims"
    )

    payee_name = models.CharField(max_length=120, blank=True)
    payee_account = models.CharField(max_length=40, blank=True)
    payee_bank = models.CharField(max_length=120, blank=True)

    submitted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(default=timekeeping.now)
    unit_reviewer = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    unit_reviewed_at = models.DateTimeField(null=True, blank=True)
    finance_reviewer = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    finance_reviewed_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=500, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = visibility.through("case").as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clause", "subject", "period"],
                condition=~Q(state__in=["refused", "withdrawn"]),
                name="claim_one_live",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="claim_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(unit_reviewer__isnull=True)
                | Q(finance_reviewer__isnull=True)
                | ~Q(unit_reviewer=F("finance_reviewer")),
                name="claim_reviewed_by_two",
            ),
            models.CheckConstraint(
                condition=(Q(unit_reviewer__isnull=True) | ~Q(unit_reviewer=F("submitted_by")))
                & (Q(finance_reviewer__isnull=True) | ~Q(finance_reviewer=F("submitted_by"))),
                name="claim_not_reviewed_by_submitter",
            ),
            models.CheckConstraint(condition=Q(business__isnull=False) | ~Q(person_name=""), name="claim_is_somebodys"),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(refusal=""), name="claim_refusal_has_reason"),
        ]
        indexes = [
            models.Index(fields=["business", "-id"], name="claim_business"),
            models.Index(fields=["state", "id"], name="claim_state"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_state_display()}"

    @property
    def refused_because(self) -> str:
        """Why it was refused, in the reader's language."""
        from yingshang.policies.reasons import told

        return told(self.refusal)

    @property
    def account_shown(self) -> str:
        """The account with its middle hidden, as pages and lists show it."""
        account = self.payee_account
        return account if len(account) <= 8 else f"{account[:4]}****{account[-4:]}"


class PublicNoticeQuerySet(models.QuerySet["PublicNotice"]):
    def visible_to(self, person: Person) -> PublicNoticeQuerySet:
        """Everybody: that is what it is for."""
        return self


class PublicNotice(models.Model):
    """公示: who is to receive how much, for everybody to read and to object to before it is paid."""

    claim = models.OneToOneField(Claim, on_delete=models.CASCADE, related_name="notice")
    name = models.CharField(max_length=120, help_text="公示的名称;个人隐去部分姓名")
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    starts = models.DateTimeField()
    ends = models.DateTimeField()

    objects = PublicNoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-ends", "-id"]
        constraints = [models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="notice_period")]

    def __str__(self) -> str:
        return f"{self.name} {self.amount}"


class Objection(models.Model):
    """What somebody objects to a claim during its notice; nothing is paid before it is settled."""

    notice = models.ForeignKey(PublicNotice, on_delete=models.CASCADE, related_name="objections")
    name = models.CharField(max_length=60)
    contact = models.CharField(max_length=80)
    text = models.TextField()
    at = models.DateTimeField(default=timekeeping.now)
    settled_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    upheld = models.BooleanField(null=True, blank=True)
    answer = models.TextField(blank=True)

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True)
                | (Q(settled_by__isnull=False, upheld__isnull=False) & ~Q(answer="")),
                name="objection_settled_with_answer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:40]}"
