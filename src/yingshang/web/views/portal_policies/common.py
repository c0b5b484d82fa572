"""What the policies' pages share: which business is meant, which clause, and answers to refused actions."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from yingshang.accounts.models import Person
from yingshang.cases.errors import ActionError, Conflict, NotAllowed
from yingshang.policies.models import Clause
from yingshang.registry.models import Business
from yingshang.web.views import desk_support
from yingshang.web.views.desk_support import typed
from yingshang.web.views.portal import businesses_of


def person_of(request: HttpRequest) -> Person:
    """The signed-in person."""
    person: Person = request.user  # type: ignore[assignment]
    return person


def firms_of(request: HttpRequest) -> tuple[list[Business], Business | None]:
    """The person's businesses, and the one that is meant: named by ``firm`` (its credit code), else the first.

    Raises:
        Http404: one is named that the person does not act for.
    """
    firms = businesses_of(person_of(request))
    named = typed(request.POST, "firm") or typed(request.GET, "firm")
    if not named:
        return firms, firms[0] if firms else None
    for firm in firms:
        if firm.uscc == named:
            return firms, firm
    raise Http404


def firm_of(request: HttpRequest) -> tuple[list[Business], Business]:
    """As :func:`firms_of`, for pages that make no sense without a business.

    Raises:
        Http404: the person acts for none.
    """
    firms, firm = firms_of(request)
    if firm is None:
        raise Http404
    return firms, firm


def clause_of(policy: str, code: str) -> Clause:
    """A clause that was published, by the codes of its address.

    Raises:
        Http404: there is none.
    """
    rows = Clause.objects.published().select_related("policy", "owner_unit", "finance_unit", "rule")
    return get_object_or_404(rows, policy__code=policy, code=code)


def status_of(error: ActionError) -> int:
    """The HTTP status of a refusal."""
    return 403 if isinstance(error, NotAllowed) else 409 if isinstance(error, Conflict) else 422


def key_of(request: HttpRequest, action: str) -> str | None:
    """The idempotency key of a form that was sent."""
    return desk_support.key_of(request, action, "")


def fields_of(error: ActionError) -> dict[str, str]:
    """What a refusal says of single fields."""
    found: Any = error.details.get("fields") or {}
    return {str(k): str(v) for k, v in found.items()}
