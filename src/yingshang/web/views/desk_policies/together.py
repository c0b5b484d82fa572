"""How a policy's clauses go together: which exclude each other, which may be had at once, what they come to at most."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang.cases.errors import ActionError
from yingshang.policies import actions
from yingshang.policies.models import Clause, Combination, Policy
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.desk_policies.common import works_for
from yingshang.web.views.desk_support import official, person_of, scope, tell, typed

#: Clauses of one combination that the form has room for.
MOST = 5
#: Over what a sum is added up, in the words of a cap.
SPANS = {
    Clause.Period.YEARLY: L("每年"),
    Clause.Period.MONTHLY: L("每月"),
    Clause.Period.ONCE: L("累计"),
    Clause.Period.NONE: L("不分期"),
}


class TogetherForm(DeskForm):
    kind = forms.ChoiceField(
        label=L("怎么办"),
        choices=[
            (Combination.Kind.EXCLUSIVE, L("只能享受一条,取金额高的")),
            (Combination.Kind.PRIORITY, L("只能享受一条,按下面的先后")),
            (Combination.Kind.STACKABLE, L("可以同时享受")),
            (Combination.Kind.CAP, L("合计不超过一个数")),
        ],
        widget=forms.RadioSelect,
    )
    amount = forms.DecimalField(
        label=L("合计最高(元)"),
        required=False,
        min_value=0,
        max_digits=16,
        decimal_places=2,
        help_text=L("只有合计封顶才填"),
    )
    per = forms.ChoiceField(label=L("按谁合计"), choices=Combination.Per.choices, initial=Combination.Per.BUSINESS)
    period = forms.ChoiceField(label=L("按什么期限"), choices=Clause.Period.choices, initial=Clause.Period.YEARLY)
    source = forms.CharField(label=L("依据"), max_length=200, help_text=L("写在哪份文件哪一条;本区自定的也请写明"))

    def __init__(self, clauses: list[Clause], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clauses = {c.pk: c for c in clauses}
        choices = [("", "—"), *((c.pk, f"{c} · {c.policy}") for c in clauses)]
        for n in range(1, MOST + 1):
            self.fields[f"clause{n}"] = forms.TypedChoiceField(
                label=_("第 %(n)d 条") % {"n": n}, choices=choices, coerce=int, empty_value=None, required=False
            )
        self.dress()

    def chosen(self) -> list[Clause]:
        """The clauses in the order given."""
        picked = [self.cleaned_data.get(f"clause{n}") for n in range(1, MOST + 1)]
        return [self.clauses[pk] for pk in picked if pk]

    @property
    def cap(self) -> list[Any]:
        return [self[name] for name in ("amount", "per", "period")]

    @property
    def picks(self) -> list[Any]:
        return [self[f"clause{n}"] for n in range(1, MOST + 1)]


@official
def together(request: HttpRequest, policy: str) -> HttpResponse:
    """The combinations in which a clause of the policy takes part; its clerks write and change them."""
    held = get_object_or_404(Policy.objects.select_related("issuer_unit"), code=policy)
    rows = list(combinations_of(held))
    clauses = _mine(request, held)
    edited = _edited(request, rows)
    mine = {c.pk for c in clauses}
    if edited is not None and not _may(edited, mine):
        raise PermissionDenied
    form, status = None, 200
    if clauses:
        form = TogetherForm(clauses, request.POST or None, initial=_initial(edited))
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if edited is not None and "remove" in request.POST:
            return _remove(request, held, edited)
        status = 422
        if form.is_valid():
            try:
                _save(request, held, form, edited, rows)
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("已记下。企业页面和新的申报从现在起按它算。"))
                return redirect("desk:policy_together", policy)
    context = {
        "tab": "policies",
        "policy": held,
        "rows": [{"c": c, "may": _may(c, mine)} for c in rows],
        "form": form,
        "edited": edited,
    }
    return render(request, "web/desk/policies/together.html", context, status=status)


def combinations_of(held: Policy) -> QuerySet[Combination]:
    """Those that the policy's document states, and those of other documents that name one of its clauses."""
    of_clauses = Combination.objects.filter(members__clause__policy=held)
    found = (of_clauses | Combination.objects.filter(policy=held)).distinct()
    return found.prefetch_related("members__clause__policy").order_by("kind", "code")


def _may(held: Combination, mine: set[int]) -> bool:
    """Whether somebody writes for all of its clauses."""
    return {m.clause_id for m in held.members.all()} <= mine


def _mine(request: HttpRequest, held: Policy) -> list[Clause]:
    """The clauses that this person writes for, those of the policy first."""
    mine = scope(request)
    rows = Clause.objects.exclude(state=Clause.State.WITHDRAWN).select_related("policy", "owner_unit")
    own = [c for c in rows.order_by("policy__code", "order", "id") if works_for(mine, c.owner_unit_id)]
    if not any(c.policy_id == held.pk for c in own):
        return []
    return sorted(own, key=lambda c: c.policy_id != held.pk)


def _edited(request: HttpRequest, rows: list[Combination]) -> Combination | None:
    code = request.GET.get("edit", "")
    if not code:
        return None
    found = next((c for c in rows if c.code == code), None)
    if found is None:
        raise Http404
    return found


def _initial(edited: Combination | None) -> dict[str, Any]:
    if edited is None:
        return {"kind": Combination.Kind.EXCLUSIVE}
    picks = {f"clause{n}": m.clause_id for n, m in enumerate(edited.members.all(), 1)}
    kept = {name: getattr(edited, name) for name in ("kind", "amount", "per", "period", "source")}
    return kept | picks


def _remove(request: HttpRequest, held: Policy, edited: Combination) -> HttpResponse:
    try:
        actions.remove_combination(person_of(request), edited, reason=typed(request.POST, "reason"))
    except ActionError as error:
        messages.error(request, error.message)
        return redirect(f"{request.path}?edit={edited.code}")
    messages.success(request, _("已删去,这几条各算各的。"))
    return redirect("desk:policy_together", held.code)


def _save(
    request: HttpRequest, held: Policy, form: TogetherForm, edited: Combination | None, rows: list[Combination]
) -> None:
    """Raises:
    ActionError: see :func:`yingshang.policies.actions.save_combination`.
    """
    d = form.cleaned_data
    taken = {c.code for c in rows}
    code = next(c for n in range(1, 1000) if (c := f"{held.code}-{n}"[:80]) not in taken)
    actions.save_combination(
        person_of(request),
        edited.code if edited else code,
        d["kind"],
        form.chosen(),
        policy=edited.policy if edited else held,
        amount=d["amount"],
        period=d["period"],
        per=d["per"],
        source=d["source"],
    )
