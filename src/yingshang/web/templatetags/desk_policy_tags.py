"""Tags of the policy clerk's pages: sums as people say them, and how much of a budget is gone."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yingshang.policies.models import Claim, Clause
from yingshang.web.views.desk_policies import common, together
from yingshang.web.views.portal_policies import words

register = template.Library()
register.filter("about", common.about)

_TONES = {
    Claim.State.REVIEW: "yellow",
    Claim.State.FINANCE: "yellow",
    Claim.State.NOTICE: "cyan",
    Claim.State.PAYABLE: "purple",
    Claim.State.PAYING: "blue",
    Claim.State.PAID: "green",
    Claim.State.DONE: "green",
}


@register.filter
def money(value: Decimal | None) -> str:
    """What somebody is paid, to the fen; a dash where there is none."""
    return "—" if value is None else words.money(value)


@register.simple_tag
def span(period: str) -> str:
    """Over what the sum of a cap is added up."""
    return str(together.SPANS[Clause.Period(period)])


@register.simple_tag
def claim_state(claim: Claim) -> SafeString:
    """How far a claim is, as a word on its colour."""
    tone = _TONES.get(Claim.State(claim.state), "secondary")
    return format_html('<span class="badge bg-{}-lt">{}</span>', tone, claim.get_state_display())


@register.filter
def source(text: str) -> str:
    """Where a fact comes from."""
    return words.source(text)


@register.filter
def change(value: Decimal | int | None) -> str:
    """A difference with its sign; nothing changed is a plain zero."""
    if value is None:
        return "—"
    return f"{value:+,}" if value else "0"


@register.filter
def sum_change(value: Decimal | None) -> str:
    """A difference of sums with its sign."""
    if value is None:
        return "—"
    return f"+{common.about(value)}" if value > 0 else common.about(value)


@register.simple_tag
def meter(paid: Decimal, reserved: Decimal, amount: Decimal) -> SafeString:
    """The parts of a budget's bar: paid, and reserved for claims under way."""

    def share(part: Decimal) -> str:
        return f"{min(Decimal(100), part / amount * 100) if amount else 0:.2f}"

    return format_html(
        '<span class="ys-paid" style="width:{}%"></span><span class="ys-reserved" style="width:{}%"></span>',
        share(paid),
        share(reserved),
    )
