"""The policy studio: a clause's text beside the table that runs it, from a draft to what is in force."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L
from django.views.decorators.http import require_POST

from yingshang import timekeeping
from yingshang.cases.errors import ActionError
from yingshang.decisions.errors import DecisionError
from yingshang.policies import actions
from yingshang.policies.models import Clause
from yingshang.policies.reading import around_quote
from yingshang.rules import figures, publishing
from yingshang.rules.errors import RuleRefused
from yingshang.rules.models import RuleVersion
from yingshang.rules.vocabulary import Entry, vocabulary
from yingshang.web.views.desk_fields import DeskForm, words
from yingshang.web.views.desk_policies.common import clause_of, english, in_force, need_clerk, works_for
from yingshang.web.views.desk_policies.findings import MOST
from yingshang.web.views.desk_policies.unseen import may_publish_policy, still_missing
from yingshang.web.views.desk_policies.writing import rule_for
from yingshang.web.views.desk_support import official, person_of, scope, status_of, typed

BLANK = Path(__file__).with_name("blank.dmn")
State = RuleVersion.State


# --- forms ------------------------------------------------------------------------------------------------------------


class ReviewForm(DeskForm):
    note = words(L("审核意见"), required=False, rows=2, most=300, help_text=L("退回时请写明要改什么"))


class PublishForm(DeskForm):
    valid_from = forms.DateField(label=L("生效日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    valid_until = forms.DateField(
        label=L("有效期至"),
        required=False,
        help_text=L("最后一天;不填为长期有效。此前的日期仍按当时的版本计算"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class WithdrawForm(DeskForm):
    on = forms.DateField(label=L("自哪天起停用"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=L("停用理由"), max_length=300)


class FiguresForm(DeskForm):
    """The figures that the source does not state: each with its value and where the district set it."""

    def __init__(self, names: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n, name in enumerate(names):
            self.fields[f"value{n}"] = forms.DecimalField(
                label=name, max_digits=18, decimal_places=6, widget=forms.NumberInput({"class": "form-control"})
            )
            self.fields[f"source{n}"] = forms.CharField(
                label=_("“%(n)s”的依据") % {"n": name},
                max_length=200,
                help_text=_("本区文件名称和文号"),
                widget=forms.TextInput({"class": "form-control"}),
            )
        self.names = names

    def given(self) -> dict[str, Any]:
        d = self.cleaned_data
        return {name: (d[f"value{n}"], d[f"source{n}"]) for n, name in enumerate(self.names)}


# --- the page ---------------------------------------------------------------------------------------------------------


@official
def studio(request: HttpRequest, policy: str, code: str) -> HttpResponse:
    """A clause: what it says, the table that runs it, what the check finds, and its versions."""
    return page(request, clause_of(policy, code))


def page(request: HttpRequest, clause: Clause, status: int = 200, **forms: Any) -> HttpResponse:
    """The studio; ``forms`` are those that came back with errors, by their action."""
    versions = list(clause.rule.versions.select_related("author", "reviewer", "published_by")) if clause.rule else []
    shown = _shown(versions, request.GET.get("v", ""))
    clerk = works_for(scope(request), clause.owner_unit_id)
    today = timekeeping.now().date()
    newest = versions[0] if versions else None
    editable = clerk and shown is not None and shown.state == State.DRAFT
    held = open_figures(shown.xml) if shown else {}
    before, quote, after = around_quote(clause)
    context: dict[str, Any] = {
        "clause": clause,
        "policy": clause.policy,
        "before": before,
        "quote": quote,
        "after": after,
        "versions": versions,
        "editions": list(clause.editions.select_related("by", "dropped_by")),
        "version": shown,
        "newest": newest,
        "current": next((v for v in versions if in_force(v, today)), None),
        "today": today,
        "clerk": clerk,
        # Without a table there is nothing that enterprises could be shown: writing it comes first.
        "drawn": bool(versions) or clause.grade == Clause.Grade.N,
        "may_publish_policy": may_publish_policy(request, clause.policy),
        "editable": editable,
        "may_start": clerk
        and clause.grade != Clause.Grade.N
        and (newest is None or newest.state in RuleVersion.PUBLIC),
        "may_review": clerk and _waits(shown) and not shown.approved and shown.author_id != request.user.pk,
        "own": _waits(shown) and not shown.approved and shown.author_id == request.user.pk,
        "may_publish": clerk and _waits(shown) and shown.approved,
        "may_withdraw": clerk and shown is not None and shown.state == State.PUBLISHED,
        "facts": _facts(clause) if editable else [],
        "figures": _figures(shown, held),
        "open": [n for n, value in held.items() if value is None],
        "review_form": ReviewForm(),
        "publish_form": PublishForm(initial={"valid_from": today}, auto_id="publish_%s"),
        "withdraw_form": WithdrawForm(initial={"on": today}, auto_id="withdraw_%s"),
        "figures_form": FiguresForm(list(held), initial=_filled(shown, held)) if held and editable else None,
    }
    return render(request, "web/desk/policies/studio.html", context | forms, status=status)


def open_figures(document: str) -> dict[str, Any]:
    """The figures of a model; none where a draft cannot be read, which the check tells beside the table."""
    try:
        return dict(figures.figures(document))
    except DecisionError:
        return {}


def _waits(version: RuleVersion | None) -> Any:
    return version is not None and version.state == State.IN_REVIEW


def _shown(versions: list[RuleVersion], number: str) -> RuleVersion | None:
    """The version asked for, else the newest."""
    if number:
        found = next((v for v in versions if str(v.number) == number), None)
        if found is None:
            raise Http404
        return found
    return versions[0] if versions else None


def _facts(clause: Clause) -> list[dict[str, Any]]:
    """What may become a column, held facts first."""
    entries = [e for e in vocabulary().values() if e.subject == clause.subject or clause.subject == "person"]
    return [_fact(e) for e in sorted(entries, key=lambda e: not e.held)]


def _fact(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "label": entry.name_en if english() and entry.name_en else entry.name,
        "unit": entry.unit,
        "held": entry.held,
        "words": " ".join(entry.synonyms),
        "json": json.dumps({"name": entry.name, "type": entry.type, "unit": entry.unit}, ensure_ascii=False),
    }


def _figures(version: RuleVersion | None, held: dict[str, Any]) -> list[dict[str, Any]]:
    values = version.values if version else {}
    return [{"name": n, "value": v, "source": values.get(n, {}).get("source", "")} for n, v in held.items()]


def _filled(version: RuleVersion | None, held: dict[str, Any]) -> dict[str, Any]:
    values = version.values if version else {}
    initial = {}
    for n, (name, value) in enumerate(held.items()):
        initial |= {f"value{n}": value, f"source{n}": values.get(name, {}).get("source", "")}
    return initial


# --- what is done with a version ----------------------------------------------------------------------------------------


@require_POST
@official
def act(request: HttpRequest, policy: str, code: str, what: str) -> HttpResponse:
    """One step of the clause's newest version; refused, the page comes back and says why."""
    clause = clause_of(policy, code)
    need_clerk(request, clause)
    step = _STEPS.get(what)
    if step is None:
        raise Http404
    return step(request, clause)


def _newest(clause: Clause) -> RuleVersion:
    version = clause.rule.versions.select_related("model").first() if clause.rule else None
    if version is None:
        raise Http404
    return version


def _back(clause: Clause) -> HttpResponse:
    return redirect("desk:policy_clause", clause.policy.code, clause.code)


def _refused(request: HttpRequest, clause: Clause, error: RuleRefused | ActionError, **forms: Any) -> HttpResponse:
    messages.error(request, error.message)
    return page(request, clause, 422, **forms)


def start(request: HttpRequest, clause: Clause) -> HttpResponse:
    """A draft: a copy of the newest version, or the blank model where there is none."""
    if clause.grade == Clause.Grade.N:
        raise PermissionDenied
    newest = clause.rule.versions.first() if clause.rule else None
    document = newest.xml if newest else blank(clause)
    try:
        with transaction.atomic():
            rule = rule_for(clause, person_of(request))
            publishing.draft(rule, document, person_of(request), values=newest.values if newest else None)
    except (RuleRefused, ActionError) as error:
        return _refused(request, clause, error)
    return _back(clause)


def blank(clause: Clause) -> str:
    """The model that a new rule begins with: two rules, no conditions yet."""
    text = BLANK.read_text(encoding="utf-8")
    key = f"{clause.policy.code}:{clause.code}"
    return text.replace("TITLE", html.escape(clause.title)).replace("KEY", html.escape(key))


def save(request: HttpRequest, clause: Clause) -> HttpResponse:
    """Keep what was typed; handed in with the button that says so."""
    version = _newest(clause)
    held = open_figures(version.xml)
    document = typed(request.POST, "xml") or version.xml
    try:
        document = _uploaded(request) or document
        values = version.values if held else {}
        saved = publishing.draft(
            version.model, document, person_of(request), note=typed(request.POST, "note")[:300], values=values
        )
        if request.POST.get("then") == "submit":
            publishing.submit(saved, person_of(request))
            messages.success(request, _("已送审,请另一位同事审核。"))
        else:
            messages.success(request, _("草稿已保存。"))
    except RuleRefused as error:
        return _refused(request, clause, error)
    return _back(clause)


def _uploaded(request: HttpRequest) -> str:
    """The model of an uploaded file, "" when there is none.

    Raises:
        RuleRefused: it is too large, or no text.
    """
    file = request.FILES.get("file")
    if file is None:
        return ""
    if file.size > MOST:
        raise RuleRefused(_("文件太大:一个条款的模型不会超过 1 MB。"))
    try:
        return file.read().decode("utf-8")
    except UnicodeDecodeError:
        raise RuleRefused(_("这不是 DMN 文件:读不出文字。")) from None


def fill(request: HttpRequest, clause: Clause) -> HttpResponse:
    """Fill in the figures that the source does not state."""
    version = _newest(clause)
    form = FiguresForm(list(open_figures(version.xml)), request.POST)
    if not form.is_valid():
        return page(request, clause, 422, figures_form=form)
    try:
        publishing.fill(version, person_of(request), form.given())
    except RuleRefused as error:
        return _refused(request, clause, error, figures_form=form)
    messages.success(request, _("标准已填入,可以测算和送审。"))
    return _back(clause)


def review(request: HttpRequest, clause: Clause) -> HttpResponse:
    """Approve, or send back with what is to be changed."""
    form = ReviewForm(request.POST)
    ok = request.POST.get("ok") == "yes"
    if not form.is_valid():
        return page(request, clause, 422, review_form=form)
    try:
        publishing.review(_newest(clause), person_of(request), ok, form.cleaned_data["note"])
    except RuleRefused as error:
        return _refused(request, clause, error, review_form=form)
    messages.success(request, _("审核通过,可以发布。") if ok else _("已退回修改。"))
    return _back(clause)


def publish(request: HttpRequest, clause: Clause) -> HttpResponse:
    """Put the approved version in force."""
    form = PublishForm(request.POST, auto_id="publish_%s")
    if not form.is_valid():
        return page(request, clause, 422, publish_form=form)
    try:
        publishing.publish(
            _newest(clause), person_of(request), form.cleaned_data["valid_from"], form.cleaned_data["valid_until"]
        )
    except RuleRefused as error:
        return _refused(request, clause, error, publish_form=form)
    if missing := still_missing(request, clause):
        messages.warning(request, format_html("{} {}", _("这一版已发布。"), missing))
    else:
        messages.success(request, _("已发布。企业从生效那天起按这个版本计算。"))
    return _back(clause)


def withdraw(request: HttpRequest, clause: Clause) -> HttpResponse:
    """Take the version out of force."""
    form = WithdrawForm(request.POST, auto_id="withdraw_%s")
    if not form.is_valid():
        return page(request, clause, 422, withdraw_form=form)
    try:
        publishing.withdraw(_newest(clause), person_of(request), form.cleaned_data["on"], form.cleaned_data["reason"])
    except RuleRefused as error:
        return _refused(request, clause, error, withdraw_form=form)
    messages.success(request, _("已停用;停用前的日期仍按这个版本计算。"))
    return _back(clause)


_STEPS = {
    "start": start, "save": save, "fill": fill, "review": review, "publish": publish, "withdraw": withdraw,
}  # fmt: skip


@require_POST
@official
def clause_do(request: HttpRequest, policy: str, code: str, what: str) -> HttpResponse:
    """Publish one clause, or take no new claims on it."""
    clause = clause_of(policy, code)
    need_clerk(request, clause)
    try:
        if what == "publish":
            actions.publish_clause(person_of(request), clause)
            messages.success(request, _("条款已发布,企业现在看得到。"))
        elif what == "withdraw":
            actions.withdraw_clause(person_of(request), clause, reason=typed(request.POST, "reason"))
            messages.success(request, _("条款已停止受理;已申报的照常办。"))
        else:
            raise Http404
    except ActionError as error:
        messages.error(request, error.message)
        return page(request, clause, status_of(error))
    return redirect("desk:policy_clause", policy, code)


@official
def model_file(request: HttpRequest, policy: str, code: str, number: int) -> HttpResponse:
    """A version's model as a DMN file."""
    clause = clause_of(policy, code)
    version = clause.rule.versions.filter(number=number).first() if clause.rule else None
    if version is None:
        raise Http404
    answer = HttpResponse(version.xml, content_type="application/xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{clause.policy.code}-{clause.code}-v{number}.dmn"'
    return answer
