"""Investment projects: the list, one with its items, documents and shares, opening one, handing in a document."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from ninja import File, Form, Query, Router, Status, UploadedFile
from pydantic import Field, StringConstraints

from yingshang.exchange import lookups, paging
from yingshang.exchange.project_schemas import (
    ForecastOut,
    PaperOut,
    ProjectBrief,
    ProjectOut,
    ProjectPage,
    brief,
    coming,
    paper,
    papers,
    whole,
)
from yingshang.exchange.routes._common import PAGE, After, Body, Code, Limit, Number, answers
from yingshang.projects import actions, plan
from yingshang.projects.models import Project

router = Router(tags=["投资项目 projects"])

Kind = Literal["new_land", "own_land", "purchase", "lease", "housing"]
Codes = Annotated[list[Code], Field(max_length=100)]
RELATED = ("business", "case", "street", "platform", "listed")


class DeferralIn(Body):
    item: Code
    document: Code


class ProjectIn(Body):
    """A new project. ``facts``: the form ``project`` of ``joint_review_center`` (``GET /scenarios/{id}/forms/{form}``), without
    ``kind``. ``staged``, ``committed``, ``deferred``: ways chosen from the start, where the list allows them."""

    business: Annotated[str, StringConstraints(max_length=18)]
    name: Annotated[str, StringConstraints(max_length=120)]
    kind: Kind
    facts: dict[str, Any] = Field(default_factory=dict)
    staged: Codes = []
    committed: Codes = []
    deferred: Annotated[list[DeferralIn], Field(max_length=100)] = []
    street: Code | None = None
    platform: Code | None = None
    site: Annotated[str, StringConstraints(max_length=120)] = ""
    parcel: Annotated[str, StringConstraints(max_length=60)] = ""
    contract_number: Annotated[str, StringConstraints(max_length=60)] = ""
    investment: Annotated[Decimal, Field(ge=0, lt=10**14, max_digits=16, decimal_places=2)] | None = None


def _rows(request: HttpRequest) -> QuerySet[Project]:
    rows: QuerySet[Project] = Project.objects.visible_to(lookups.caller(request).person)
    return rows.select_related(*RELATED).defer("listed__document", "listed__brought")


def found(request: HttpRequest, number: str) -> Project:
    """The project, where the caller may read it; otherwise 404, as if there were none."""
    project: Project | None = _rows(request).filter(number=number).first()
    if project is None:
        raise Http404
    return project


@router.get("", response=answers(ProjectPage), operation_id="list_projects", summary="项目列表")
def list_projects(
    request: HttpRequest,
    state: Annotated[Project.State | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    business: Annotated[str | None, Query(max_length=18)] = None,
    platform: Annotated[str | None, Query(max_length=64)] = None,
    q: Annotated[
        str | None, Query(max_length=60, description="名称中的文字,或编号 / words of the name, or a number")
    ] = None,
    after: After = "",
    limit: Limit = PAGE,
) -> ProjectPage:
    """The projects that the caller may read, newest first."""
    rows = _rows(request)
    wanted = {"state": state, "kind": kind, "business__uscc": business, "platform__code": platform}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if q:
        rows = rows.filter(Q(number=q) | Q(name__icontains=q))
    if after:
        rows = rows.filter(id__lt=paging.decode(after, int)[0])
    page = list(rows.order_by("-id")[: limit + 1])
    more = paging.encode(page[limit - 1].pk) if len(page) > limit else None
    return ProjectPage(items=[ProjectBrief(**brief(p)) for p in page[:limit]], next=more)


@router.post("", response=answers(ProjectOut, 403, 409, created=True), operation_id="open_project", summary="登记项目")
def open_project(request: HttpRequest, body: ProjectIn) -> Any:
    """Open a project: what applies, the plan and the first cases are there at once. The same ``Idempotency-Key`` again
    answers with the first one."""
    person = lookups.caller(request).person
    business = lookups.business(body.business, person, "business")
    project = actions.open_project(
        person,
        business=business,
        name=body.name,
        kind=body.kind,
        facts=body.facts,
        ways=plan.Ways(
            staged=frozenset(body.staged),
            committed=frozenset(body.committed),
            deferred=frozenset((d.item, d.document) for d in body.deferred),
        ),
        parcel=body.parcel,
        site=body.site,
        contract_number=body.contract_number,
        investment=body.investment,
        area=body.facts.get("area"),
        street=lookups.unit(body.street, "street") if body.street else None,
        platform=lookups.unit(body.platform, "platform") if body.platform else None,
        key=lookups.key_of(request, "project", business.pk),
    )
    return Status(201, whole(project))


@router.get("/{number}", response=answers(ProjectOut, 404), operation_id="read_project", summary="项目详情")
def read_project(request: HttpRequest, number: Number) -> ProjectOut:
    """One project: each item planned, actual and expected, whose share of the time is whose, what is yet to be handed in."""
    return whole(found(request, number))


@router.get(
    "/{number}/forecast", response=answers(ForecastOut, 404), operation_id="forecast_project", summary="预计办完的时间"
)
def forecast_project(request: HttpRequest, number: Number) -> ForecastOut:
    """When it will likely be done, out of the district's own closed items, and what would bring it forward, what gains most
    first. The same project on the same day gets the same answer."""
    return coming(found(request, number))


@router.get(
    "/{number}/documents", response=answers(list[PaperOut], 404), operation_id="list_papers", summary="项目材料"
)
def list_papers(request: HttpRequest, number: Number) -> list[PaperOut]:
    """The one set of documents that all units use, and the results that the items brought forth. A file is read at
    ``GET /cases/{number}/documents/{document}``."""
    return papers(found(request, number))


@router.post(
    "/{number}/documents",
    response=answers(PaperOut, 403, 404, 409, 413, created=True),
    operation_id="give_paper",
    summary="交材料",
)
def give_paper(
    request: HttpRequest,
    number: Number,
    file: Annotated[UploadedFile, File()],
    kind: Annotated[str, Form(max_length=60, pattern=r"^[^\x00]*$")],
) -> Any:
    """Hand in a document once, for all units; what waited for it starts. A newer one takes the place of the one before."""
    given = actions.give_paper(
        found(request, number),
        lookups.caller(request).person,
        kind=kind,
        name=file.name or "",
        stream=file,  # type: ignore[arg-type]
        key=lookups.key_of(request, "paper", f"{number}/{kind}"),
    )
    return Status(201, paper(given))
