"""What the API's codes refer to: businesses, units, people of a unit, the working calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime

from yingshang.accounts import calendar
from yingshang.accounts.models import CalendarDay, Membership, Unit
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Promise
from yingshang.exchange import lookups, paging, schemas
from yingshang.exchange.routes._common import PAGE, After, Limit, answers
from yingshang.exchange.schemas import BusinessOut, UnitOut
from yingshang.processes import clocks
from yingshang.registry.models import Business

router = Router(tags=["基础数据 register"])


class BusinessPage(Schema):
    items: list[BusinessOut]
    next: str | None


class DayOut(Schema):
    day: date
    working: bool
    note: str


class DueOut(Schema):
    due_at: datetime
    note: str
    note_en: str


class MemberOut(Schema):
    username: str
    name: str
    role: str


@router.get("/businesses", response=answers(BusinessPage), operation_id="search_businesses", summary="查找企业")
def search_businesses(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=60, description="名称中的文字,或统一社会信用代码")] = "",
    street: Annotated[str | None, Query(max_length=64)] = None,
    platform: Annotated[str | None, Query(max_length=64)] = None,
    after: After = "",
    limit: Limit = PAGE,
) -> BusinessPage:
    """Businesses by name or code, in the order of their pinyin; handlers find those they act for."""
    rows = Business.objects.visible_to(lookups.caller(request).person).select_related("street", "platform")
    if q:
        text = q.strip()
        rows = rows.filter(Q(name__icontains=text) | Q(uscc__startswith=text.upper()))
    if street:
        rows = rows.filter(street__code=street)
    if platform:
        rows = rows.filter(platform__code=platform)
    if after:
        key, last = paging.decode(after, str, int)
        rows = rows.filter(Q(name_key__gt=key) | Q(name_key=key, id__gt=last))
    found = list(rows.order_by("name_key", "id")[: limit + 1])
    more = paging.encode(found[limit - 1].name_key, found[limit - 1].pk) if len(found) > limit else None
    return BusinessPage.model_construct(items=[schemas.business(b) for b in found[:limit]], next=more)


@router.get("/businesses/{uscc}", response=answers(BusinessOut, 404), operation_id="read_business", summary="一家企业")
def read_business(request: HttpRequest, uscc: Annotated[str, Path(pattern=r"^[0-9A-Z]{18}$")]) -> BusinessOut:
    """One business by its unified social credit code."""
    person = lookups.caller(request).person
    found = Business.objects.visible_to(person).select_related("street", "platform").filter(uscc=uscc).first()
    if found is None:
        raise Http404
    return schemas.business(found)


@router.get("/units", response=answers(list[UnitOut]), operation_id="list_units", summary="单位")
def list_units(
    request: HttpRequest,
    kind: Annotated[Unit.Kind | None, Query()] = None,
    parent: Annotated[str | None, Query(max_length=64)] = None,
) -> list[UnitOut]:
    """The units in use, without communities and grids unless asked for by kind or parent."""
    rows = Unit.objects.filter(active=True).select_related("parent")
    if kind:
        rows = rows.filter(kind=kind)
    if parent:
        rows = rows.filter(parent__code=parent)
    if not kind and not parent:
        rows = rows.exclude(kind__in=[Unit.Kind.COMMUNITY, Unit.Kind.GRID])
    return [schemas.unit(u) for u in rows[:2000]]


@router.get(
    "/units/{code}/people", response=answers(list[MemberOut], 403, 404), operation_id="unit_people", summary="单位人员"
)
def unit_people(request: HttpRequest, code: Annotated[str, Path(max_length=64)]) -> list[MemberOut]:
    """Who works in a unit, for officials who look for a signer or somebody to copy."""
    if not lookups.caller(request).person.is_official:
        raise PermissionDenied
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        raise Http404
    rows = Membership.objects.held().filter(unit=unit, person__is_active=True).select_related("person")
    return [
        MemberOut.model_construct(username=m.person.username, name=str(m.person), role=str(m.role))
        for m in rows.order_by("person_id")
    ]


@router.get("/calendar", response=answers(list[DayOut]), operation_id="read_calendar", summary="工作日历")
def read_calendar(request: HttpRequest, year: Annotated[int, Query(ge=2000, le=2100)]) -> list[DayOut]:
    """Every day of a year: whether it is a working day, as arranged or (with a note) by weekday only."""
    held = {d.day: d for d in CalendarDay.objects.filter(day__year=year)}
    working = calendar.load(fresh=True)
    days = (date(year, 1, 1) + timedelta(days=i) for i in range(366))
    return [
        DayOut.model_construct(day=day, working=working.is_working(day), note=held[day].note if day in held else "")
        for day in days
        if day.year == year
    ]


@router.get("/calendar/due", response=answers(DueOut), operation_id="compute_due", summary="时限推算")
def compute_due(
    request: HttpRequest,
    start: Annotated[AwareDatetime, Query()],
    amount: Annotated[Decimal, Query(gt=0, le=1000)],
    basis: Annotated[Promise.Basis, Query()] = Promise.Basis.WORKING_DAYS,
) -> DueOut:
    """When something promised within ``amount`` of ``basis`` falls due, if the clock starts at ``start``."""
    if not 2000 <= start.year <= 2100:
        raise Invalid(_("时间超出范围。"), fields={"start": _("请填写 2000 年至 2100 年之间的时间")})
    due = clocks.compute(
        clocks.Promise(amount, str(basis)), started=start, pauses=[], extension=Decimal(0), calendar=calendar.load()
    )
    return DueOut.model_construct(due_at=due.at, note=due.note_zh, note_en=due.note_en)
