"""Tags of the policies' pages: amounts, and the states of clauses and claims as words on their colour."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.web.views.portal_policies import words

register = template.Library()

#: How a clause stands for a business, and its colour.
VERDICTS = {
    "open": (gettext_lazy("现在能办"), "green"),
    "waiting": (gettext_lazy("等预算"), "yellow"),
    "claimed": (gettext_lazy("已申报"), "blue"),
    "near": (gettext_lazy("差一点"), "yellow"),
    "ask": (gettext_lazy("缺信息"), "orange"),
    "no": (gettext_lazy("不符合"), "secondary"),
    "unpublished": (gettext_lazy("未公布标准"), "secondary"),
    "text": (gettext_lazy("条文"), "secondary"),
}
_CLAIMS = {
    "review": "blue",
    "finance": "blue",
    "notice": "cyan",
    "payable": "purple",
    "paying": "purple",
    "paid": "green",
    "done": "green",
    "refused": "orange",
    "withdrawn": "secondary",
    "clawed_back": "orange",
}


@register.filter
def money(amount: Decimal | None) -> str:
    """An amount of yuan in words; a dash where there is none."""
    return "—" if amount is None else words.money(amount)


@register.filter
def names(items: Iterable[Any]) -> str:
    """The labels of some facts, one after the other."""
    return _("、").join(str(i.label) for i in items)


@register.simple_tag
def verdict_badge(state: str) -> SafeString:
    """How a clause stands, as a word on its colour."""
    name, tone = VERDICTS[state]
    return format_html('<span class="badge bg-{}-lt">{}</span>', tone, name)


@register.simple_tag
def claim_badge(claim: Any) -> SafeString:
    """How a claim stands, as a word on its colour."""
    tone = _CLAIMS.get(claim.state, "secondary")
    return format_html('<span class="badge bg-{}-lt">{}</span>', tone, claim.get_state_display())


@register.simple_tag(takes_context=True)
def firm_query(context: dict[str, Any]) -> str:
    """``?firm=…`` for a person who acts for several businesses; nothing for others."""
    firm, firms = context.get("firm"), context.get("firms") or []
    return f"?{urlencode({'firm': firm.uscc})}" if firm and len(firms) > 1 else ""


#: The way of a claim that is paid, and the states in which it stands at each place; others end after the review.
_STEPS = (
    (gettext_lazy("提交"), ()),
    (gettext_lazy("主管单位审核"), ("review",)),
    (gettext_lazy("财政审核"), ("finance",)),
    (gettext_lazy("公示"), ("notice",)),
    (gettext_lazy("拨付"), ("payable", "paying")),
    (gettext_lazy("到账"), ()),
)


@register.inclusion_tag("web/_stages.html")
def claim_steps(claim: Any, bar: bool = False) -> dict[str, Any]:
    """How far a claim has come: with words, or as a bare bar for lists. Steps that it does not pass are left out."""
    paid = claim.clause.money == "budget"
    left_out = set() if claim.clause.notice_days else {"notice"}
    left_out |= set() if paid else {"finance", "notice", "payable"}
    # One whose account was changed is reviewed like any other.
    unseen = claim.state not in ("review", "finance") and claim.finance_reviewer_id is None
    left_out |= {"review", "finance"} if claim.automatic and unseen else set()
    steps = [(name, held) for name, held in _STEPS if not left_out & set(held)]
    if not paid:
        steps[-1] = (gettext_lazy("办结"), ())
    at = next((i for i, (_name, held) in enumerate(steps) if claim.state in held), len(steps))
    if claim.state in ("refused", "withdrawn", "clawed_back"):
        at = 1
    rows = [
        {"name": n, "state": "done" if i < at else "now" if i == at else "todo"} for i, (n, _held) in enumerate(steps)
    ]
    label = _("第 %(at)d 步,共 %(of)d 步:%(name)s") % {
        "at": min(at + 1, len(steps)),
        "of": len(steps),
        "name": claim.get_state_display(),
    }
    return {"rows": rows, "bar": bar, "label": label}
