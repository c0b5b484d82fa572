"""What an enterprise tells of itself: facts that nobody else holds are recorded at once, others are asked to be checked.

A fact belongs to the unit that the vocabulary names. Where the enterprise is the one who knows (a contract, an investment),
what it says is recorded with itself as the source, and looked at when it claims something by it. Where a register of the
government says otherwise, the unit in charge checks: that is a case (``policy_delivery``, service ``correction``).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Unit
from yingshang.cases import actions as case_actions
from yingshang.cases.errors import Invalid, NotAllowed
from yingshang.cases.models import Case, Category
from yingshang.policies import corrections
from yingshang.policies.corrections import said, stored
from yingshang.policies.reading import DECLARED
from yingshang.registry.facts import correct_fact, record_fact
from yingshang.registry.models import Business, Fact
from yingshang.rules.known import Known, facts_of
from yingshang.rules.periods import PERIODS
from yingshang.rules.vocabulary import Entry, converted, vocabulary


def is_own(entry: Entry, held: Known | None) -> bool:
    """Whether the enterprise itself says what a fact is, rather than a unit of the government."""
    if entry.column or entry.computed is not None or (held is not None and held.source != DECLARED):
        return False
    return not entry.held or not entry.source_unit


def period_of(entry: Entry, on: date) -> str:
    """The period that a value told on a day is of; of yearly facts without a fixed year, the last full one."""
    rule = PERIODS[entry.period]
    return rule(on) if rule is not None else f"{on.year - 1}"


def entry_named(name: str) -> Entry:
    """The vocabulary's entry.

    Raises:
        Invalid: there is none of that name, or it is computed from others.
    """
    entry = vocabulary().get(name)
    if entry is None or entry.computed is not None or entry.subject != "business":
        raise Invalid(_("没有这一项信息:%(n)s") % {"n": name})
    return entry


def check_handler(person: Person, business: Business) -> None:
    """Only who acts for a business speaks for it.

    Raises:
        NotAllowed: the person does not act for it.
    """
    if person.is_official or f"b{business.pk}" not in scope_of(person).principals:
        raise NotAllowed(_("您不是「%(b)s」的经办人,不能替它提交。") % {"b": business})


@transaction.atomic
def tell_fact(person: Person, business: Business, name: str, value: Any) -> Fact:
    """Record what the enterprise says of itself; a different value told before is superseded, not overwritten.

    Args:
        name: of the vocabulary.
        value: bool, Decimal, str or date, in the vocabulary's unit.

    Raises:
        NotAllowed: the person does not act for the business.
        Invalid: no such fact, none that the enterprise tells, or no value of it.
    """
    check_handler(person, business)
    entry = entry_named(name)
    on = timekeeping.now().date()
    held = facts_of(business, on).get(name)
    if not is_own(entry, held):
        raise Invalid(_("「%(n)s」由有关部门登记,请提出更正。") % {"n": name})
    plain = stored(entry, value)
    period = held.period if held is not None else period_of(entry, on)
    if held is None:
        return record_fact(business, entry.key, plain, source=DECLARED, period=period, by=person)
    if held.value == converted(entry, value):
        return Fact.objects.get(pk=held.fact)
    return correct_fact(business, entry.key, plain, source=DECLARED, period=period, reason="企业重新填报", by=person)


def request_correction(
    person: Person, business: Business, name: str, value: Any, *, reason: str, key: str | None = None
) -> Case:
    """Ask the unit in charge of a fact to check it: a case of ``policy_delivery``, which corrects the fact when it agrees.

    Raises:
        NotAllowed: the person does not act for the business.
        Invalid: no such fact, no value of it, the value that is held already, no reason, or no unit to ask.
    """
    check_handler(person, business)
    entry = entry_named(name)
    on = timekeeping.now().date()
    held = facts_of(business, on).get(name)
    stored(entry, value)
    exact = converted(entry, value)
    if held is not None and held.value == exact:
        raise Invalid(_("登记的就是这个值,不用更正。"), fields={name: _("与登记的相同")})
    if not reason.strip():
        raise Invalid(_("请写明依据。"), fields={"reason": _("请写明依据")})
    if not Unit.objects.filter(code=entry.source_unit, active=True).exists():
        raise Invalid(_("没有登记这一项的单位,请提诉求反映。"))
    data = {
        "fact": name,
        "period": held.period if held is not None else "" if entry.column else period_of(entry, on),
        "held": said(held.value) if held is not None else "",
        "wanted": said(exact),
        "source": held.source if held is not None else "",
        "unit": entry.source_unit,
    }
    # Officials may have put the category away: then the scenario's general promise counts.
    known = Category.objects.filter(scenario=corrections.SCENARIO, code=corrections.CATEGORY, active=True)
    return case_actions.open_case(
        person, scenario=corrections.SCENARIO, service=corrections.SERVICE, title=_title(name, held is not None),
        category=corrections.CATEGORY if known.exists() else "", text=reason, business=business, data=data,
        vouched=True, key=key,
    )  # fmt: skip


def _title(name: str, held: bool) -> str:
    return f"更正信息:{name}" if held else f"补充信息:{name}"
