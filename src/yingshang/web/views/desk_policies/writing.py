"""Writing down a policy and its clauses, and putting them before everybody."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L
from django.views.decorators.http import require_POST

from yingshang import timekeeping
from yingshang.accounts.models import Person, Unit
from yingshang.cases.errors import ActionError
from yingshang.policies import actions
from yingshang.policies.models import Clause, Policy
from yingshang.rules import publishing
from yingshang.rules.models import RuleModel
from yingshang.rules.vocabulary import vocabulary
from yingshang.web.views.desk_fields import DeskForm, UnitField, words
from yingshang.web.views.desk_policies.common import CLERKS
from yingshang.web.views.desk_policies.listing import shown_policy
from yingshang.web.views.desk_support import official, person_of, scope, status_of, tell

_DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), "required": False}
_OPEN = L("原文没有写的不填,页面上会注明“原文未载”")


class PolicyForm(DeskForm):
    title = forms.CharField(label=L("政策名称"), max_length=160)
    title_en = forms.CharField(label=L("英文名称"), max_length=240, required=False)
    issuer_unit = UnitField(label=L("发文单位"))
    doc_number = forms.CharField(label=L("文号"), max_length=60, required=False, help_text=_OPEN)
    issued = forms.DateField(label=L("发文日期"), **_DAY)
    valid_from = forms.DateField(label=L("施行日期"), **_DAY)
    valid_until = forms.DateField(label=L("有效期至"), **_DAY)
    text = words(L("原文"), rows=12, most=60_000, help_text=L("一字不改地贴进来,条款从中引用"))
    source = forms.CharField(label=L("出处"), max_length=160, required=False)

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


class ClauseForm(DeskForm):
    quote = words(L("条文"), rows=4, help_text=L("在原文里选中这一条的文字,就会填到这里"))
    place = forms.CharField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(label=L("条款名称"), max_length=120, help_text=L("企业一看就懂的说法"))
    title_en = forms.CharField(label=L("英文名称"), max_length=200, required=False)
    summary = forms.CharField(label=L("一句话说明"), max_length=300, required=False)
    grade = forms.ChoiceField(label=L("能不能算"), choices=[], widget=forms.RadioSelect)
    missing = forms.CharField(label=L("原文没有写明的"), max_length=300, required=False)
    kind = forms.ChoiceField(label=L("怎么享受"), choices=Clause.Kind.choices, initial=Clause.Kind.APPLICATION)
    subject = forms.ChoiceField(label=L("给谁"), choices=Clause.Subject.choices, initial=Clause.Subject.BUSINESS)
    money = forms.ChoiceField(label=L("钱从哪里来"), choices=Clause.Money.choices, initial=Clause.Money.BUDGET)
    period = forms.ChoiceField(label=L("多久一次"), choices=Clause.Period.choices, initial=Clause.Period.YEARLY)
    notice_days = forms.IntegerField(
        label=L("公示天数"), min_value=1, max_value=60, required=False, help_text=L("不公示的不填")
    )
    owner_unit = UnitField(label=L("主管单位"))
    finance_unit = UnitField(label=L("财政部门"), required=False)
    route = forms.CharField(label=L("办理途径"), max_length=300, required=False)
    everyday = forms.CharField(
        label=L("常用说法"), max_length=300, required=False, help_text=L("企业会怎么说,用空格隔开,搜索时用")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grade"].choices = [  # type: ignore[attr-defined]
            ("P", _("条件和金额原文都写明了")),
            ("H", _("有标准原文没写,由本区填写")),
            ("N", _("只有条文,不计算")),
        ]

    def clean_quote(self) -> str:
        return str(self.cleaned_data["quote"]).replace("\r\n", "\n").strip()

    def clean(self) -> dict[str, Any]:
        d = super().clean() or {}
        if d.get("grade") == "N":
            d["money"] = Clause.Money.NONE
            if d.get("kind") in (Clause.Kind.AUTOMATIC, Clause.Kind.APPLICATION):
                d["kind"] = Clause.Kind.TEXT
        if d.get("money") == Clause.Money.BUDGET and not d.get("finance_unit") and "finance_unit" not in self.errors:
            self.add_error("finance_unit", _("由预算支付的,请写明由哪个财政部门付"))
        return d

    def fields_of_clause(self) -> dict[str, Any]:
        """What :func:`yingshang.policies.actions.save_clause` takes."""
        d = {k: v for k, v in self.cleaned_data.items() if k not in ("place", "everyday")}
        return d | {"words": self.cleaned_data["everyday"].split()}


def need_writer(request: HttpRequest) -> None:
    """Let only those go on who may write policies at all.

    Raises:
        PermissionDenied: the person is of no unit that does.
    """
    if not scope(request).has(*CLERKS):
        raise PermissionDenied


@official
def policy_new(request: HttpRequest) -> HttpResponse:
    """Register a policy document."""
    need_writer(request)
    unit = Unit.objects.filter(pk__in=scope(request).unit_ids).first()
    form, status = PolicyForm(request.POST or None, initial={"issuer_unit": unit.name if unit else ""}), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = dict(form.cleaned_data)
            issuer = given["issuer_unit"]
            given |= {"issuer": issuer.name, "issuer_en": issuer.name_en}
            try:
                held = actions.save_policy(person_of(request), new_code(), **given)
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("政策已登记。接着写条款。"))
                return redirect("desk:policy_clause_new", held.code)
    return render(request, "web/desk/policies/policy_new.html", {"form": form, "tab": "policies"}, status=status)


def new_code() -> str:
    """A code for a policy that somebody registers: the year, and something that nobody else has drawn."""
    return f"p{timekeeping.now():%Y}-{secrets.token_hex(3)}"


@official
def clause_new(request: HttpRequest, policy: str) -> HttpResponse:
    """Write down a clause: its words in the policy's text, what it gives, to whom, by whom."""
    need_writer(request)
    held = get_object_or_404(Policy.objects.select_related("issuer_unit"), code=policy)
    unit = held.issuer_unit.name if held.issuer_unit else ""
    finance = Unit.objects.filter(code="dept.finance").first()
    initial = {"owner_unit": unit, "finance_unit": finance.name if finance else "", "grade": "P"}
    form, status = ClauseForm(request.POST or None, initial=initial), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                number = held.clauses.count() + 1
                clause = actions.save_clause(
                    person_of(request), held, f"C{number:02d}", order=number, **form.fields_of_clause()
                )
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("条款已写下。"))
                return redirect("desk:policy_clause", held.code, clause.code)
    context = {"form": form, "policy": held, "tab": "policies"}
    return render(request, "web/desk/policies/clause_new.html", context, status=status)


@transaction.atomic
def rule_for(clause: Clause, actor: Person) -> RuleModel:
    """The rule of a clause, made and tied to it where there is none.

    Raises:
        ActionError: the clause does not take one.
    """
    if clause.rule is not None:
        return clause.rule
    rule = publishing.make_model(
        f"{clause.policy.code}.{clause.code}",
        title=clause.title,
        title_en=clause.title_en,
        scenario=clause.policy.scenario,
        subject=clause.subject,
        owner_unit=clause.owner_unit,
    )
    actions.save_clause(actor, clause.policy, clause.code, rule=rule)
    return rule


def ask_of(names: list[str]) -> list[str]:
    """The facts among these that the district does not hold: the enterprise is asked for them."""
    known = vocabulary()
    return [n for n in names if n in known and not known[n].held]


@require_POST
@official
def policy_do(request: HttpRequest, policy: str, what: str) -> HttpResponse:
    """Publish a policy with its drafts."""
    need_writer(request)
    held = get_object_or_404(Policy.objects.select_related("issuer_unit"), code=policy)
    if what != "publish":
        raise Http404
    try:
        with transaction.atomic():
            actions.publish_policy(person_of(request), held)
            for clause in held.clauses.filter(state=Clause.State.DRAFT).select_related("owner_unit", "policy"):
                actions.publish_clause(person_of(request), clause)
    except ActionError as error:
        messages.error(request, error.message)
        held.refresh_from_db()
        return render(request, "web/desk/policies/policy.html", shown_policy(request, held), status=status_of(error))
    messages.success(request, _("政策和条款已发布,企业现在看得到。"))
    return redirect("desk:policy", policy)
