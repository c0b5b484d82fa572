"""Measured values of indicators, kept by day; the definitions are the scenarios' ``indicators.toml``."""

from __future__ import annotations

from django.db import models

from yingshang import timekeeping
from yingshang.accounts import visibility


class Measurement(models.Model):
    """An indicator's value for one period, as measured at a time; ``dimension`` is e.g. ``unit:12`` or empty."""

    indicator = models.CharField(max_length=120)
    period = models.CharField(max_length=12)
    dimension = models.CharField(max_length=60, blank=True)
    value = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    numerator = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    measured_at = models.DateTimeField(default=timekeeping.now)

    objects = visibility.ToOfficials.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["indicator", "period", "dimension"], name="measurement_once")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.period} {self.dimension} = {self.value}"
