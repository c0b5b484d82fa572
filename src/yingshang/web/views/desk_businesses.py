"""The page of one business: who it is, who looks after it, what is under way, and what is known of it, with the source."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import districts
from yingshang.accounts.models import localized
from yingshang.activities.models import Activity
from yingshang.cases.models import ENDED, Case
from yingshang.registry.facts import facts_of
from yingshang.registry.models import Business, Fact, Record, ServiceAssignment
from yingshang.web.views.desk_records import Type
from yingshang.web.views.desk_support import official, person_of

CASES, VISITS, RECORDS = 10, 5, 10

#: Values that say nothing.
EMPTY: tuple[Any, ...] = ("", [], {}, None)

#: What facts are called, in the order of the page; a key that is not named here is shown as it is, at the end.
NAMES = {
    "employees": L("从业人数(人)"),
    "revenue": L("营业收入(元)"),
    "tax_paid": L("纳税(元)"),
    "assets": L("资产总额(元)"),
    "output": L("工业总产值(元)"),
    "export_value": L("出口额(元)"),
    "rd_expense": L("研发费用(元)"),
    "rd_share": L("研发费用占比(%)"),
    "land_mu": L("用地(亩)"),
    "above_scale": L("规模以上"),
    "high_tech": L("高新技术企业"),
    "tech_sme": L("科技型中小企业"),
    "srdi_tier": L("专精特新"),
    "patents": L("专利(件)"),
    "chick_eagle": L("雏鹰企业"),
    "smart_factory": L("智能工厂"),
    "iiot_platform": L("工业互联网平台"),
    "listing_status": L("上市情况"),
    "fortune500_invested": L("世界 500 强投资"),
    "beauty_economy": L("美丽经济"),
    "building": L("所在楼宇"),
    "told": L("原文写到"),
    "assumed": L("示例补齐的项"),
}
#: Values that are words of a code list.
WORDS = {
    True: L("是"),
    False: L("否"),
    "none": L("不是"),
    "province": L("省级专精特新"),
    "little_giant": L("国家级“小巨人”"),
    "future_factory": L("未来工厂"),
    "smart_factory": L("智能工厂"),
    "listed": L("已上市"),
    "candidate": L("拟上市"),
}


@official
def business(request: HttpRequest, uscc: str) -> HttpResponse:
    """One business of the register; cases and visits as far as the person may read them."""
    person = person_of(request)
    found = get_object_or_404(
        Business.objects.visible_to(person).select_related("street", "platform", "community"), uscc=uscc
    )
    cases = (
        Case.objects.visible_to(person)
        .filter(business=found)
        .select_related("business", "category", "street", "lead_unit", "handler")
        .order_by("-id")
    )
    assignments = ServiceAssignment.objects.filter(business=found, until__isnull=True)
    visits = Activity.objects.visible_to(person).filter(business=found, kind=Activity.Kind.VISIT)
    records = Record.objects.visible_to(person).filter(business=found, deleted_at__isnull=True).order_by("-id")
    return render(
        request,
        "web/desk/business.html",
        {
            "business": found,
            "officer": assignments.select_related("officer", "unit").first(),
            "running": list(cases.exclude(status__in=ENDED)[:CASES]),
            "ended": list(cases.filter(status__in=ENDED)[:CASES]),
            "visits": list(visits.select_related("lead").order_by("-starts_at").distinct()[:VISITS]),
            "industry": _industry(found.leading_industry),
            "facts": _rows(found),
            "records": [(Type(*r.type.split(".", 1)), r) for r in records[:RECORDS]],
        },
    )


def _industry(code: str) -> str:
    """What the district calls one of its leading industries; the code itself where it has no name."""
    known = {i.code: i.name for i in districts.load(settings.DISTRICT).industries}
    return localized(known[code].zh, known[code].en) if code in known else code


def _rows(found: Business) -> list[dict[str, Any]]:
    """The facts held now: the latest period of each, with earlier periods beside it."""
    view = facts_of(found)
    order = {k: i for i, k in enumerate(NAMES)}
    rows = []
    for key in sorted(view, key=lambda k: (order.get(k, len(order)), k)):
        periods = sorted(view[key].items(), reverse=True)
        latest = periods[0][1]
        if latest.value in EMPTY and len(periods) == 1:
            continue  # known to be nothing, such as what the source tells of a business it does not name
        rows.append(
            {
                "name": NAMES.get(key, key),
                "value": shown(latest),
                "period": latest.period,
                "source": latest.source,
                "before": [(period, shown(fact)) for period, fact in periods[1:]],
            }
        )
    return rows


def shown(fact: Fact) -> str:
    """A fact's value as people write it: figures with thousands separated, codes as words, lists joined."""
    value = fact.value
    if value in EMPTY:
        return "—"
    if isinstance(value, list):
        return "、".join(str(v) for v in value)
    if isinstance(value, dict):
        return _("%(n)d 项") % {"n": len(value)}
    if isinstance(value, bool | str) and value in WORDS:
        return str(WORDS[value])
    if isinstance(value, str):
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        return f"{number:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)
