"""Opening a case: one door for portal, visit, meeting, hotline, import and API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import statements
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Unit
from yingshang.cases import catalog, categories, clocks, engine, events, forms, procedures, promises, routing
from yingshang.cases.errors import Invalid, NotAllowed
from yingshang.cases.models import Case, Channel, Clock, Event
from yingshang.registry.models import Business

#: A demand is a short story, not a file; longer texts belong into an attachment.
TEXT_LIMIT = 8000


def number_of(prefix: str, drawn: int) -> str:
    """A case number such as ``QT20230426-000123``; the counter is a PostgreSQL sequence and never repeats."""
    return f"{prefix}{timekeeping.now():%Y%m%d}-{drawn:06d}"


def open_case(
    actor: Person | None,
    *,
    scenario: str,
    service: str,
    title: str,
    text: str = "",
    category: str = "",
    business: Business | None = None,
    channel: str = Channel.PORTAL,
    street: Unit | None = None,
    platform: Unit | None = None,
    contact_name: str = "",
    contact_phone: str = "",
    data: Mapping[str, Any] | None = None,
    external_source: str = "",
    external_id: str = "",
    vouched: bool = False,
    key: str | None = None,
) -> Case:
    """Open a case and start its procedure and clocks; the same ``key`` or external id again returns the first one.

    Args:
        actor: who opens it; None for the system (an import run by a job).
        category: code of one of the scenario's categories, or ``""`` when the asker leaves it to the dispatcher.
        data: the service's form, valid against its JSON Schema.
        vouched: the caller has asked itself whether the actor may: for services that nobody starts directly.

    Raises:
        Invalid: what is missing or wrong, field by field.
        NotAllowed: the actor may not start this service, or does not act for this business.
    """
    spec = catalog.get(scenario)
    if service not in spec.services:
        raise Invalid(_("情景 %(s)s 没有服务 %(v)s。") % {"s": scenario, "v": service})
    started = spec.services[service]
    if not vouched:
        _check_starter(started, actor, business)
    form = dict(data or {})
    problems = forms.check(spec, started.form, form)
    if not title.strip():
        problems["title"] = _("请用一句话说明要办的事")
    if len(title) > 120:
        problems["title"] = _("标题请控制在 120 字以内,细节写在内容里")
    if len(text) > TEXT_LIMIT:
        problems["text"] = _("内容请控制在 %(n)d 字以内,更长的材料请作为附件上传") % {"n": TEXT_LIMIT}
    for field, said, most in (("contact_name", contact_name, 60), ("contact_phone", contact_phone, 40)):
        if len(said) > most:
            problems[field] = _("不能超过 %(n)s 个字") % {"n": most}
    named, known, published = statements.together(
        (categories.NAMED, [scenario, category]),
        (promises.OF_CODE, [scenario, category]),
        (procedures.CURRENT, [scenario, started.procedure]),
    )
    chosen = named[0] if named else None
    if category and chosen is None:
        problems["category"] = _("没有这个分类:%(c)s") % {"c": category}
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
    procedure = procedures.published(published, scenario, started.procedure)

    try:
        with statements.one_transaction():
            if held := _held(key, external_source, external_id):
                return held
            drawn = statements.numbered(
                cases_number_seq=1, cases_case_id_seq=1, cases_clock_id_seq=len(engine.AT_OPENING)
            )
            statements.keep_ids(Clock, drawn["cases_clock_id_seq"])
            case = Case(
                pk=drawn["cases_case_id_seq"][0],
                number=number_of(started.number_prefix, drawn["cases_number_seq"][0]),
                scenario=scenario,
                service=service,
                procedure=procedure,
                title=title.strip(),
                text=text.strip(),
                category=chosen,
                data=form,
                channel=channel,
                business=business,
                submitter=actor,
                contact_name=contact_name or (actor.name if actor and not actor.is_official else ""),
                contact_phone=contact_phone or (actor.phone if actor and not actor.is_official else ""),
                street=street or (business.street if business else None),
                platform=platform or (business.platform if business else None),
                opened_at=timekeeping.now(),
                external_source=external_source,
                external_id=external_id,
            )
            clocks.begin(case, known)
            if business:
                engine.grant(case, f"b{business.pk}", "business")
            # Who asks for a business reads it as one of its handlers, for as long as they are one.
            if actor and (actor.is_official or business is None):
                engine.grant(case, f"p{actor.pk}", "submitter")
            if case.street_id:
                engine.grant(case, f"u{case.street_id}", "place")
            if case.platform_id:
                engine.grant(case, f"u{case.platform_id}", "place")
            events.write(case, "opened", actor, key=key, channel=channel, title=case.title)
            if chosen is None and spec.categories:
                # The routing may recognise the subject, and with it what is promised.
                routing.hear(case, partial(_settle, case))
                engine.start(case)
                if routing.unheard(case):
                    _promise(case)
            else:
                _promise(case)
                engine.start(case)
            if case.routing:
                events.write(case, "routed", None, public=False, routing=case.routing)
            # Last, as it stands by now: what refers to it is checked when the transaction ends.
            statements.insert_later(case)
            return case
    except IntegrityError:
        # Two requests with one key at the same moment: the second finds what the first has made.
        if held := _held(key, external_source, external_id):
            return held
        raise


def _settle(case: Case, proposal: Mapping[str, Any]) -> None:
    categories.recognise(case, proposal)
    _promise(case)


def _promise(case: Case) -> None:
    for code in engine.AT_OPENING:
        clocks.start(case, code)


def _held(key: str | None, external_source: str, external_id: str) -> Case | None:
    if key and (event := Event.objects.filter(key=key).select_related("case").first()):
        return event.case
    if external_id:
        return Case.objects.filter(external_source=external_source, external_id=external_id).first()
    return None


def _check_starter(service: catalog.Service, actor: Person | None, business: Business | None) -> None:
    if actor is None:
        return
    scope = scope_of(actor)
    if not actor.is_official:
        if "enterprise" not in service.start_by:
            raise NotAllowed(_("「%(s)s」由工作人员发起,企业可通过「提诉求」反映。") % {"s": service.name})
        if business is not None and f"b{business.pk}" not in scope.principals:
            raise NotAllowed(_("您不是「%(b)s」的经办人,不能替它提交。") % {"b": business})
    elif not scope.roles & set(service.start_by):
        raise NotAllowed(_("您的岗位不能发起「%(s)s」。") % {"s": service.name})
