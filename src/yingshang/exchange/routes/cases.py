"""Opening, listing and reading cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field, StringConstraints

from yingshang.accounts.models import Unit
from yingshang.cases import actions, timeline, workflow
from yingshang.cases.errors import Conflict, Invalid
from yingshang.cases.models import Case, Channel
from yingshang.cases.models import Status as CaseStatus
from yingshang.exchange import lookups, paging, schemas
from yingshang.exchange.routes._common import PAGE, After, Body, Code, Limit, Number, Prose, answers
from yingshang.exchange.schemas import CaseBrief, CaseOut, CasePage, EntryOut, MessageOut

router = Router(tags=["办件 cases"])


class OpenCase(Body):
    """A new case. ``data`` is the service's form (``GET /scenarios/{id}/forms/{form}``)."""

    scenario: Code = "qifu_express"
    service: Code = "demand"
    title: Annotated[str, StringConstraints(max_length=120)]
    text: Prose = ""
    category: Annotated[str, StringConstraints(max_length=40)] = ""
    business: Annotated[str, StringConstraints(max_length=18)] | None = None
    street: Code | None = None
    platform: Code | None = None
    channel: Literal["api", "visit", "meeting", "hotline"] = "api"
    contact_name: Annotated[str, StringConstraints(max_length=60)] = ""
    contact_phone: Annotated[str, StringConstraints(max_length=40)] = ""
    data: dict[str, Any] = Field(default_factory=dict)
    external_source: Annotated[str, StringConstraints(max_length=40)] = ""
    external_id: Annotated[str, StringConstraints(max_length=80)] = ""


@router.post("", response=answers(CaseBrief, 403, 404, 409, created=True), operation_id="open_case", summary="提出办件")
def open_case(request: HttpRequest, body: OpenCase) -> Any:
    """Open a case and start its procedure and clocks. The same ``external_source`` and ``external_id`` again, or the
    same ``Idempotency-Key``, answers with the first one."""
    person = lookups.caller(request).person
    channel: str = body.channel
    if not person.is_official:
        # An enterprise speaks for itself: neither a visit nor a hotline, and under no foreign name.
        channel = Channel.API
        if body.external_source or body.external_id:
            raise Invalid(_("外部来源由政府部门填写。"), fields={"external_source": _("请留空")})
    if bool(body.external_source) != bool(body.external_id):
        raise Invalid(_("外部来源与外部编号须同时填写。"), fields={"external_id": _("请一并填写")})
    case = actions.open_case(
        person,
        scenario=body.scenario,
        service=body.service,
        title=body.title,
        text=body.text,
        category=body.category,
        business=lookups.business(body.business, person, "business") if body.business else None,
        channel=channel,
        street=lookups.unit(body.street, "street", Unit.Kind.STREET) if body.street else None,
        platform=lookups.unit(body.platform, "platform", Unit.Kind.PLATFORM) if body.platform else None,
        contact_name=body.contact_name,
        contact_phone=body.contact_phone,
        data=body.data,
        external_source=body.external_source,
        external_id=body.external_id,
        key=lookups.key_of(request, "open", body.scenario),
    )
    if body.external_id and not Case.objects.visible_to(person).filter(pk=case.pk).exists():
        # Somebody else's, opened before: a number that was guessed tells nothing of it.
        raise Conflict(_("这个来源编号已有办件,您不能查看它。"))
    return Status(201, schemas.brief(case))


@router.get("", response=answers(CasePage), operation_id="list_cases", summary="办件列表")
def list_cases(
    request: HttpRequest,
    scenario: Annotated[str | None, Query(max_length=60)] = None,
    status: Annotated[CaseStatus | None, Query()] = None,
    category: Annotated[str | None, Query(max_length=40)] = None,
    lead_unit: Annotated[str | None, Query(max_length=64)] = None,
    street: Annotated[str | None, Query(max_length=64)] = None,
    business: Annotated[str | None, Query(max_length=18)] = None,
    overdue: Annotated[bool | None, Query()] = None,
    q: Annotated[
        str | None, Query(max_length=60, description="标题中的文字,或编号 / words of the title, or a number")
    ] = None,
    opened_since: Annotated[AwareDatetime | None, Query()] = None,
    opened_before: Annotated[AwareDatetime | None, Query()] = None,
    after: After = "",
    limit: Limit = PAGE,
) -> CasePage:
    """The cases that the caller may read, newest first."""
    rows = Case.objects.visible_to(lookups.caller(request).person).select_related(*schemas.BRIEF_RELATED)
    wanted: dict[str, object] = {
        "scenario": scenario,
        "status": status,
        "category__code": category,
        "lead_unit__code": lead_unit,
        "street__code": street,
        "business__uscc": business,
        "overdue": overdue,
        "opened_at__gte": _safe(opened_since),
        "opened_at__lt": _safe(opened_before),
    }
    rows = rows.filter(**{field: value for field, value in wanted.items() if value is not None})
    if q:
        rows = rows.filter(number=q) if q.upper().startswith("QT") else rows.filter(title__icontains=q)
    if after:
        (last,) = paging.decode(after, int)
        rows = rows.filter(id__lt=last)
    found = list(rows.order_by("-id")[: limit + 1])
    more = paging.encode(found[limit - 1].pk) if len(found) > limit else None
    return CasePage.model_construct(items=[schemas.brief(c) for c in found[:limit]], next=more)


def _safe(at: datetime | None) -> datetime | None:
    """A time that PostgreSQL's clients can carry; the calendar's edges overflow on conversion to another zone."""
    if at is not None and not 1900 <= at.year <= 9000:
        raise Invalid(_("时间超出范围。"), fields={"opened_since": _("请填写 1900 年至 9000 年之间的时间")})
    return at


@router.get("/{number}", response=answers(CaseOut, 404), operation_id="read_case", summary="办件详情")
def read_case(request: HttpRequest, number: Number) -> CaseOut:
    """One case with its open tasks, clocks and their ledgers, documents, and the actions the caller may perform."""
    person = lookups.caller(request).person
    case = lookups.case_of(request, number, *schemas.BRIEF_RELATED, "business", "handler", "merged_into")
    return schemas.full(case, official=person.is_official, actions=workflow.offered(case, person))


@router.get("/{number}/timeline", response=answers(list[EntryOut], 404), operation_id="timeline", summary="办件进展")
def read_timeline(request: HttpRequest, number: Number) -> list[EntryOut]:
    """What happened, oldest first, in sentences; enterprises read the public entries."""
    official = lookups.caller(request).person.is_official
    return [schemas.entry(e) for e in timeline.of(lookups.case_of(request, number), official=official)]


@router.get("/{number}/messages", response=answers(list[MessageOut], 404), operation_id="messages", summary="留言")
def read_messages(request: HttpRequest, number: Number) -> list[MessageOut]:
    """The messages, oldest first; to write one, use the action ``message``."""
    case = lookups.case_of(request, number)
    rows = case.messages.select_related("author")
    if not lookups.caller(request).person.is_official:
        rows = rows.filter(public=True)
    return [schemas.message(m) for m in rows]
