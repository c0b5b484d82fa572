"""The check while somebody types: the posted model's findings as a list whose entries name rules and column."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.rules.checking import Finding, check
from yingshang.rules.models import RuleModel
from yingshang.web.views.desk_policies.common import CLERKS, language
from yingshang.web.views.desk_support import official, scope

#: Bytes of a model that are checked while somebody types; a clause has some ten thousand.
MOST = 1_000_000
_ICONS = {"error": "alert-triangle", "open": "pencil", "warning": "alert-triangle", "info": "info-circle"}


@require_POST
@official
def live(request: HttpRequest) -> HttpResponse:
    """Findings of the model in the body (DMN XML); ``subject`` and ``decision`` are of the clause's rule."""
    if not scope(request).has(*CLERKS):
        raise PermissionDenied
    subject = request.GET.get("subject", RuleModel.Subject.BUSINESS)
    if len(request.body) > MOST:
        return HttpResponse(_("这张表太大,无法边改边查。"), status=413)
    found = check(request.body, request.GET.get("decision", "结果"), subject=subject)
    return render(request, "web/desk/policies/_findings.html", told(found))


def told(found: list[Finding]) -> dict[str, Any]:
    """Findings as the template shows them, errors first."""
    order = list(_ICONS)
    rows = sorted(found, key=lambda f: order.index(f.severity))
    return {
        "findings": [_row(f) for f in rows],
        "errors": sum(f.severity == "error" for f in found),
        "open": sum(f.severity == "open" for f in found),
    }


def _row(finding: Finding) -> dict[str, Any]:
    words = {"error": _("错误"), "open": _("待填"), "warning": _("注意"), "info": _("说明")}
    return {
        "text": finding.as_text(language()),
        "table": finding.table,
        "rules": ",".join(map(str, finding.rules)),
        "column": finding.input,
        "severity": finding.severity,
        "icon": _ICONS[finding.severity],
        "word": words[finding.severity],
    }
