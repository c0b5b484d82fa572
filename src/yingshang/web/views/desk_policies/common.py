"""What the policy pages share: whose clause it is, sums as people write them, refusals of the rules, bars of a chart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yingshang.accounts.access import Scope
from yingshang.accounts.models import Role
from yingshang.policies.models import Clause
from yingshang.rules.models import RuleVersion
from yingshang.web.views.desk_support import number_of as number_of
from yingshang.web.views.desk_support import scope

#: Who writes clauses: officials of the unit that answers for them.
CLERKS = (Role.OFFICER, Role.UNIT_LEAD, Role.AREA_LEAD)
#: Bars of a chart; beyond that nobody reads them, the table has them all.
BARS = 12
_UNITS = {"zh": ((Decimal(10) ** 8, "亿元"), (Decimal(10) ** 4, "万元")), "en": ((Decimal(10) ** 6, "million"),)}


def clause_of(policy: str, code: str) -> Clause:
    """The clause of an address, with what every page about it shows.

    Raises:
        Http404: there is none.
    """
    rows = Clause.objects.select_related("policy", "rule", "owner_unit", "finance_unit")
    found: Clause | None = rows.filter(policy__code=policy, code=code).first()
    if found is None:
        raise Http404
    return found


def works_for(mine: Scope, unit_id: int | None) -> bool:
    """Whether the person writes for this unit: an official of it, or the head of a unit above it."""
    return mine.has(*CLERKS) and unit_id is not None and unit_id in (mine.unit_ids | mine.led_unit_ids)


def need_clerk(request: HttpRequest, clause: Clause) -> None:
    """Let only those go on who write for the clause's unit.

    Raises:
        PermissionDenied: the person does not.
    """
    if not works_for(scope(request), clause.owner_unit_id):
        raise PermissionDenied


def in_force(version: RuleVersion, on: date) -> bool:
    """As :meth:`RuleVersionQuerySet.in_force`, of a version at hand."""
    if version.state not in RuleVersion.PUBLIC or version.valid_from is None or version.valid_from > on:
        return False
    ended = version.valid_until is not None and version.valid_until < on
    return not ended and (version.withdrawn_on is None or version.withdrawn_on > on)


def english() -> bool:
    return (get_language() or "").startswith("en")


def language() -> str:
    return "en" if english() else "zh"


def about(value: Decimal | int | float | None) -> str:
    """A sum of yuan to two places of the unit in which people say it: for totals, not for what somebody is paid."""
    if value is None:
        return "—"
    yuan = Decimal(str(value))
    for worth, unit in _UNITS[language()]:
        if abs(yuan) >= worth:
            return f"CNY {_plain(yuan / worth)} {unit}" if english() else f"{_plain(yuan / worth)} {unit}"
    return f"CNY {_plain(yuan)}" if english() else f"{_plain(yuan)} 元"


def _plain(value: Decimal) -> str:
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bars(rows: list[tuple[str, Any]], name: str, color: str = "#0b5f6b") -> dict[str, Any]:
    """An ECharts option: horizontal bars, in the order given, from the top."""
    shown = rows[:BARS][::-1]
    return {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "grid": {"left": 16, "right": 64, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "value", "axisLabel": {"hideOverlap": True}, "splitNumber": 3, "minInterval": 1},
        "yAxis": {
            "type": "category",
            "data": [label for label, _value in shown],
            "axisLabel": {"width": 108, "overflow": "truncate", "interval": 0, "fontSize": 12},
        },
        "series": [
            {
                "name": name,
                "type": "bar",
                "barMaxWidth": 20,
                "color": color,
                "label": {"show": True, "position": "right"},
                "data": [float(value) for _label, value in shown],
            }
        ],
    }


def columns(rows: list[tuple[str, Any]], name: str, color: str = "#5b5ea6") -> dict[str, Any]:
    """An ECharts option: a column for each class of a distribution."""
    return {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "grid": {"left": 8, "right": 8, "top": 24, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "data": [r[0] for r in rows], "axisLabel": {"hideOverlap": True}},
        "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 3},
        "series": [
            {
                "name": name,
                "type": "bar",
                "barCategoryGap": "12%",
                "color": color,
                "label": {"show": True, "position": "top"},
                "data": [float(r[1]) for r in rows],
            }
        ],
    }


def not_stated(text: str) -> str:
    """What a source says, or that it does not say it."""
    return text or _("原文未载")
