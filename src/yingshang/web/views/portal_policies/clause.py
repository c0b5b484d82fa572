"""One clause for one business: the verdict with its reason, applying, and confirming an automatic grant."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yingshang.accounts.models import localized
from yingshang.cases.errors import ActionError
from yingshang.policies import actions
from yingshang.policies.actions.claiming import payee_of
from yingshang.policies.models import Clause, Policy
from yingshang.policies.verdicts import Explanation, Verdict, explain
from yingshang.registry.models import Business
from yingshang.web.views.portal import enterprise
from yingshang.web.views.portal_policies import facts, rows, words
from yingshang.web.views.portal_policies.applying import ClaimForm
from yingshang.web.views.portal_policies.common import clause_of, fields_of, firm_of, key_of, person_of, status_of
from yingshang.web.views.portal_policies.fields import PREFIX


@dataclass(frozen=True)
class Checked:
    """One condition beside what the business brings; ``mark`` is yes, no or unknown."""

    label: str
    asked: str
    value: str
    held: bool
    mark: str
    source: str
    period: str
    url: str
    outdated: str


_MARKS = {True: "yes", False: "no", None: "unknown"}


def _checked(verdict: Verdict, firm: Business, many: bool) -> list[Checked]:
    """Each condition of the rule, with the fact it looks at and where that comes from."""
    found = []
    for c in verdict.conditions:
        entry = rows.entry_of(c.label)
        fact = verdict.facts.get(entry.name) if entry else None
        unit = rows.unit_of(c.label)
        found.append(
            Checked(
                rows.name_of(c.label),
                words.asked(c.test, unit),
                words.value(rows.number(c.value, c.label), unit),
                c.value is not None,
                _MARKS[c.met],
                words.source(fact.source) if fact else "",
                fact.period if fact else "",
                rows.fact_address(entry.name, firm, many) if entry and entry.computed is None else "",
                words.outdated(entry.name, fact.period) if entry and fact else "",
            )
        )
    return found


def headline(row: rows.Row) -> str:
    """The verdict in a sentence."""
    match row.state:
        case "open" if row.amount:
            return _("您符合,可得 %(a)s。") % {"a": words.money(row.amount)}
        case "open":
            return _("您符合。")
        case "waiting" if row.amount:
            return _("您符合,可得 %(a)s;等预算下达。") % {"a": words.money(row.amount)}
        case "waiting":
            return _("您符合,等预算下达。")
        case "claimed":
            return _("已经申报,看看办到哪一步。")
        case "near" if row.amount:
            return _("就差一项,做到了可得 %(a)s。") % {"a": words.money(row.amount)}
        case "near":
            return _("就差一项。")
        case "ask":
            return _("还缺信息,暂时不能判断。")
        case "no":
            return _("目前不符合。")
        case "unpublished":
            return _("标准还没有公布,不能判断谁符合。")
    return _("这一条只有条文,没有可以计算的标准。")


def validity(policy: Policy) -> str:
    """From when to when a policy is valid, as far as the source says."""
    if policy.valid_from is None and policy.valid_until is None:
        return _("原文未载")
    since = f"{policy.valid_from}" if policy.valid_from else _("起始未载")
    until = f"{policy.valid_until}" if policy.valid_until else _("截止未载")
    return f"{since} — {until}"


def _explained(found: Clause, firm: Business) -> Explanation:
    explained = explain(found, firm)
    if explained is None:
        raise Http404
    return explained


@enterprise
@require_GET
def clause(request: HttpRequest, policy: str, code: str) -> HttpResponse:
    """Why: the text with the quote marked, my facts, each condition."""
    return _clause_page(request, policy, code)


def _clause_page(
    request: HttpRequest, policy: str, code: str, error: ActionError | None = None, status: int = 200
) -> HttpResponse:
    firms, firm = firm_of(request)
    many = len(firms) > 1
    found = clause_of(policy, code)
    explained = _explained(found, firm)
    verdict = explained.verdict
    row = rows.row_of(verdict, firm, {}, many)
    conditions = _checked(verdict, firm, many)
    known = facts.known_of([verdict], firm, many)
    looked_at = {entry.name for c in verdict.conditions if (entry := rows.entry_of(c.label))}
    language = "en" if (get_language() or "").startswith("en") else "zh"
    context: dict[str, Any] = {
        "firms": firms,
        "firm": firm,
        "clause": found,
        "row": row,
        "headline": headline(row),
        "conditions": conditions,
        "met": sum(c.mark == "yes" for c in conditions),
        "others": [f for f in known if f.name not in looked_at],
        "outdated": [f.label for f in known if f.outdated],
        "trace": explained.trace.as_text(language) if explained.trace and verdict.amount is not None else "",
        "parts": {"before": explained.before, "quote": explained.quote, "after": explained.after}
        if explained.quote
        else None,
        "missing_words": localized(found.missing, found.missing_en),
        "issuer": localized(found.policy.issuer, found.policy.issuer_en),
        "validity": validity(found.policy),
        "route": localized(found.route, found.route_en),
        "ask_title": _("咨询政策:%(c)s") % {"c": found},
        "key": uuid.uuid4().hex,
        "error": error,
    }
    return render(request, "web/portal/policies/clause.html", context, status=status)


# --- claiming ---------------------------------------------------------------------------------------------------------


@enterprise
@require_POST
def confirm(request: HttpRequest, policy: str, code: str) -> HttpResponse:
    """Confirm an automatic grant: one press. Where no account is known yet, the form asks for it, and for nothing else."""
    firms, firm = firm_of(request)
    found = clause_of(policy, code)
    try:
        claim = actions.confirm_grant(person_of(request), found, firm, key=key_of(request, "grant"))
    except ActionError as error:
        if fields_of(error):
            messages.info(request, _("还没有收款账号,填一次,以后不用再填。"))
            return redirect(rows.address(found, "portal_clause_apply", firm, len(firms) > 1))
        return _clause_page(request, policy, code, error, status_of(error))
    messages.success(request, _("已确认,编号 %(n)s。到账前不用再办任何手续。") % {"n": claim.number})
    return redirect("web:portal_claim", number=claim.number)


@enterprise
def apply(request: HttpRequest, policy: str, code: str) -> HttpResponse:
    """Claim a clause: what the district holds is shown, only the rest is asked."""
    firms, firm = firm_of(request)
    many = len(firms) > 1
    found = clause_of(policy, code)
    verdict = _explained(found, firm).verdict
    row = rows.row_of(verdict, firm, {}, many)
    if verdict.claim is not None:
        return redirect("web:portal_claim", number=verdict.claim.number)
    if not verdict.can_claim:
        return redirect(row.url)
    posted = request.method == "POST"
    form = ClaimForm(verdict, payee_of(firm), request.POST if posted else None)
    error, status = "", 200
    if posted:
        error, status = _("有几处需要修改,见下面红字。"), 422
    if posted and form.is_valid():
        try:
            claim = actions.submit_claim(
                person_of(request),
                found,
                firm,
                declared=form.told(),
                payee=form.payee,
                person=form.person,
                key=key_of(request, "claim"),
            )
        except ActionError as refused:
            rest = form.take(fields_of(refused))
            error, status = "; ".join(rest.values()) or refused.message, status_of(refused)
        else:
            messages.success(request, _("已提交,编号 %(n)s。每一步都在这里看得到。") % {"n": claim.number})
            return redirect("web:portal_claim", number=claim.number)
    known = facts.known_of([verdict], firm, many)
    context = {
        "firms": firms,
        "firm": firm,
        "clause": found,
        "row": row,
        "form": form,
        "held": known,
        "outdated": [f.label for f in known if f.outdated],
        "key": request.POST.get("key") or uuid.uuid4().hex,
        "error": error,
    }
    return render(request, "web/portal/policies/apply.html", context, status=status)


@enterprise
@require_POST
def preview(request: HttpRequest, policy: str, code: str) -> HttpResponse:
    """While the form of a claim is filled in: what it would come to."""
    _firms, firm = firm_of(request)
    found = clause_of(policy, code)
    verdict = _explained(found, firm).verdict
    form = ClaimForm(verdict, payee_of(firm), request.POST)
    form.is_valid()
    told = {n: value for n, value in form.told().items() if f"{PREFIX}{n}" in form.cleaned_data}
    explained = explain(found, firm, declared=told)
    row = rows.row_of(explained.verdict, firm, {}) if explained else None
    context = {"row": row, "headline": headline(row) if row else ""}
    return render(request, "web/portal/policies/_preview.html", context)
