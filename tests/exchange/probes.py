"""Asking every address as every role: the routes of the site, example requests, and what an answer means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import RoutePattern, URLPattern, URLResolver

from tests.support.world import World
from yingshang import timekeeping
from yingshang.activities import actions as activity_actions
from yingshang.activities.models import Activity
from yingshang.cases import actions, documents, records
from yingshang.cases.models import Category, Document, Procedure, Promise, RootCause, Task
from yingshang.exchange import auth, webhooks
from yingshang.exchange.models import ImportRun

#: Letter in the table → (role, who of the small district holds it). ``N`` is another enterprise's handler.
ROLES: dict[str, tuple[str, str]] = {
    "A": ("anonymous", ""),
    "E": ("enterprise", "firm1"),
    "N": ("enterprise of another business", "firm2"),
    "O": ("officer", "officer"),
    "D": ("dispatcher", "dispatcher"),
    "U": ("unit_lead", "commerce_lead"),
    "R": ("area_lead", "street_lead"),
    "F": ("reform_office", "reform"),
    "L": ("district_leader", "leader"),
    "Z": ("auditor", "auditor"),
    "X": ("administrator", "admin"),
}
EVERYONE, SIGNED_IN, OFFICIALS = "AENODURFLZX", "ENODURFLZX", "ODURFLZX"
METHODS = ("GET", "POST", "DELETE")


@dataclass(frozen=True)
class Route:
    """One address of the site."""

    pattern: str
    view: Any

    @property
    def api(self) -> bool:
        return self.pattern.startswith("api/v1/")


def routes() -> list[Route]:
    """Every URL pattern of the site, Django's and ninja's, each once."""

    def walk(resolver: URLResolver, before: str) -> Iterator[Route]:
        for p in resolver.url_patterns:
            here = before + (str(p.pattern) if isinstance(p.pattern, RoutePattern) else str(p.pattern).lstrip("^"))
            if isinstance(p, URLResolver):
                yield from walk(p, here)
            elif isinstance(p, URLPattern):
                yield Route(here.rstrip("$"), p.callback)

    return list({r.pattern: r for r in walk(get_resolver(), "")}.values())


class Scene:
    """The small district with one of everything an address can name: a case that the officer's unit handles."""

    def __init__(self, world: World) -> None:
        self.world = world
        case = actions.open_case(
            world.firm1, scenario="qifu_express", service="demand", title="没有分类的事", business=world.business,
            category="other", data={},
        )  # fmt: skip
        if case.status == "pool":
            case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
        case = actions.sign_for(case, world.officer)
        self.document = documents.attach(
            case, world.firm1, name="材料.txt", stream=SimpleUploadedFile("材料.txt", b"text")
        )
        root = actions.name_root_cause(
            world.reform, title="共性", owner=world.units["dept.commerce"], cases=[case], due=date(2023, 6, 1)
        )
        self.case = case
        self.visit = self._activity("visit", "dept.economy", world.economy_officer)
        self.meeting = self._activity("meeting", "dept.commerce", world.commerce_lead)
        run = ImportRun.objects.create(
            kind="demands:demand", scenario="qifu_express", file_name="a", sha256="0", source="s"
        )
        record = records.create(
            "escalation_coordination.root_cause",
            {"title": "路灯移交不及时", "symptom": "天黑看不清路", "cause": "移交没有时限"},
            world.reform,
        )
        hook = webhooks.subscribe(world.admin, name="推送", url="http://127.0.0.1:9/")
        token, _ = auth.issue(world.firm1, "令牌")
        self.values: dict[str, Any] = {
            "number": case.number, "document_id": self.document.pk, "pk": self.document.pk,
            "task_id": Task.objects.filter(case=case, status="open").latest("id").pk,
            "scenario": "qifu_express", "form": "demand", "uscc": world.business.uscc, "code": "dept.commerce",
            "run_id": run.pk, "webhook_id": hook.pk, "token_id": token.pk, "root_id": root.pk,
            "visit_id": self.visit.pk, "activity_id": self.meeting.pk,
            "item_id": getattr(self.meeting.items.first(), "pk", 1),
            "promise_id": Promise.objects.filter(scenario="qifu_express").latest("id").pk,
            "category_id": Category.objects.filter(scenario="qifu_express").latest("id").pk,
            "procedure_id": Procedure.objects.filter(scenario="qifu_express").latest("id").pk,
            "stem": "root_cause", "record_id": record.pk,
            "year": 2023, "which": "open", "what": "cancel", "action": "urge", "name": "demand",
            "provider_id": "none", "key": "none", "uidb36": "1",
        }  # fmt: skip
        assert RootCause.objects.count() == Document.objects.count() == 1

    def _activity(self, kind: str, unit: str, lead: Any) -> Activity:
        w = self.world
        return activity_actions.plan(
            lead, scenario="escalation_coordination" if kind == "meeting" else "service_officer", kind=kind,
            title="活动", starts_at=timekeeping.now() + timedelta(days=1), unit=w.units[unit], lead=lead,
            business=w.business if kind == "visit" else None, cases=[self.case] if kind == "meeting" else [],
        )  # fmt: skip

    def path(self, route: Route) -> str:
        """The address with this scene's things in it."""

        def value(match: re.Match[str]) -> str:
            return str(words[match.group("name")])

        words = self.values | WORDS.get(route.pattern, {})

        path = re.sub(r"<(?:\w+:)?(?P<name>\w+)>", value, route.pattern)
        path = re.sub(r"\(\?P<(?P<name>\w+)>[^()]*\)", value, path).replace("^", "")
        return "/" + path


#: Posted to pages whose rights are only asked after their form; the other pages are posted empty.
PAGES: dict[str, dict[str, Any]] = {
    "desk/meetings/<int:activity_id>/<slug:what>/": {"reason": "改期"},
    "desk/meetings/<int:activity_id>/items/<int:item_id>/<slug:what>/": {"result": "已落实"},
    "desk/settings/categories/<int:category_id>/": {"name": "分类"},
}
#: Words of the address that only this address knows.
WORDS = {
    **{
        f"desk/records/<slug:scenario>/<slug:stem>/{end}": {"scenario": "escalation_coordination"}
        for end in ("", "export.csv", "new/", "<int:record_id>/")
    },
    "desk/meetings/<int:activity_id>/items/<int:item_id>/<slug:what>/": {"what": "carry"},
    # The demand has a page of its own; this one is for all other services.
    "portal/services/<slug:scenario>/<slug:name>/": {"scenario": "breakfast_meeting", "name": "signup"},
}


def body(route: Route, scene: Scene) -> dict[str, Any]:
    """A body that says enough to get past the form, so that the answer is about the person."""
    if not route.api:
        return PAGES.get(route.pattern, {})
    said: dict[str, Any] = {
        "lead": "dept.education", "to": "dept.education", "units": ["dept.education"], "people": ["officer2"],
        "reason": "理由", "note": "说明", "what": "材料", "text": "内容", "solved": True, "level": 5,
        "amount": 1, "into": scene.case.number, "nature": "common", "title": "一件事", "name": "名称",
        "url": "http://127.0.0.1:9/", "outcome": "contact", "result": "意见", "requested_by": "企业",
        "account": "6222020111112222333", "bank": "示例银行",
    }  # fmt: skip
    if route.pattern == "api/v1/claims":
        said |= {"clause": f"{scene.values['policy']}/C01", "business": scene.world.business.uscc}
    if route.pattern == "api/v1/batches":
        said |= {"unit": "dept.finance", **WORDS[route.pattern]}
    if route.pattern.startswith("api/v1/projects"):
        kind = "meeting" if route.pattern.endswith("/call_together") else "paper_0"
        said |= {"kind": kind, "document": "paper_0", "code": "item_0", "starts_at": "2033-01-04T09:00:00+08:00",
                 "day": "2033-01-04", **WORDS.get(route.pattern, {})}  # fmt: skip
    return {k: v for k, v in said.items() if k in _fields(route)}


def _fields(route: Route) -> set[str]:
    """The names that the operation's JSON body knows."""
    held = [cell.cell_contents for cell in getattr(route.view, "__closure__", None) or ()]
    operations = next((c.operations for c in held if hasattr(c, "operations")), [])
    names: set[str] = set()
    for operation in operations:
        for model in operation.models:
            for field in model.model_fields.values():
                for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
                    names |= set(getattr(kind, "model_fields", None) or {})
    return names


class _Undo(Exception):
    pass


def ask(scene: Scene, client: Client, method: str, route: Route) -> int:
    """The status of one request, whose effects are undone. A redirect to the sign-in page counts as 401."""
    path, said = scene.path(route), body(route, scene)
    status = 0
    try:
        with transaction.atomic():
            if method == "GET":
                query = {"year": 2023} if path.endswith("/calendar") else {}
                query |= (
                    {"start": datetime.now(timekeeping.SHANGHAI).isoformat(), "amount": 1}
                    if path.endswith("/due")
                    else {}
                )
                answer = client.get(path, query)
            elif method == "DELETE":
                answer = client.delete(path)
            elif route.api and path.endswith(("/documents", "/imports", "/returns")):
                answer = client.post(path, {"file": SimpleUploadedFile("a.txt", b"text"), "kind": "paper_0"})
            else:
                answer = (
                    client.post(path, said, content_type="application/json") if route.api else client.post(path, said)
                )
            status = answer.status_code
            if status in (301, 302, 303) and "/accounts/login" in answer["Location"]:
                status = 401
            close(answer)
            raise _Undo
    except _Undo:
        pass
    return status


def close(answer: Any) -> None:
    """Close a streamed answer's file, without closing the test's connection as the end of a request would."""
    request_finished.disconnect(close_old_connections)
    try:
        answer.close()
    finally:
        request_finished.connect(close_old_connections)


def allowed(status: int) -> bool:
    """Whether an answer means "you may": whatever it says of the form or the moment, but neither of these three."""
    return status not in (401, 403, 404)
