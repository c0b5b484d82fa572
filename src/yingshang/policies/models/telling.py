"""Who wants to be told of what, and what they were told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yingshang import timekeeping
from yingshang.accounts import visibility
from yingshang.accounts.models import Person
from yingshang.policies.models.policy import Clause
from yingshang.registry.models import Business


class Subscription(models.Model):
    """A person who wants to be told: of changes for one of their businesses, or of clauses with certain words."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="policy_subscriptions")
    business = models.ForeignKey(Business, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    words = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField(default=timekeeping.now)

    objects = visibility.to_owner("person").as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "business", "words"], nulls_distinct=False, name="subscription_once"
            ),
            models.CheckConstraint(
                condition=Q(business__isnull=False) | ~Q(words=""), name="subscription_of_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.business_id or self.words}"


class PolicyNotice(models.Model):
    """One thing a person was told; the same thing is told once (``key``)."""

    class Kind(models.TextChoices):
        PUBLISHED = "published", _("新条款发布")
        REVISED = "revised", _("条款有修订")
        BECAME_ELIGIBLE = "became_eligible", _("现在符合")
        NO_LONGER = "no_longer", _("不再符合")
        AMOUNT = "amount", _("金额有变")
        CLAIM = "claim", _("申报有进展")
        BOUNCED = "bounced", _("银行没付成")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="policy_notices")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    clause = models.ForeignKey(Clause, on_delete=models.CASCADE, related_name="+")
    business = models.ForeignKey(Business, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    amount = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    before = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    at = models.DateTimeField(default=timekeeping.now)
    read_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=120)

    objects = visibility.to_owner("person").as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="policy_notice_once")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.kind} {self.clause_id}"


class SeenVerdict(models.Model):
    """What a run last said of a clause for a business that somebody watches: against it, changes are noticed."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    clause = models.ForeignKey(Clause, on_delete=models.CASCADE, related_name="+")
    eligible = models.BooleanField()
    amount = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    changes = models.PositiveIntegerField(default=0, help_text="变化次数")
    at = models.DateTimeField(default=timekeeping.now)

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "clause"], name="seen_verdict_once")]

    def __str__(self) -> str:
        return f"{self.business_id} {self.clause_id}: {self.eligible} {self.amount}"
