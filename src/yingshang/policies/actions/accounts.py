"""Where the money of a claim goes, put right by its enterprise: what was passed is reviewed anew."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang.accounts import audit, statements
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases import events
from yingshang.cases.actions._base import done_before, lock
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case
from yingshang.policies import bounces, process
from yingshang.policies.actions.claiming import Payee
from yingshang.policies.models import Claim


@transaction.atomic
def mend_payee(claim: Claim, actor: Person, payee: Payee, *, key: str | None = None) -> Claim:
    """Correct where the money of a claim goes, as long as it is not under way; by the claim's enterprise. The same ``key``
    again changes nothing.

    A claim that was passed is reviewed again, by both: no money goes to an account that no reviewer saw. PostgreSQL
    refuses another account on a claim that keeps its review.

    Raises:
        NotAllowed: somebody else's claim. Invalid: what no bank would take, or the account that the bank could not pay to.
        Conflict: see :func:`yingshang.policies.process.bars_payee`.
    """
    with statements.gathered():
        case = lock(Case(pk=claim.case_id))
        statements.remember(case)
        fresh = process.claim_of(case)
        if actor.is_official or f"b{fresh.business_id}" not in scope_of(actor).principals:
            raise NotAllowed(_("只有申报企业可以更改收款账户。"))
        if done_before(key):
            return fresh
        if process.keeps_payee(fresh) and (barred := process.bars_payee(case, fresh)):
            raise Conflict(barred)
        payee.check()
        given = (payee.name.strip(), payee.digits, payee.bank.strip())
        if given == (fresh.payee_name, fresh.payee_account, fresh.payee_bank):
            if bounces.bounce(fresh):
                said = _("银行没能付到这个账户,请换一个账户,或者把填错的改对。")
                raise Invalid(said, fields={"payee_account": said})
            return fresh
        if barred := process.bars_payee(case, fresh):
            raise Conflict(barred)
        fresh.payee_name, fresh.payee_account, fresh.payee_bank = given
        passed = fresh.state == Claim.State.PAYABLE
        if passed:
            process.review_again(case, fresh)
        events.write(case, "payee_changed", actor, key=key, again=passed)
        fresh.save()
        audit.record(actor, "claim.payee", "claim", fresh.number, account=fresh.account_shown)
        statements.changes_later(case)
    return fresh
