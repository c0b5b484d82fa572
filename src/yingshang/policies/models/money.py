"""Budgets as a ledger, payment batches with two people, payments, and the bank's answers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.models import Person, Unit
from yingshang.policies.models.claim import Claim
from yingshang.policies.models.policy import Policy


class Budget(models.Model):
    """What a policy may spend in a year, in yuan.

    ``reserved`` and ``paid`` are the sums of the ledger; only its trigger writes them, and a row that would overdraw the
    budget is refused by the database.
    """

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="budgets")
    year = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    reserved = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    paid = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    source = models.CharField(max_length=200, blank=True, help_text="依据;示例数据须注明")
    set_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timekeeping.now)

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        ordering = ["-year", "policy_id"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "year"], name="budget_once_a_year"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, paid__gte=0, amount__gte=F("reserved") + F("paid")),
                name="budget_not_overdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.year}: {self.amount}"

    @property
    def left(self):  # type: ignore[no-untyped-def]
        """What may still be reserved (yuan)."""
        return self.amount - self.reserved - self.paid


class PaymentBatch(models.Model):
    """A list of payments that one person makes and another approves, for the bank."""

    class State(models.TextChoices):
        DRAFT = "draft", _("待复核")
        APPROVED = "approved", _("已复核")
        EXPORTED = "exported", _("已送银行")
        RECONCILED = "reconciled", _("已对账")
        CANCELLED = "cancelled", _("已作废")

    number = models.CharField(max_length=24, unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", help_text="财政部门")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    maker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timekeeping.now)
    checker = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    exported_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    exported_at = models.DateTimeField(null=True, blank=True)
    export_digest = models.CharField(max_length=64, blank=True, help_text="送银行文件的 SHA-256")
    note = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=80, null=True, blank=True, unique=True)

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(checker__isnull=True) | ~Q(checker=F("maker")), name="batch_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"]) | Q(checker__isnull=False),
                name="batch_approved_has_checker",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["exported", "reconciled"]) | ~Q(export_digest=""),
                name="batch_export_has_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_state_display()}"


class Payment(models.Model):
    """One attempt to pay a claim; at most one of a claim lives at a time."""

    class State(models.TextChoices):
        PENDING = "pending", _("待付")
        EXPORTED = "exported", _("银行处理中")
        PAID = "paid", _("已付")
        FAILED = "failed", _("银行退回")
        REMOVED = "removed", _("移出批次")
        CLAWED_BACK = "clawed_back", _("已追回")

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="payments")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="payments")
    reference = models.CharField(max_length=40, unique=True, help_text="付款流水号,银行回单据此对账")
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    payee_name = models.CharField(max_length=120)
    payee_account = models.CharField(max_length=40)
    payee_bank = models.CharField(max_length=120)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    bank_reference = models.CharField(max_length=80, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = visibility.through("claim").as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim"],
                condition=Q(state__in=["pending", "exported", "paid", "clawed_back"]),
                name="payment_one_live",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=["paid", "clawed_back"]) | Q(paid_at__isnull=False), name="payment_paid_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount} {self.get_state_display()}"

    @property
    def said(self) -> str:
        """The reason in the reader's language."""
        from yingshang.policies.reasons import told

        return told(self.reason)

    @property
    def account_shown(self) -> str:
        """The account with its middle hidden."""
        account = self.payee_account
        return account if len(account) <= 8 else f"{account[:4]}****{account[-4:]}"


class LedgerEntry(models.Model):
    """One line of a budget's ledger; append-only. A trigger adds it to the budget in the same statement."""

    class Kind(models.TextChoices):
        RESERVE = "reserve", _("占用")
        RELEASE = "release", _("释放")
        PAY = "pay", _("支付")
        RETURN = "return", _("退回")
        CLAW_BACK = "claw_back", _("追回")

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="entries")
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="entries")
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    at = models.DateTimeField(default=timekeeping.now)
    by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "kind"], condition=Q(kind__in=["reserve", "release"]), name="ledger_claim_once"
            ),
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=Q(kind__in=["pay", "return", "claw_back"]),
                name="ledger_payment_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["reserve", "release"], payment__isnull=True)
                | Q(kind__in=["pay", "return", "claw_back"], payment__isnull=False),
                name="ledger_payment_named",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_positive"),
        ]
        indexes = [models.Index(fields=["claim"], name="ledger_claim")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"

    @property
    def said(self) -> str:
        """The reason in the reader's language."""
        from yingshang.policies.reasons import told

        return told(self.reason)


class ReturnFile(models.Model):
    """A file in which the bank says what became of payments; reading the same file again changes nothing."""

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="returns")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timekeeping.now)
    paid = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["batch", "digest"], name="return_file_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:12]}"


class ReturnRow(models.Model):
    """A line of the bank's file that could not be taken, and why."""

    file = models.ForeignKey(ReturnFile, on_delete=models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField(help_text="文件中的行号")
    content = models.JSONField(default=dict)
    problem = models.CharField(max_length=300, help_text="bankfiles.PROBLEMS 的编号;早先的行为文字")
    about = models.JSONField(default=dict, blank=True, help_text="问题里提到的值")

    objects = visibility.through("file").as_manager()

    class Meta:
        ordering = ["row"]

    def __str__(self) -> str:
        return f"{self.row}: {self.said}"

    @property
    def said(self) -> str:
        """What is wrong with the line, in the reader's language."""
        from yingshang.policies.bankfiles import told

        return told(self.problem, self.about)
