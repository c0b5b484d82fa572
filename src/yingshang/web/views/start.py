"""The front door: everyone is led to the page they work on."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Role


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Enterprises to the portal, leaders and the reform office to the cockpit, officials to their desk."""
    person = request.user
    if not person.is_official:  # type: ignore[union-attr]
        return redirect("web:portal_home")
    if scope_of(person).has(Role.DISTRICT_LEADER):  # type: ignore[arg-type]
        return redirect("cockpit:board")
    return redirect("desk:home")
