"""What the API answers: one small schema a thing, built by plain functions so that no field costs a hidden query."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ninja import Schema

from yingshang.accounts.models import Unit
from yingshang.cases import timeline
from yingshang.cases.models import Case, Clock, ClockEntry, Document, Message, Status, Task
from yingshang.registry.models import Business


class UnitOut(Schema):
    code: str
    name: str
    name_en: str
    kind: str
    parent: str | None = None
    phone: str = ""
    active: bool = True


class BusinessOut(Schema):
    uscc: str
    name: str
    kind: str
    status: str
    industry_code: str
    leading_industry: str
    street: str
    platform: str | None
    founded: date
    address: str
    synthetic: bool


class CaseBrief(Schema):
    """Where a case stands: the answer of every action, and a line of a list."""

    number: str
    scenario: str
    service: str
    title: str
    category: str | None
    channel: str
    status: str
    status_label: str
    lead_unit: str | None
    street: str | None
    platform: str | None
    level: int
    supervised: bool
    bounces: int
    opened_at: datetime
    first_contact_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    overdue: bool
    solved: bool | None
    rating: int | None
    reopened: int


class CasePage(Schema):
    items: list[CaseBrief]
    next: str | None


class LedgerLine(Schema):
    kind: str
    at: datetime
    due_at: datetime | None
    reason: str


class ClockOut(Schema):
    code: str
    name: str
    amount: Decimal
    basis: str
    state: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    extension: Decimal
    note: str
    ledger: list[LedgerLine]


class TaskOut(Schema):
    id: int
    case: str
    case_title: str
    kind: str
    step: str
    name: str
    status: str
    outcomes: list[str]
    unit: str | None
    note: str
    opened_at: datetime
    due_at: datetime | None


class DocumentOut(Schema):
    id: int
    name: str
    kind: str
    media_type: str
    size: int
    sha256: str
    public: bool
    uploaded_at: datetime


class MessageOut(Schema):
    author: str
    text: str
    public: bool
    at: datetime


class EntryOut(Schema):
    at: datetime
    kind: str
    text: str
    detail: str
    public: bool


class CaseOut(CaseBrief):
    """A whole case as its reader may see it; ``actions`` are those the caller may perform now."""

    text: str
    answer: str
    data: dict[str, Any]
    business: str | None
    business_name: str
    contact_name: str
    contact_phone: str
    handler: str
    nature: str
    routing: dict[str, Any] | None
    merged_into: str | None
    actions: list[str]
    tasks: list[TaskOut]
    clocks: list[ClockOut]
    documents: list[DocumentOut]


#: What :func:`brief` reads beyond the case's own row.
BRIEF_RELATED = ("category", "lead_unit", "street", "platform")


def brief(case: Case) -> CaseBrief:
    """A line about the case; its ``BRIEF_RELATED`` are expected to be loaded."""
    return CaseBrief.model_construct(**_brief(case))


def _brief(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "scenario": case.scenario,
        "service": case.service,
        "title": case.title,
        "category": case.category.code if case.category else None,
        "channel": str(case.channel),
        "status": str(case.status),
        "status_label": str(Status(case.status).label),
        "lead_unit": case.lead_unit.code if case.lead_unit else None,
        "street": case.street.code if case.street else None,
        "platform": case.platform.code if case.platform else None,
        "level": case.level,
        "supervised": case.supervised,
        "bounces": case.bounces,
        "opened_at": case.opened_at,
        "first_contact_at": case.first_contact_at,
        "answered_at": case.answered_at,
        "closed_at": case.closed_at,
        "due_at": case.due_at,
        "overdue": case.overdue,
        "solved": case.solved,
        "rating": case.rating,
        "reopened": case.reopened,
    }


def full(case: Case, *, official: bool, actions: list[str]) -> CaseOut:
    """The whole case; routing reasons and internal files are for officials only."""
    tasks = case.tasks.filter(status=Task.State.OPEN).select_related("unit").order_by("due_at", "id")
    documents = case.documents.all() if official else case.documents.filter(public=True)
    return CaseOut.model_construct(
        **_brief(case),
        text=case.text,
        answer=case.answer,
        data={k: v for k, v in case.data.items() if not k.startswith("_")},
        business=case.business.uscc if case.business else None,
        business_name=str(case.business) if case.business else "",
        contact_name=case.contact_name,
        contact_phone=case.contact_phone,
        handler=str(case.handler) if case.handler else "",
        nature=str(case.nature),
        routing=case.routing if official else None,
        merged_into=case.merged_into.number if case.merged_into else None,
        actions=actions,
        tasks=[task(t, case) for t in tasks],
        clocks=[clock(c) for c in case.clocks.order_by("id").prefetch_related("entries")],
        documents=[document(d) for d in documents],
    )


def task(t: Task, case: Case | None = None) -> TaskOut:
    of = case or t.case
    unit = t.unit.code if t.unit else None
    return told(
        t.pk, of.number, of.title, t.kind, t.step, t.name, t.name_en, t.status, t.outcomes, unit, t.note, t.opened_at,
        t.due_at,
    )  # fmt: skip


#: The columns of a task that :func:`told` takes, in its order.
TASK_COLUMNS = ("id", "case__number", "case__title", "kind", "step", "name", "name_en", "status", "outcomes", "unit__code",
                "note", "opened_at", "due_at")  # fmt: skip


def told(
    id: int, case: str, case_title: str, kind: str, step: str, name: str, name_en: str, status: str, outcomes: str,
    unit: str | None, note: str, opened_at: datetime, due_at: datetime | None,
) -> TaskOut:  # fmt: skip
    """A task out of its columns: of a list no rows are made, only what is sent."""
    return TaskOut.model_construct(
        id=id,
        case=case,
        case_title=case_title,
        kind=str(kind),
        step=step,
        name=_local(name, name_en),
        status=str(status),
        outcomes=[o.strip() for o in outcomes.split(",") if o.strip()],
        unit=unit,
        note=note,
        opened_at=opened_at,
        due_at=due_at,
    )


def clock(c: Clock) -> ClockOut:
    return ClockOut.model_construct(
        code=c.code,
        name=_local(c.name, c.name_en),
        amount=c.amount,
        basis=str(c.basis),
        state=str(c.state),
        started_at=c.started_at,
        due_at=c.due_at,
        stopped_at=c.stopped_at,
        extension=c.extension,
        note=_local(c.note, c.note_en),
        ledger=[_line(e) for e in c.entries.all()],
    )


def _line(e: ClockEntry) -> LedgerLine:
    return LedgerLine.model_construct(kind=str(e.kind), at=e.at, due_at=e.due_at, reason=e.reason)


def _local(zh: str, en: str) -> str:
    from yingshang.accounts.models import localized

    return localized(zh, en)


def document(d: Document) -> DocumentOut:
    return DocumentOut.model_construct(
        id=d.pk,
        name=d.name,
        kind=d.kind,
        media_type=d.media_type,
        size=d.size,
        sha256=d.sha256,
        public=d.public,
        uploaded_at=d.uploaded_at,
    )


def message(m: Message) -> MessageOut:
    return MessageOut.model_construct(author=str(m.author) if m.author else "", text=m.text, public=m.public, at=m.at)


def entry(e: timeline.Entry) -> EntryOut:
    return EntryOut.model_construct(at=e.at, kind=e.kind, text=e.text, detail=e.detail, public=e.public)


def unit(u: Unit) -> UnitOut:
    return UnitOut.model_construct(
        code=u.code,
        name=u.name,
        name_en=u.name_en,
        kind=str(u.kind),
        parent=u.parent.code if u.parent else None,
        phone=u.phone,
        active=u.active,
    )


def business(b: Business) -> BusinessOut:
    return BusinessOut.model_construct(
        uscc=b.uscc,
        name=b.name,
        kind=str(b.kind),
        status=str(b.status),
        industry_code=b.industry_code,
        leading_industry=b.leading_industry,
        street=b.street.code,
        platform=b.platform.code if b.platform else None,
        founded=b.founded,
        address=b.address,
        synthetic=b.synthetic,
    )
