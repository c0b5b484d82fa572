"""Writing and reading facts. A fact is recorded once; a correction is a new row, and the old one says until when it
was believed, so "what did we know on the day we paid?" has an answer.

Values are JSON. Money is passed as ``Decimal`` and kept as a string of yuan; floats are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext, gettext_noop

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person
from yingshang.registry.models import Business, Fact

#: Timeless, a year, a quarter or a month.
PERIOD = re.compile(r"(?:\d{4}(?:Q[1-4]|-(?:0[1-9]|1[0-2]))?)?")
_KEY = re.compile(r"[a-z][a-z0-9_.]{0,59}")


#: Why a fact cannot be recorded, and what to do instead.
_WRONG = {
    "float": gettext_noop("数值 %(v)s 是浮点数,金额和比率请用 Decimal,计数用整数"),
    "infinite": gettext_noop("%(v)s 不是有限的数值"),
    "value": gettext_noop("%(t)s 不能作为事实的值"),
    "key": gettext_noop("事实名「%(k)s」须为小写字母开头的英文、数字、下划线或点,至多 60 位"),
    "period": gettext_noop("期间「%(p)s」须为空、“2022”、“2022Q1”或“2022-05”"),
    "source": gettext_noop("事实须写明来源"),
    "held": gettext_noop("「%(b)s」的 %(k)s(%(p)s)已记为 %(v)s,要改请用更正并写明理由"),
    "held_always": gettext_noop("「%(b)s」的 %(k)s 已记为 %(v)s,要改请用更正并写明理由"),
    "reason": gettext_noop("更正须写明理由"),
    "none": gettext_noop("「%(b)s」没有 %(k)s(%(p)s)可更正,请直接登记"),
    "none_always": gettext_noop("「%(b)s」没有 %(k)s 可更正,请直接登记"),
    "same": gettext_noop("「%(b)s」的 %(k)s 已经是 %(v)s,无需更正"),
}


class FactError(ValueError):
    """A fact that cannot be recorded: a code of :data:`_WRONG` and its values; as text, in the reader's language."""

    def __init__(self, code: str, **about: object) -> None:
        super().__init__(code, about)
        self.code, self.about = code, about

    def __str__(self) -> str:
        return gettext(_WRONG[self.code]) % self.about


def _json(value: object) -> Any:
    """Return ``value`` as plain JSON: Decimal and dates become strings; floats are refused, at any depth."""
    if isinstance(value, float):
        raise FactError("float", v=value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise FactError("infinite", v=value)
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): _json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    raise FactError("value", t=type(value).__name__)


def _check(key: str, period: str, source: str) -> None:
    if not _KEY.fullmatch(key):
        raise FactError("key", k=key)
    if not PERIOD.fullmatch(period):
        raise FactError("period", p=period)
    if not source.strip():
        raise FactError("source")


@transaction.atomic
def record_fact(
    business: Business, key: str, value: object, *, source: str, period: str = "", by: Person | None = None
) -> Fact:
    """Record a fact that is not held yet; the same value again returns the row that is held.

    Raises:
        FactError: a different value is held for that period (use :func:`correct_fact`), or key, period, source or value
            are not valid.
    """
    _check(key, period, source)
    plain = _json(value)
    Business.objects.select_for_update().only("pk").get(pk=business.pk)
    held = _current(business, key, period)
    if held is not None:
        if held.value == plain:
            return held
        raise FactError("held" if period else "held_always", b=business, k=key, p=period, v=held.value)
    return Fact.objects.create(
        business=business,
        key=key,
        period=period,
        value=plain,
        source=source,
        recorded_at=timekeeping.now(),
        recorded_by=by,
    )


@transaction.atomic
def correct_fact(
    business: Business, key: str, value: object, *, source: str, reason: str, period: str = "", by: Person | None
) -> Fact:
    """Supersede the held value by a new row and return that; the old row keeps its value and gets ``superseded_at``.

    Raises:
        FactError: nothing is held for that period, the value is the same, or no reason is given.
    """
    _check(key, period, source)
    plain = _json(value)
    if not reason.strip():
        raise FactError("reason")
    Business.objects.select_for_update().only("pk").get(pk=business.pk)
    held = _current(business, key, period)
    if held is None:
        raise FactError("none" if period else "none_always", b=business, k=key, p=period)
    if held.value == plain:
        raise FactError("same", b=business, k=key, v=plain)
    # Two corrections inside one tick of the clock still follow each other.
    now = max(timekeeping.now(), held.recorded_at)
    held.superseded_at = now
    held.save(update_fields=["superseded_at"])
    made = Fact.objects.create(
        business=business,
        key=key,
        period=period,
        value=plain,
        source=source,
        recorded_at=now,
        recorded_by=by,
        reason=reason,
    )
    audit.record(by, "fact.correct", "fact", made.pk, key=key, period=period, old=held.value, new=plain, reason=reason)
    return made


def _current(business: Business, key: str, period: str) -> Fact | None:
    return Fact.objects.filter(business=business, key=key, period=period, superseded_at__isnull=True).first()


class FactView(Mapping[str, Mapping[str, Fact]]):
    """The facts of one business as believed at one moment: ``view[key][period]`` is a :class:`Fact`."""

    def __init__(self, rows: Iterable[Fact]) -> None:
        self._rows: dict[str, dict[str, Fact]] = {}
        for row in rows:
            self._rows.setdefault(row.key, {})[row.period] = row

    def __getitem__(self, key: str) -> Mapping[str, Fact]:
        return self._rows[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def fact(self, key: str, period: str | None = None) -> Fact | None:
        """The fact of ``period``; without one, that of the latest period held (periods sort as text)."""
        periods = self._rows.get(key, {})
        if period is not None:
            return periods.get(period)
        return periods[max(periods)] if periods else None

    def value(self, key: str, period: str | None = None) -> Any:
        """The value of :meth:`fact`, None where nothing is known."""
        fact = self.fact(key, period)
        return fact.value if fact else None

    def money(self, key: str, period: str | None = None) -> Decimal | None:
        """A value of money or another decimal number, exact."""
        value = self.value(key, period)
        return None if value is None else Decimal(value)


def facts_of(business: Business, at: datetime | None = None) -> FactView:
    """Return what is held of the business now or, with ``at`` (aware), what was held at that moment."""
    rows = Fact.objects.filter(business=business)
    if at is None:
        rows = rows.filter(superseded_at__isnull=True)
    else:
        rows = rows.filter(Q(superseded_at__isnull=True) | Q(superseded_at__gt=at), recorded_at__lte=at)
    return FactView(rows.order_by("key", "period", "recorded_at", "id"))


@dataclass(frozen=True)
class FactRow:
    """One row of a bulk load."""

    business_id: int
    key: str
    period: str
    value: object
    source: str


def copy_facts(rows: Iterable[FactRow], *, by: Person | None = None) -> int:
    """Load new facts in bulk with COPY, in the caller's transaction; return the number of rows.

    Raises:
        FactError: a row's key, period, source or value is not valid.
        django.db.IntegrityError: a row's business is missing, or a value is held already for its key and period.
    """
    now = timekeeping.now()
    by_id = by.pk if by else None
    count = 0
    sql = "COPY registry_fact (business_id, key, period, value, source, recorded_at, recorded_by_id, reason) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        for row in rows:
            _check(row.key, row.period, row.source)
            value = json.dumps(_json(row.value), ensure_ascii=False)
            copy.write_row((row.business_id, row.key, row.period, value, row.source, now, by_id, ""))
            count += 1
    return count
