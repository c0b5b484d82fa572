"""The enterprise's pages: what needs me now, asking for help, my cases."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases import actions, catalog, clocks, documents, promises, timeline, workflow
from yingshang.cases.errors import ActionError, Conflict, NotAllowed
from yingshang.cases.models import ENDED, Case, Category, Promise, Rating, Status, Task
from yingshang.exchange import paging
from yingshang.policies import bounces
from yingshang.policies.models import Claim
from yingshang.registry.models import Business, ServiceAssignment
from yingshang.web.views.case_parts import visible_case
from yingshang.web.views.desk_support import key_of, number_of, typed, written
from yingshang.web.views.portal_recent import of_items, recent

SCENARIO, SERVICE = "qifu_express", "demand"
PAGE = 20
MOST_FILES = 5


def enterprise(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Signed-in enterprise handlers only."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_official:  # type: ignore[union-attr]
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def businesses_of(person: Person) -> list[Business]:
    ids = [int(p[1:]) for p in scope_of(person).principals if p.startswith("b")]
    return list(Business.objects.filter(pk__in=ids).select_related("street", "platform").order_by("name_key"))


def mine(person: Person) -> Any:
    """Cases of the person's businesses, and those they submitted for themselves."""
    ids = [int(p[1:]) for p in scope_of(person).principals if p.startswith("b")]
    return Case.objects.filter(
        Q(business_id__in=ids) | Q(submitter_id=person.pk, business__isnull=True)
    ).select_related("business", "category", "lead_unit", "handler")


def to_rate() -> Q:
    """The closed cases that the enterprise is asked to rate: a project once, not each of its items by itself.

    On the page of an item it may be rated all the same.
    """
    return Q(status=Status.CLOSED, rating__isnull=True) & ~of_items()


@enterprise
def home(request: HttpRequest) -> HttpResponse:
    """What needs me now, then how my cases are, then who my service officer is."""
    person: Person = request.user  # type: ignore[assignment]
    firms = businesses_of(person)
    ids = [b.pk for b in firms]
    waiting = list(
        Task.objects.filter(Q(business_id__in=ids) | Q(person_id=person.pk), status=Task.State.OPEN)
        .select_related("case", "case__lead_unit")
        .order_by("opened_at")[:10]
    )
    bounced = list(
        bounces.waiting(Claim.objects.visible_to(person)).select_related("clause").defer("trace", "facts")[:10]
    )
    counts = mine(person).aggregate(
        open=Count("pk", filter=~Q(status__in=ENDED)),
        unrated=Count("pk", filter=to_rate()),
    )
    running = list(mine(person).exclude(status__in=ENDED).order_by("-id")[:8])
    officers = list(
        ServiceAssignment.objects.filter(business_id__in=ids, until__isnull=True).select_related(
            "officer", "unit", "business"
        )[:5]
    )
    context = {
        "firms": firms,
        "waiting": waiting,
        "bounced": bounced,
        "waits": len(waiting) + len(bounced),
        "counts": counts,
        "running": running,
        "recent": recent(mine(person), ids),
        "officers": officers,
        "contact": promises.in_force(SCENARIO, clocks.FIRST_CONTACT, None),
    }
    return render(request, "web/portal/home.html", context)


@enterprise
def cases(request: HttpRequest) -> HttpResponse:
    """My cases, newest first, in pages by key; searched by title or number."""
    person: Person = request.user  # type: ignore[assignment]
    rows = mine(person).order_by("-id")
    state, words = request.GET.get("state", ""), typed(request.GET, "q").strip()
    if state == "open":
        rows = rows.exclude(status__in=ENDED)
    elif state == "ended":
        rows = rows.filter(status__in=ENDED)
    elif state == "unrated":
        rows = rows.filter(to_rate())
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(number__iexact=words))
    if after := request.GET.get("after"):
        try:
            rows = rows.filter(pk__lt=paging.decode(after, int)[0])
        except ActionError:
            return redirect("web:portal_cases")
    found = list(rows[: PAGE + 1])
    following = paging.encode(found[PAGE - 1].pk) if len(found) > PAGE else ""
    return render(
        request,
        "web/portal/cases.html",
        {"rows": found[:PAGE], "next": following, "state": state, "q": words},
    )


# --- asking -----------------------------------------------------------------------------------------------------------


def suggest_category(text: str, categories: list[Category]) -> Category | None:
    """The category whose everyday words occur most often in what was typed; None when none does."""
    scored = [(sum(text.count(w) for w in c.words), -i, c) for i, c in enumerate(categories)]
    best = max(scored, key=lambda s: s[:2], default=None)
    return best[2] if best and best[0] else None


def _categories() -> list[Category]:
    return list(Category.objects.filter(scenario=SCENARIO, active=True))


def _promises(category_id: int | None) -> list[Promise]:
    found = [promises.in_force(SCENARIO, code, category_id) for code in (clocks.FIRST_CONTACT, clocks.RESOLVE)]
    return [p for p in found if p]


@enterprise
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for help: one sentence is enough, the rest is optional; the promise is shown before sending."""
    person: Person = request.user  # type: ignore[assignment]
    firms = businesses_of(person)
    categories = _categories()
    if request.method == "POST":
        return _send(request, person, firms, categories)
    given = {"key": uuid.uuid4().hex, "title": request.GET.get("title", "")[:120]}
    return _ask_page(request, firms, categories, given, {}, 200)


def _ask_page(
    request: HttpRequest, firms: list[Business], categories: list[Category], given: Any, errors: Any, status: int
) -> HttpResponse:
    chosen = next((c for c in categories if c.code == given.get("category")), None)
    said = f"{given.get('title', '')} {given.get('text', '')}"
    suggested = None if chosen else suggest_category(said, categories)
    told = chosen or suggested
    context = {
        "firms": firms,
        "categories": categories,
        "given": given,
        "errors": errors,
        "chosen": chosen,
        "suggested": suggested,
        "promises": _promises(told.pk if told else None),
        "most_files": MOST_FILES,
        "megabytes": settings.UPLOAD_MAX_BYTES // 1024**2,
    }
    return render(request, "web/portal/ask.html", context, status=status)


def _send(request: HttpRequest, person: Person, firms: list[Business], categories: list[Category]) -> HttpResponse:
    given = written(request)
    firm = next((b for b in firms if str(b.pk) == given.get("business")), firms[0] if len(firms) == 1 else None)
    files = request.FILES.getlist("files")
    try:
        if len(files) > MOST_FILES:
            raise Conflict(_("一次最多上传 %(n)d 个文件,其余可在办件页补传。") % {"n": MOST_FILES})
        case = actions.open_case(
            person,
            scenario=SCENARIO,
            service=SERVICE,
            title=given.get("title", ""),
            text=given.get("text", ""),
            category=given.get("category", ""),
            business=firm,
            contact_name=given.get("contact_name", ""),
            contact_phone=given.get("contact_phone", ""),
            key=key_of(request, "ask", SERVICE),
        )
    except ActionError as error:
        fields = error.details.get("fields") or {"_": error.message}
        return _ask_page(request, firms, categories, given, fields, 422)
    for file in files:
        try:
            documents.attach(case, person, name=file.name or "file", stream=file.file)
        except ActionError as error:
            messages.warning(request, f"{file.name}:{error.message}")
    messages.success(request, _("已收到,编号 %(n)s。我们会在承诺时间内联系您。") % {"n": case.number})
    return redirect("web:portal_case", number=case.number)


@enterprise
def suggestion(request: HttpRequest) -> HttpResponse:
    """While typing: the category that fits the words, and what is promised for it."""
    categories = _categories()
    text = f"{request.GET.get('title', '')} {request.GET.get('text', '')}"[:4000]
    chosen = next((c for c in categories if c.code == request.GET.get("category")), None)
    found = chosen or suggest_category(text, categories)
    return render(
        request,
        "web/portal/_suggestion.html",
        {"suggested": None if chosen else found, "chosen": chosen, "promises": _promises(found.pk if found else None)},
    )


# --- one case ---------------------------------------------------------------------------------------------------------


def _asked(case: Case) -> bool:
    """Whether somebody asked for it, and is called first and asked last; of a claim or a correction nobody is."""
    service = catalog.get(case.scenario).services.get(case.service)
    return service is None or bool(service.start_by)


def _headline(case: Case) -> str:
    """Where the matter stands, as one would tell it on the phone."""
    who = case.lead_unit.label if case.lead_unit else ""
    match case.status:
        case Status.POOL:
            return _("已收到,正在确定由哪个单位办理。")
        case Status.ASSIGNED:
            return _("已派给%(u)s,等待签收。") % {"u": who}
        case Status.HANDLING:
            if case.first_contact_at is None and _asked(case):
                return _("%(u)s已签收,马上联系您。") % {"u": who}
            return _("%(u)s正在办理。") % {"u": who}
        case Status.SUPPLEMENT:
            return _("需要您补充材料,补齐后继续办理,等待期间不计时。")
        case Status.ANSWERED:
            return _("%(u)s已答复,请您确认问题是否解决。") % {"u": who}
        case Status.CLOSED:
            if case.solved is None and not _asked(case):
                return _("已办结。")
            return _("已办结,问题已解决。") if case.solved else _("已办结,尚未确认解决。")
        case Status.MERGED:
            target = case.merged_into.number if case.merged_into else ""
            return _("与 %(n)s 是同一件事,已合并办理。") % {"n": target}
    return _("已撤回。")


def _case_page(
    request: HttpRequest, case: Case, *, error: ActionError | None = None, tried: str = "", status: int = 200
) -> HttpResponse:
    person: Person = request.user  # type: ignore[assignment]
    offered = set(workflow.offered(case, person))
    run = case.process.run
    context = {
        "case": case,
        "headline": _headline(case),
        "offered": offered,
        "entries": timeline.of(case, official=False),
        "clocks": list(case.clocks.prefetch_related("entries").order_by("id")),
        "documents": list(case.documents.filter(public=True)),
        "supplement": Task.objects.filter(case=case, kind=Task.Kind.SUPPLEMENT, status=Task.State.OPEN).first(),
        "rated": Rating.objects.filter(case=case, run=run).first(),
        "levels": Rating.Level.choices,
        "key": uuid.uuid4().hex,
        "error": error,
        "tried": tried,
        "given": written(request) if error else {},
        "most_files": MOST_FILES,
        "megabytes": settings.UPLOAD_MAX_BYTES // 1024**2,
    }
    return render(request, "web/portal/case.html", context, status=status)


@enterprise
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case: where it stands, what I can do now, its way, its promises, its story."""
    return _case_page(request, visible_case(request, number))


Files = list[UploadedFile]


def _upload(case: Case, person: Person, files: Files) -> None:
    for file in files:
        documents.attach(case, person, name=file.name or "file", stream=file.file)


Act = Callable[[Case, Person, Any, Files, str | None], Any]
_ACTIONS: dict[str, tuple[Act, str]] = {
    "confirm": (
        lambda c, p, given, files, k: actions.confirm(
            c, p, solved=given.get("solved") == "yes", comment=given.get("comment", ""), key=k
        ),
        "谢谢确认。",
    ),
    "rate": (
        lambda c, p, given, files, k: actions.rate(
            c,
            p,
            level=number_of(given.get("level", "")),
            comment=given.get("comment", ""),
            key=k,
        ),
        "谢谢评价。",
    ),
    "supplement": (
        lambda c, p, given, files, k: (
            _upload(c, p, files),
            actions.supplement(c, p, text=given.get("text", ""), key=k),
        ),
        "材料已收到,继续办理。",
    ),
    "message": (lambda c, p, given, files, k: actions.message(c, p, text=given.get("text", ""), key=k), "留言已发出。"),
    "document": (lambda c, p, given, files, k: _upload(c, p, files), "文件已上传。"),
    "urge": (lambda c, p, given, files, k: actions.urge(c, p, note=given.get("note", ""), key=k), "已催办。"),
    "escalate": (
        lambda c, p, given, files, k: actions.escalate(c, p, reason=given.get("reason", ""), key=k),
        "已提请上一级协调。",
    ),
    "reopen": (
        lambda c, p, given, files, k: actions.reopen(c, p, reason=given.get("reason", ""), key=k),
        "已重新办理。",
    ),
    "withdraw": (
        lambda c, p, given, files, k: actions.withdraw(c, p, reason=given.get("reason", ""), key=k),
        "已撤回。",
    ),
}


@enterprise
@require_POST
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Do one thing to a case; refused, the page comes back with what was typed and a sentence why."""
    person: Person = request.user  # type: ignore[assignment]
    found = visible_case(request, number)
    run, done = _ACTIONS[action]
    try:
        run(found, person, written(request), request.FILES.getlist("files"), key_of(request, action, found.pk))
    except ActionError as error:
        status = 403 if isinstance(error, NotAllowed) else 409 if isinstance(error, Conflict) else 422
        return _case_page(request, visible_case(request, number), error=error, tried=action, status=status)
    messages.success(request, _(done))
    return redirect("web:portal_case", number=number)
