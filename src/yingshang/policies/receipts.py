"""Receipts: what was granted, by which version of which rule, from which facts, reviewed and paid by whom; signed.

The same claim in the same state gives the same bytes. ``yingshang receipt verify FILE`` (:mod:`yingshang.policies.replay`)
needs nothing but the file and, to know who signed, the district's public key.
"""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from yingshang.accounts.models import Person
from yingshang.cases.errors import Conflict
from yingshang.policies import keys, replay
from yingshang.policies.models import Claim, Payment

SETTLED = (Claim.State.PAID, Claim.State.DONE, Claim.State.CLAWED_BACK)


def available(claim: Claim) -> bool:
    """Whether there is a receipt: the claim is settled, by a payment or a recognition."""
    return claim.state in SETTLED


def receipt(claim: Claim) -> tuple[str, bytes]:
    """The name and bytes of a claim's receipt.

    Raises:
        Conflict: the claim is not settled.
    """
    if not available(claim):
        raise Conflict(_("此申报%(s)s,办结后才有凭证。") % {"s": claim.get_state_display()})
    sections = {
        "about": _about(claim),
        "rule": _rule(claim),
        "facts": claim.facts,
        "trace": claim.trace,
        "amounts": {
            "by_rule": None if claim.rule_amount is None else f"{claim.rule_amount:.2f}",
            "reasons": claim.reasons,
            "due": f"{claim.amount:.2f}",
        },
        "people": _people(claim),
        "payment": _payment(claim),
    }
    # What is signed is what the file says once it is read again.
    sections = json.loads(replay.canonical(sections))
    digests = {name: replay.digest(section) for name, section in sections.items()}
    value = keys.signing_key().sign(replay.signed_part(digests)).hex()
    signature = {"algorithm": replay.ALGORITHM, "key": keys.public_key(), "value": value}
    whole = {"format": replay.FORMAT, **sections, "digests": digests, "signature": signature}
    return f"{claim.number}.json", json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def _about(claim: Claim) -> dict[str, Any]:
    clause, policy, business = claim.clause, claim.clause.policy, claim.business
    return {
        "claim": claim.number,
        "policy": policy.title,
        "issuer": policy.issuer,
        "doc_number": policy.doc_number,
        "clause": clause.ref,
        "title": clause.title,
        "quote": clause.quote,
        "source": clause.source,
        "business": business.name if business else "",
        "uscc": business.uscc if business else "",
        "synthetic": bool(business and business.synthetic),
        "person": f"{claim.person_name} …{claim.person_tail}" if claim.person_name else "",
        "period": claim.period,
        "as_of": claim.as_of.isoformat(),
    }


def _rule(claim: Claim) -> dict[str, Any]:
    version = claim.version
    assert version is not None
    return {
        "key": version.model.key,
        "decision": version.model.decision,
        "number": version.number,
        "digest": version.digest,
        "valid_from": version.valid_from.isoformat() if version.valid_from else "",
        "xml": version.xml,
    }


def _people(claim: Claim) -> list[dict[str, str]]:
    rows = [
        ("submitted", claim.submitted_by, claim.submitted_at),
        ("unit_review", claim.unit_reviewer, claim.unit_reviewed_at),
        ("finance_review", claim.finance_reviewer, claim.finance_reviewed_at),
    ]
    return [{"step": step, "name": who.name, "at": at.isoformat()} for step, who, at in rows if who and at]


def _payment(claim: Claim) -> dict[str, Any] | None:
    states = (Payment.State.PAID, Payment.State.CLAWED_BACK)
    found = claim.payments.filter(state__in=states).select_related("batch__maker", "batch__checker").first()
    if found is None:
        return None
    assert found.paid_at is not None

    def name(person: Person | None) -> str:
        return person.name if person else ""

    return {
        "reference": found.reference,
        "batch": found.batch.number,
        "amount": f"{found.amount:.2f}",
        "payee": found.payee_name,
        "account": found.account_shown,
        "bank": found.payee_bank,
        "bank_reference": found.bank_reference,
        "paid_at": found.paid_at.isoformat(),
        "maker": name(found.batch.maker),
        "checker": name(found.batch.checker),
        "clawed_back": found.state == Payment.State.CLAWED_BACK,
    }
