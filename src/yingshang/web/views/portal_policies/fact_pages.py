"""我的信息: everything that is known and not known of a business; telling a fact, and asking for one to be corrected."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yingshang.accounts.models import Unit
from yingshang.cases.errors import ActionError
from yingshang.policies.actions import correcting
from yingshang.policies.verdicts import verdicts_for
from yingshang.registry.models import Business
from yingshang.rules.known import Known, facts_of
from yingshang.rules.vocabulary import Entry
from yingshang.web.views import desk_fields
from yingshang.web.views.portal import enterprise
from yingshang.web.views.portal_policies import facts as telling
from yingshang.web.views.portal_policies.common import fields_of, firm_of, firms_of, key_of, person_of, status_of
from yingshang.web.views.portal_policies.fields import PREFIX, FactsForm


@enterprise
@require_GET
def facts(request: HttpRequest) -> HttpResponse:
    """What the district knows and does not know, each with its source and a way to mend it."""
    firms, firm = firms_of(request)
    verdicts = verdicts_for(firm) if firm else []
    many = len(firms) > 1
    context = {
        "firms": firms,
        "firm": firm,
        "unknown": telling.unknown_of(verdicts, firm, many) if firm else [],
        "known": telling.known_of(verdicts, firm, many) if firm else [],
    }
    return render(request, "web/portal/policies/facts.html", context)


class CorrectionForm(FactsForm):
    """The right value, and why; what it shows may be attached to the case afterwards."""

    def __init__(self, names: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(names, *args, **kwargs)
        self.fields["reason"] = desk_fields.words(
            _("依据和说明"), help_text=_("例如:已在 3 月变更登记,登记通知书编号……"), most=500
        )
        self.dress()


@enterprise
def fact(request: HttpRequest, name: str) -> HttpResponse:
    """Tell one fact, where the enterprise is the one who knows; else ask the unit in charge to check it."""
    firms, firm = firm_of(request)
    try:
        entry = correcting.entry_named(name)
    except ActionError:
        raise Http404 from None
    held = facts_of(firm).get(name)
    own = correcting.is_own(entry, held)
    posted = request.method == "POST"
    initial = {f"{PREFIX}{name}": _initial(entry, held)} if held else {}
    form = (FactsForm if own else CorrectionForm)([name], request.POST if posted else None, initial=initial)
    error, status = "", 200
    if posted:
        error, status = _("有几处需要修改,见下面红字。"), 422
    if posted and form.is_valid():
        try:
            return _told(request, firm, name, own, form)
        except ActionError as refused:
            for field, said in fields_of(refused).items():
                form.add_error(f"{PREFIX}{field}" if f"{PREFIX}{field}" in form.fields else None, said)
            error, status = refused.message, status_of(refused)
    context = {
        "firms": firms,
        "firm": firm,
        "fact": telling.row_of(name, held, firm, len(firms) > 1),
        "own": own,
        "unit": _unit(entry),
        "form": form,
        "key": request.POST.get("key") or uuid.uuid4().hex,
        "error": error,
    }
    return render(request, "web/portal/policies/fact.html", context, status=status)


def _initial(entry: Entry, held: Known) -> Any:
    """What is held, as the form's field shows it."""
    return str(held.value).lower() if entry.type == "boolean" else held.value


def _unit(entry: Entry) -> str:
    """Who is asked to correct it: the unit that the vocabulary names, else the district."""
    found = Unit.objects.filter(code=entry.source_unit).first() if entry.source_unit else None
    return str(found) if found else _("登记单位")


def _told(request: HttpRequest, firm: Business, name: str, own: bool, form: FactsForm) -> HttpResponse:
    value = form.told()[name]
    person = person_of(request)
    many = f"?firm={firm.uscc}" if request.POST.get("firm") else ""
    if own:
        correcting.tell_fact(person, firm, name, value)
        messages.success(request, _("已记下,政策马上按它重新判断。"))
        return redirect(f"{reverse('web:portal_policies')}{many}")
    case = correcting.request_correction(
        person, firm, name, value, reason=form.cleaned_data["reason"], key=key_of(request, "fact")
    )
    messages.success(request, _("已转去核实,编号 %(n)s。核实后政策自动重新判断。") % {"n": case.number})
    return redirect("web:portal_case", number=case.number)
