"""What the API answers of investment projects."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ninja import Schema

from yingshang.accounts.models import localized
from yingshang.projects import ahead, forecast, standing
from yingshang.projects.models import Paper, Project, Request
from yingshang.projects.speeding import Option
from yingshang.projects.standing import Overview, Row, Share


class ProjectBrief(Schema):
    """Where a project stands; dates are those of its milestones, ``days_to_permit`` natural days from contract to permit."""

    number: str
    name: str
    kind: str
    state: str
    state_label: str
    business: str
    business_name: str
    street: str | None
    platform: str | None
    list_version: int
    opened_at: datetime
    finished_at: datetime | None
    filing_on: date | None
    contract_on: date | None
    permit_on: date | None
    start_on: date | None
    completion_on: date | None
    acceptance_on: date | None
    days_to_permit: int | None
    synthetic: bool


class ProjectPage(Schema):
    items: list[ProjectBrief]
    next: str | None


class ProjectItemOut(Schema):
    """An item: ``days`` planned (null: no standard is published), ``used`` and ``late`` in working days; ``case`` is its case."""

    code: str
    name: str
    unit: str | None
    state: str
    state_label: str
    case: str | None
    planned: list[date]
    started: date | None
    finished: date | None
    expected: list[date]
    days: int | None
    used: Decimal | None
    late: Decimal
    critical: bool
    overdue: bool
    silent: bool
    after: list[str]
    lacking: list[str]


class ShareOut(Schema):
    """A party's share of the time: a unit's code, ``applicant``, or empty for time in which nobody was waited for."""

    party: str
    name: str
    days: Decimal
    percent: int


class PaperOut(Schema):
    """A document in force: a file (``document`` is its id below the project's case) or a result with its number."""

    kind: str
    name: str
    document: int | None
    number: str
    given_at: datetime


class AskOut(Schema):
    """What the units need from the enterprise, gathered or told: the kinds of documents."""

    state: str
    kinds: list[str]


class ProjectOut(ProjectBrief):
    """A whole project; ``to_hand_in`` are the kinds that the enterprise has yet to bring, those waited for now first."""

    facts: dict[str, Any]
    elapsed: Decimal
    expected_end: date
    items: list[ProjectItemOut]
    shares: list[ShareOut]
    documents: list[PaperOut]
    to_hand_in: list[str]
    request: AskOut | None


class HistoryOut(Schema):
    """The closed items that a forecast draws from, at most 200 of each code; ``samples``: synthetic ones are among them.
    With fewer than ``least_items`` or of fewer than ``least_projects`` there is no forecast (``thin``)."""

    items: int
    projects: int
    samples: bool
    thin: bool
    least_items: int
    least_projects: int


class OptionOut(Schema):
    """Something that would bring a project forward, or keep it from slipping (``gain`` 0).

    ``kind``: ``stage`` (a first stage is taken), ``commit``, ``defer``, ``papers`` (the enterprise hands in ``document``),
    ``faster`` (the unit is as fast as its fastest quarter). ``gain``: working days; ``end``: of the project then;
    ``starts_now``: the item could begin today; ``who``: ``applicant``, or the code of the unit whose move it is."""

    kind: str
    item: str
    name: str
    document: str | None
    gain: int
    starts_now: bool
    end: date
    who: str


class ForecastOut(Schema):
    """When a project is likely to end. ``planned_end``: if all keep to their days from now on. ``likely``: the median of
    ``rounds`` rounds; ``fifty`` and ``ninety``: first and last day of the central half and nine tenths of them. All three are
    null where the history is too thin or the project has ended.

    ``borrowed``: items that drew from all closed items for want of their own; ``untold``: items that count nothing, no days
    being published and none closed; ``beyond``: items that run longer already than any closed one."""

    number: str
    state: str
    planned_end: date
    likely: date | None
    fifty: list[date] | None
    ninety: list[date] | None
    rounds: int
    history: HistoryOut
    borrowed: list[str]
    untold: list[str]
    beyond: list[str]
    options: list[OptionOut]


_DATES = ("filing_on", "contract_on", "permit_on", "start_on", "completion_on", "acceptance_on", "days_to_permit")


def brief(p: Project) -> dict[str, Any]:
    return {
        "number": p.number, "name": p.name, "kind": p.kind, "state": p.state, "state_label": p.get_state_display(),
        "business": p.business.uscc, "business_name": p.business.name, "street": p.street.code if p.street else None,
        "platform": p.platform.code if p.platform else None, "list_version": p.listed.version, "opened_at": p.opened_at,
        "finished_at": p.finished_at, "synthetic": p.synthetic, **{name: getattr(p, name) for name in _DATES},
    }  # fmt: skip


def _item(row: Row, seen: Overview) -> ProjectItemOut:
    item = row.item
    return ProjectItemOut(
        code=item.code, name=item.label, unit=item.unit.code if item.unit else None, state=item.state,
        state_label=item.get_state_display(), case=item.case.number if item.case else None, planned=list(row.planned),
        started=row.actual[0], finished=row.actual[1], expected=list(row.expected), days=row.days, used=row.used,
        late=row.late, critical=row.critical, overdue=row.overdue, silent=row.silent,
        after=list(seen.standing.network[item.code].after), lacking=seen.standing.lacking(item, at_issue=True),
    )  # fmt: skip


def _share(s: Share) -> ShareOut:
    return ShareOut(party=s.party, name=s.name, days=s.days, percent=s.percent)


def paper(p: Paper) -> PaperOut:
    return PaperOut(
        kind=p.kind, name=localized(p.name, p.name_en), document=p.document_id, number=p.number, given_at=p.given_at
    )


def papers(project: Project) -> list[PaperOut]:
    return [paper(p) for p in Paper.objects.filter(project=project, replaced_at__isnull=True).order_by("id")]


def whole(project: Project) -> ProjectOut:
    """A project as it stands now, in a fixed number of questions to the database."""
    seen = standing.overview(project)
    states = (Request.State.GATHERING, Request.State.SENT)
    asked = Request.objects.filter(project=project, state__in=states).prefetch_related("asks").first()
    return ProjectOut(
        **brief(project),
        facts=project.facts,
        elapsed=seen.elapsed,
        expected_end=seen.projection.end,
        items=[_item(row, seen) for row in seen.rows],
        shares=[_share(s) for s in seen.shares],
        documents=papers(project),
        to_hand_in=[kind for kind, _name in seen.to_hand_in],
        request=AskOut(state=asked.state, kinds=[a.kind for a in asked.asks.all()]) if asked else None,
    )


def _option(o: Option) -> OptionOut:
    return OptionOut(
        kind=o.kind, item=o.item, name=o.name, document=o.document or None, gain=o.gain, starts_now=o.starts_now,
        end=o.end, who=o.who,
    )  # fmt: skip


def coming(project: Project) -> ForecastOut:
    """The likely end of a project and what would bring it forward, as they are computed now."""
    seen = ahead.of(project)
    past, found = seen.past, seen.found
    return ForecastOut(
        number=project.number,
        state=project.state,
        planned_end=seen.planned.end,
        likely=found.likely if found else None,
        fifty=list(found.fifty) if found else None,
        ninety=list(found.ninety) if found else None,
        rounds=forecast.ROUNDS,
        history=HistoryOut(
            items=past.items, projects=past.projects, samples=past.samples, thin=past.thin,
            least_items=forecast.ITEMS, least_projects=forecast.PROJECTS,
        ),
        borrowed=list(found.borrowed) if found else [],
        untold=list(found.untold) if found else [],
        beyond=list(found.beyond) if found else [],
        options=[_option(o) for o in seen.options],
    )  # fmt: skip
