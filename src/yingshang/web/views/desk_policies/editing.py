"""Changing a policy or a clause that is written: a draft in place, what is published by an edition with its first day."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L
from django.views.decorators.http import require_POST

from yingshang import timekeeping
from yingshang.cases.errors import ActionError
from yingshang.policies import actions, editions
from yingshang.policies.models import Clause, ClauseEdition, Policy
from yingshang.web.views.desk_policies.common import clause_of, need_clerk, works_for
from yingshang.web.views.desk_policies.writing import ClauseForm, PolicyForm
from yingshang.web.views.desk_support import official, person_of, scope, tell, typed

#: Of a published policy these stay: what was published is what people rely on.
FIXED = ("text", "doc_number", "issued")
_DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class ReviseForm(ClauseForm):
    """A clause as it is to read from a day on; who is in charge of it stays."""

    valid_from = forms.DateField(
        label=L("从哪天起这样写"), help_text=L("最早今天;以前的日期、已经提交的申报仍按原来的"), **_DAY
    )
    reason = forms.CharField(label=L("为什么改"), max_length=300, help_text=L("依据的文件名称和文号,或写明原因"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["owner_unit"]
        self.order_fields(["valid_from", "reason"])
        self.dress()

    def fields_of_clause(self) -> dict[str, Any]:
        """What :func:`yingshang.policies.actions.revise_clause` takes."""
        return {k: v for k, v in super().fields_of_clause().items() if k not in ("valid_from", "reason")}


@official
def policy_edit(request: HttpRequest, policy: str) -> HttpResponse:
    """Change a policy's document; of a published one the text and the number stay."""
    held = get_object_or_404(Policy.objects.select_related("issuer_unit"), code=policy)
    if not works_for(scope(request), held.issuer_unit_id):
        raise PermissionDenied
    fixed = FIXED if held.state != Policy.State.DRAFT else ()
    form, status = _policy_form(request, held, fixed), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = {name: value for name, value in form.cleaned_data.items() if name not in fixed}
            issuer = given["issuer_unit"]
            try:
                actions.save_policy(
                    person_of(request), held.code, issuer=issuer.name, issuer_en=issuer.name_en, **given
                )
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("已保存。"))
                return redirect("desk:policy", held.code)
    context = {"form": form, "policy": held, "fixed": bool(fixed), "tab": "policies"}
    return render(request, "web/desk/policies/policy_edit.html", context, status=status)


def _policy_form(request: HttpRequest, held: Policy, fixed: tuple[str, ...]) -> PolicyForm:
    initial = {name: getattr(held, name) for name in PolicyForm.base_fields if name != "issuer_unit"}
    initial["issuer_unit"] = held.issuer_unit.name if held.issuer_unit else ""
    form = PolicyForm(request.POST or None, initial=initial)
    for name in fixed:
        form.fields[name].disabled = True
    return form


@official
def clause_edit(request: HttpRequest, policy: str, code: str) -> HttpResponse:
    """Change a clause: a draft as often as one likes, a published one from a day on."""
    clause = clause_of(policy, code)
    need_clerk(request, clause)
    if clause.state == Clause.State.WITHDRAWN:
        raise Http404
    published = clause.state == Clause.State.PUBLISHED
    form, status = _clause_form(request, clause, published), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(request, clause, form, published)
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("修订已记下,从写明的那天起生效。") if published else _("已保存。"))
                return redirect("desk:policy_clause", policy, code)
    context = {
        "form": form,
        "policy": clause.policy,
        "clause": clause,
        "published": published,
        "editions": clause.editions.select_related("by", "dropped_by"),
        "tab": "policies",
    }
    return render(request, "web/desk/policies/clause_edit.html", context, status=status)


def _clause_form(request: HttpRequest, clause: Clause, published: bool) -> ClauseForm:
    last = clause.editions.kept().order_by("-number").first() if published else None
    if last is not None:
        editions.apply(clause, last.told)  # what is to come is what is changed further
    initial: dict[str, Any] = {name: getattr(clause, name) for name in ClauseForm.base_fields if hasattr(clause, name)}
    initial |= {
        "owner_unit": clause.owner_unit.name,
        "finance_unit": clause.finance_unit.name if clause.finance_unit else "",
        "everyday": " ".join(clause.words),
        "valid_from": timekeeping.now().date(),
    }
    return (ReviseForm if published else ClauseForm)(request.POST or None, initial=initial)


def _save(request: HttpRequest, clause: Clause, form: ClauseForm, published: bool) -> None:
    """Raises:
    ActionError: see :func:`yingshang.policies.actions.revise_clause` and ``save_clause``.
    """
    fresh = clause_of(clause.policy.code, clause.code)
    given = form.fields_of_clause()
    if not published:
        actions.save_clause(person_of(request), fresh.policy, fresh.code, **given)
        return
    d = form.cleaned_data
    actions.revise_clause(person_of(request), fresh, valid_from=d["valid_from"], reason=d["reason"], **given)


@require_POST
@official
def edition_drop(request: HttpRequest, policy: str, code: str, number: int) -> HttpResponse:
    """Take back a revision before its first day."""
    clause = clause_of(policy, code)
    need_clerk(request, clause)
    edition = get_object_or_404(ClauseEdition, clause=clause, number=number)
    try:
        actions.drop_edition(edition, person_of(request), reason=typed(request.POST, "reason"))
    except ActionError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("这次修订已撤销,条款照旧。"))
    return redirect("desk:policy_clause_edit", policy, code)
