"""The wording of a clause on a day: its row has today's, its editions those before and to come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models
from django.db.models import OuterRef, Subquery

from yingshang.policies.models import Clause, ClauseEdition

#: What an edition holds. Who is in charge of a clause and where it stands in the source is not part of its wording.
WORDING = (
    "title", "title_en", "summary", "summary_en", "quote", "quote_start", "quote_end", "grade", "missing", "missing_en",
    "kind", "subject", "rule", "finance_unit", "money", "notice_days", "period", "route", "route_en", "ask", "words",
)  # fmt: skip
_REFERENCES = frozenset({"rule", "finance_unit"})


def wording(clause: Clause) -> dict[str, Any]:
    """What a clause says, as plain data by field; rule and finance unit by their ids."""
    return {name: getattr(clause, _column(name)) for name in WORDING}


def apply(clause: Clause, told: Mapping[str, Any]) -> Clause:
    """Let a clause in memory say what an edition says; the caller saves it or does not."""
    for name, value in told.items():
        if name in WORDING and getattr(clause, _column(name)) != value:
            setattr(clause, _column(name), value)
    return clause


def _column(name: str) -> str:
    return f"{name}_id" if name in _REFERENCES else name


def with_wording(rows: models.QuerySet[Clause], on: date) -> models.QuerySet[Clause]:
    """Clauses with the edition of a day beside them, for :func:`on_day`; no further query."""
    applied = ClauseEdition.objects.kept().filter(clause=OuterRef("clause"), applied_at__isnull=False)
    # Of the one that the row took over the row knows more: small corrections are made there.
    taken_over = Subquery(applied.order_by("-number").values("pk")[:1])
    edition = ClauseEdition.objects.valid_on(on).filter(clause=OuterRef("pk")).exclude(pk=taken_over)
    return rows.annotate(_edition=Subquery(edition.values("told")[:1]))


def on_day(clause: Clause) -> Clause:
    """A clause of :func:`with_wording` as it reads on that day."""
    told = getattr(clause, "_edition", None)
    return apply(clause, told) if told else clause
