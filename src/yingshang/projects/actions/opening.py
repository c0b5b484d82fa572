"""Opening a project: one door; its items, plan and first branches are there at once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit, calendar
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Unit
from yingshang.cases import actions as case_actions
from yingshang.cases import catalog, forms
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, Channel
from yingshang.projects import applying, listing, moving, plan, rights
from yingshang.projects.items import ListOfItems
from yingshang.projects.models import FollowUp, Project, ProjectItem
from yingshang.projects.state import Standing
from yingshang.registry.models import Business


@transaction.atomic
def open_project(
    actor: Person | None,
    *,
    business: Business,
    name: str,
    kind: str,
    facts: Mapping[str, Any],
    ways: plan.Ways = plan.AS_LISTED,
    parcel: str = "",
    site: str = "",
    contract_number: str = "",
    investment: Decimal | None = None,
    area: Decimal | None = None,
    street: Unit | None = None,
    platform: Unit | None = None,
    synthetic: bool = False,
    key: str | None = None,
) -> Project:
    """Open a project; the same ``key`` again returns the first one.

    Args:
        actor: a handler of the business, or an official who enters it; None for the system.
        facts: what decides which items apply, valid against ``forms/project.json`` of ``joint_review_center``.
        ways: first stages, commitments and deferred documents chosen from the start.
        investment: yuan. area: floor area in m².
        street, platform: where it is; the business's own where left out.

    Raises:
        Invalid: what is missing or wrong, field by field; or no list of items is published.
        Conflict: another project has this land contract.
        NotAllowed: somebody who does not act for the business, or whose post enters no projects.
    """
    if key and (held := Project.objects.filter(case__events__key=key).first()):
        return held
    _require_opener(actor, business)
    known = {**facts, "kind": applying.KINDS.get(kind, kind)}
    problems = forms.check(catalog.get(moving.SCENARIO), "project", known)
    if not 2 <= len(name.strip()) <= 120:
        problems["name"] = _("请填写项目名称,2 到 120 字")
    if kind not in Project.Kind.values:
        problems["kind"] = _("请选择项目类型")
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
    contract_number = contract_number.strip()
    _require_free(contract_number)
    version = listing.current()
    listed = listing.read(version.pk)
    codes = applying.applicable(listed, known)
    _require_allowed(listed, codes, ways)
    today = timekeeping.now().astimezone(timekeeping.SHANGHAI).date()
    planned = plan.assemble(listed, codes, today, calendar.load(), ways=ways, facts=known)
    case = _open_case(actor, business, name, known, kind, street, platform, key)
    project = Project(
        case=case, number=case.number, name=name.strip(), business=business, listed=version, kind=kind, facts=known,
        parcel=parcel, site=site, contract_number=contract_number, investment=investment, area=area,
        street=case.street, platform=case.platform, synthetic=synthetic, opened_at=case.opened_at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError:
        # Somebody else entered it at the same moment.
        _require_free(contract_number)
        raise
    _make_items(project, planned, ways, actor)
    standing = Standing(project)
    moving.advance(standing)
    audit.record(actor, "project.open", "project", project.number, kind=kind, items=len(planned.steps))
    return project


def _require_opener(actor: Person | None, business: Business) -> None:
    if actor is None:
        return
    scope = scope_of(actor)
    if actor.is_official and not scope.has(*rights.OPENERS):
        raise NotAllowed(_("您的岗位不能发起投资项目。"))
    if not actor.is_official and f"b{business.pk}" not in scope.principals:
        raise NotAllowed(_("您不是「%(b)s」的经办人,不能替它提交。") % {"b": business})


def _require_free(contract_number: str) -> None:
    """A land contract is of one project, unless that was withdrawn.

    Raises:
        Conflict: it is entered already.
    """
    held = Project.objects.exclude(state=Project.State.WITHDRAWN).filter(contract_number=contract_number)
    if contract_number and held.exists():
        raise Conflict(_("土地出让合同 %(c)s 已登记在另一个项目里。") % {"c": contract_number})


def _require_allowed(listed: ListOfItems, codes: list[str], ways: plan.Ways) -> None:
    """Only what the list allows can be chosen.

    Raises:
        Invalid: a stage, commitment or deferral that it does not know.
    """
    wrong = [s for s in ways.staged if s not in listed.items or listed.items[s].stands_for not in codes]
    wrong += [c for c in ways.committed if c not in codes or listed.items[c].commit is None]
    wrong += [c for c, d in ways.deferred if c not in codes or d not in listed.items[c].defer]
    if wrong:
        raise Invalid(_("这些事项不能这样办:%(i)s") % {"i": "、".join(wrong)}, fields={"ways": _("请重新选择")})


def _open_case(
    actor: Person | None,
    business: Business,
    name: str,
    known: dict[str, Any],
    kind: str,
    street: Unit | None,
    platform: Unit | None,
    key: str | None,
) -> Case:
    return case_actions.open_case(
        actor,
        scenario=moving.SCENARIO,
        service=moving.SERVICE,
        title=name.strip(),
        business=business,
        street=street,
        platform=platform,
        data=known,
        channel=Channel.PROJECT if actor and actor.is_official else Channel.PORTAL,
        vouched=True,
        key=key,
    )


def _make_items(project: Project, planned: plan.Plan, ways: plan.Ways, actor: Person | None) -> None:
    for code, step in planned.steps.items():
        spec = step.spec
        unit = None if spec.by_applicant else moving.place(project, spec.unit)
        if unit is None and not spec.by_applicant:
            raise Invalid(_("「%(i)s」没有承办单位:请填写项目所在平台或街道。") % {"i": spec.name},
                          fields={"platform": _("请选择所在平台或街道")})  # fmt: skip
        item = ProjectItem.objects.create(
            project=project, code=code, name=spec.name.zh, name_en=spec.name.en, unit=unit,
            committed=code in ways.committed, days=step.days if step.told else None,
            planned_start=planned_start(step), planned_finish=step.finishes,
        )  # fmt: skip
        if unit is not None:
            # Every unit reads the one set of documents from the start: it can guide before it is its turn.
            moving.let_read(project, spec, unit)
        if item.committed:
            FollowUp.objects.create(item=item, kind=FollowUp.Kind.COMMITMENT, made_by=actor)
        for document in sorted(d for c, d in ways.deferred if c == code):
            FollowUp.objects.create(item=item, kind=FollowUp.Kind.DEFERRED, document=document, made_by=actor)


def planned_start(step: plan.Step) -> Any:
    """The date on which an item is planned to begin."""
    return min(step.starts, step.finishes)
