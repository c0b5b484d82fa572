"""What can be started: scenarios, their services and forms, categories and promises."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Path, Router, Schema

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases import catalog
from yingshang.cases.models import Category, Promise
from yingshang.exchange import lookups
from yingshang.exchange.routes._common import answers

router = Router(tags=["情景 scenarios"])
Id = Annotated[str, Path(max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]


class ServiceOut(Schema):
    id: str
    name: str
    summary: str
    form: str
    start_by: list[str]
    may_start: bool


class ScenarioOut(Schema):
    id: str
    name: str
    catalogue: list[str]
    reform: list[str]
    owner: str
    services: list[ServiceOut]
    forms: list[str]


class CategoryOut(Schema):
    code: str
    name: str
    name_en: str
    hint: str
    words: list[str]


class PromiseOut(Schema):
    code: str
    category: str | None
    name: str
    name_en: str
    amount: Decimal
    basis: str
    source: str


def _scenario(spec: catalog.ScenarioSpec, person: Person) -> ScenarioOut:
    held = scope_of(person).roles if person.is_official else {"enterprise"}
    return ScenarioOut.model_construct(
        id=spec.id,
        name=str(spec.name),
        catalogue=list(spec.catalogue),
        reform=list(spec.reform),
        owner=spec.owner,
        services=[
            ServiceOut.model_construct(
                id=s.id,
                name=str(s.name),
                summary=str(s.summary),
                form=s.form,
                start_by=list(s.start_by),
                may_start=bool(held & set(s.start_by)),
            )
            for s in spec.services.values()
        ],
        forms=sorted(spec.forms),
    )


@router.get("", response=answers(list[ScenarioOut]), operation_id="list_scenarios", summary="情景与服务")
def list_scenarios(request: HttpRequest) -> list[ScenarioOut]:
    """Every scenario with its services and who may start them."""
    person = lookups.caller(request).person
    return [_scenario(spec, person) for spec in catalog.every()]


@router.get("/{scenario}", response=answers(ScenarioOut, 404), operation_id="read_scenario", summary="一个情景")
def read_scenario(request: HttpRequest, scenario: Id) -> ScenarioOut:
    """One scenario."""
    return _scenario(catalog.get(scenario), lookups.caller(request).person)


@router.get("/{scenario}/forms/{form}", response=answers(dict[str, Any], 404), operation_id="read_form", summary="表单")
def read_form(request: HttpRequest, scenario: Id, form: Id) -> Any:
    """A form as JSON Schema 2020-12: what ``data`` of a new case has to be valid against."""
    spec = catalog.get(scenario)
    if form not in spec.forms:
        raise Http404
    return dict(spec.forms[form])


@router.get(
    "/{scenario}/categories",
    response=answers(list[CategoryOut], 404),
    operation_id="list_categories",
    summary="诉求分类",
)
def list_categories(request: HttpRequest, scenario: Id) -> list[CategoryOut]:
    """The categories in use, in the district's order."""
    catalog.get(scenario)
    return [
        CategoryOut.model_construct(
            code=c.code, name=c.name, name_en=c.name_en, hint=c.hint, words=[str(w) for w in c.words]
        )
        for c in Category.objects.filter(scenario=scenario, active=True)
    ]


@router.get(
    "/{scenario}/promises", response=answers(list[PromiseOut], 404), operation_id="list_promises", summary="承诺时限"
)
def list_promises(request: HttpRequest, scenario: Id) -> list[PromiseOut]:
    """The promised times in force, general ones and those of single categories."""
    catalog.get(scenario)
    rows = Promise.objects.filter(scenario=scenario, until__isnull=True).select_related("category")
    return [
        PromiseOut.model_construct(
            code=p.code,
            category=p.category.code if p.category else None,
            name=p.name,
            name_en=p.name_en,
            amount=p.amount,
            basis=str(p.basis),
            source=p.source,
        )
        for p in rows.order_by("code", "category_id")
    ]
