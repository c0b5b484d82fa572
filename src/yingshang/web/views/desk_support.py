"""What the desk's pages share: who may come in, the key of a request, errors into forms, pages of a list by key."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from yingshang import timekeeping
from yingshang.accounts.access import Scope, scope_of
from yingshang.accounts.models import Person
from yingshang.cases.errors import ActionError, Conflict, Invalid, NotAllowed
from yingshang.cases.models import Status
from yingshang.exchange import paging

View = Callable[..., HttpResponse]

#: Rows of a page of a list: what fits on two screens of an office PC.
PAGE = 30
#: Nobody needs to know whether 1,000 or 80,000 things wait; counting the difference on every page would cost seconds.
CAP = 999
#: Statuses in which the district has the word; while the enterprise has it, nothing is overdue.
OURS = (Status.POOL, Status.ASSIGNED, Status.HANDLING)


def official(view: View) -> View:
    """Signed-in officials only; an enterprise's handler is refused."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not person_of(request).is_official:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def requires(*roles: str) -> Callable[[View], View]:
    """Officials who hold one of these roles."""

    def decorate(view: View) -> View:
        @wraps(view)
        @official
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not scope(request).has(*roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def person_of(request: HttpRequest) -> Person:
    person = request.user
    assert isinstance(person, Person) or hasattr(person, "is_official")
    return person  # type: ignore[return-value]


def scope(request: HttpRequest) -> Scope:
    return scope_of(person_of(request))


# --- one request, one effect -------------------------------------------------------------------------------------------


def new_key() -> str:
    """The hidden field of a form: pressing the button twice does the thing once."""
    return uuid.uuid4().hex


def key_of(request: HttpRequest, action: str, subject: object) -> str | None:
    """The posted key as a key of this person, this action and this subject; None when the form had none."""
    given = request.POST.get("key", "").strip()
    if not given:
        return None
    scoped = hashlib.sha256(f"{action}\n{subject}\n{given}".encode()).hexdigest()
    return f"p{person_of(request).pk}:{scoped[:48]}"


def status_of(error: ActionError) -> int:
    """HTTP status of a refused action."""
    if isinstance(error, NotAllowed):
        return 403
    return 409 if isinstance(error, Conflict) else 422


def tell(form: forms.Form, error: ActionError) -> int:
    """Write an action's error into the form it came from, field by field where known; return the HTTP status."""
    fields = error.details.get("fields")
    placed = False
    if isinstance(error, Invalid) and isinstance(fields, Mapping):
        for name, message in fields.items():
            if name in form.fields:
                form.add_error(name, str(message))
                placed = True
    if not placed or not isinstance(error, Invalid):
        form.add_error(None, error.message)
    return status_of(error)


# --- pages by key --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and the cursor of the next page (empty on the last)."""

    rows: list[Any]
    next: str = ""

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __bool__(self) -> bool:
        return bool(self.rows)


def cursor(request: HttpRequest, *kinds: type) -> list[Any] | None:
    """The position asked for; a broken one means the first page."""
    given = request.GET.get("after", "")
    if not given:
        return None
    try:
        return paging.decode(given, *kinds)
    except Invalid:
        return None


def newest_first(rows: QuerySet[Any], request: HttpRequest, size: int = PAGE) -> Page:
    """A page in falling order of id."""
    if at := cursor(request, int):
        rows = rows.filter(pk__lt=at[0])
    found = list(rows.order_by("-pk")[: size + 1])
    return Page(found[:size], paging.encode(found[size - 1].pk) if len(found) > size else "")


def by_deadline(
    branches: Sequence[QuerySet[Any]], after: Sequence[Any] | None = None, size: int = PAGE
) -> tuple[list[int], str]:
    """Ids in order of ``due_at`` (none last) and id out of several disjoint branches, and the next cursor.

    Each branch is an index range of its own, read no further than the page is long; an ``OR`` over them would make
    PostgreSQL fetch and sort everything that is open.
    """
    parts: list[QuerySet[Any]] = []
    for branch in branches:
        parts += _dated(branch, after, size)
    if not parts:
        return [], ""
    first, *rest = parts
    joined = first.union(*rest, all=True) if rest else first
    # A deadline and None never meet in one comparison: the flag before them decides.
    found = sorted(joined, key=lambda r: (r[1] is None, r[1] or 0, r[0]))
    more = len(found) > size
    found = found[:size]
    return [pk for pk, _ in found], (paging.encode(found[-1][1], found[-1][0]) if more else "")


def _dated(branch: QuerySet[Any], after: Sequence[Any] | None, size: int) -> list[QuerySet[Any]]:
    dated, undated = branch.filter(due_at__isnull=False), branch.filter(due_at__isnull=True)
    if after:
        due, pk = after
        if due is None:
            dated, undated = dated.none(), undated.filter(pk__gt=pk)
        else:
            dated = dated.filter(due_at__gte=due).exclude(due_at=due, pk__lte=pk)
    parts = [] if after and after[0] is None else [dated.order_by("due_at", "pk")]
    parts.append(undated.order_by("pk"))
    return [p.values_list("pk", "due_at")[: size + 1] for p in parts]


def in_order(rows: QuerySet[Any], ids: Iterable[int]) -> list[Any]:
    """The rows of these ids, in this order."""
    wanted = list(ids)
    held = {r.pk: r for r in rows.filter(pk__in=wanted)}
    return [held[i] for i in wanted if i in held]


def capped(rows: QuerySet[Any], cap: int = CAP) -> int:
    """Count no further than ``cap`` + 1."""
    return rows.order_by()[: cap + 1].count()


def typed(given: QueryDict, name: str) -> str:
    """What was typed into a field that no form reads, without what the database cannot hold."""
    return str(given.get(name, "")).replace("\0", "")


def written(request: HttpRequest) -> QueryDict:
    """What was written into a page's own form, field by field without what the database cannot hold."""
    found = request.POST.copy()
    for name, values in list(found.lists()):
        found.setlist(name, [str(v).replace("\0", "") for v in values])
    return found


def number_of(text: str) -> int:
    """A number of a row or a year that a page sent; 0, which none has, for anything else, made-up giants included."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def others(request: HttpRequest, *without: str) -> str:
    """The query string without some parameters, for links that change one of them."""
    query = request.GET.copy()
    for name in without:
        query.pop(name, None)
    return query.urlencode()


def day_end(now: datetime | None = None) -> datetime:
    """Midnight after today, in Shanghai."""
    at = (now or timekeeping.now()).astimezone(timekeeping.SHANGHAI)
    return at.replace(hour=23, minute=59, second=59, microsecond=999999)


def either(*conditions: Q) -> Q:
    joined = Q()
    for condition in conditions:
        joined |= condition
    return joined


def overdue(now: datetime | None = None) -> Q:
    """The one meaning of "overdue" on every page: past its time, and the word is with the district."""
    return Q(status__in=OURS, due_at__lt=now or timekeeping.now())
