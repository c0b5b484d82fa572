"""Where the money of a claim goes, put right by its enterprise: what was passed is reviewed anew."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang.accounts import audit, statements
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases.actions._base import lock
from yingshang.cases.errors import Conflict, NotAllowed
from yingshang.cases.models import Case
from yingshang.policies import process
from yingshang.policies.actions.claiming import Payee
from yingshang.policies.models import Claim


@transaction.atomic
def mend_payee(claim: Claim, actor: Person, payee: Payee) -> Claim:
    """Correct where the money of a claim goes, as long as it is not under way; by the claim's enterprise.

    A claim that was passed is reviewed again, by both: no money goes to an account that no reviewer saw. PostgreSQL
    refuses another account on a claim that keeps its review.

    Raises:
        NotAllowed: somebody else's claim. Invalid: what no bank would take.
        Conflict: paid, or on its way to the bank; on public notice, which is waited for first; or passed on a diagram that
            knows of no way back.
    """
    with statements.gathered():
        case = lock(Case(pk=claim.case_id))
        statements.remember(case)
        fresh = process.claim_of(case)
        if actor.is_official or f"b{fresh.business_id}" not in scope_of(actor).principals:
            raise NotAllowed(_("只有申报企业可以更改收款账户。"))
        if fresh.state in process.BEYOND_RECALL or fresh.state in Claim.ENDED:
            raise Conflict(_("此申报%(s)s,不能更改收款账户。") % {"s": fresh.get_state_display()})
        payee.check()
        given = (payee.name.strip(), payee.digits, payee.bank.strip())
        if given == (fresh.payee_name, fresh.payee_account, fresh.payee_bank):
            return fresh
        fresh.payee_name, fresh.payee_account, fresh.payee_bank = given
        if fresh.state == Claim.State.NOTICE:
            raise Conflict(_("公示期间不能更改收款账户,公示期满、拨付之前可以改;改后重新审核,不再公示。"))
        if fresh.state == Claim.State.PAYABLE:
            process.review_again(case, fresh, actor)
        fresh.save()
        audit.record(actor, "claim.payee", "claim", fresh.number, account=fresh.account_shown)
        statements.changes_later(case)
    return fresh
