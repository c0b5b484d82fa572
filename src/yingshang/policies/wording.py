"""Amounts as people read them."""

from __future__ import annotations

from decimal import Decimal


def yuan(amount: Decimal | None) -> str:
    """``1500000`` → ``1,500,000``; fen only where there are any; a dash for None."""
    if amount is None:
        return "—"
    whole = amount == amount.to_integral_value()
    return f"{amount:,.0f}" if whole else f"{amount:,.2f}"
