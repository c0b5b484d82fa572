"""What a case about a wrong fact does to the fact: the unit in charge agrees, and the register says so from then on.

The scenario ``policy_delivery`` hands the steps of its service ``correction`` on to :func:`on_step`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from yingshang.accounts import audit
from yingshang.accounts.models import Person, Unit
from yingshang.cases.errors import Conflict, Invalid
from yingshang.cases.models import Case, Task
from yingshang.policies.reading import tellable
from yingshang.registry.facts import FactError, correct_fact, record_fact
from yingshang.registry.models import Business, Fact
from yingshang.rules.known import facts_of
from yingshang.rules.vocabulary import Entry, converted, vocabulary

SCENARIO, SERVICE = "policy_delivery", "correction"
#: The category whose promise the case's clock is: claims of the scenario have another.
CATEGORY = "correction"
#: The step at which the unit decides, and its outcomes.
CHECK, AGREE, REFUSE = "check", "agree", "refuse"
#: What the step's form carries: the value on record that whoever decides has before them.
ON_RECORD = "on_record"


def said(value: Any) -> str:
    """A value as text that :func:`read` reads again: exact decimals, ISO dates, true and false."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def read(entry: Entry, text: str) -> Any:
    """A value from its text; None where it is none of the entry's type."""
    return converted(entry, {"true": True, "false": False}.get(text) if entry.type == "boolean" else text)


def stored(entry: Entry, value: Any) -> Any:
    """A value as facts are recorded: words as the codes of the register, dates as text.

    Raises:
        Invalid: it is no value of the entry.
    """
    if tellable(entry, value) is None:
        raise Invalid(_("「%(n)s」填写有误") % {"n": entry.name}, fields={entry.name: _("请核对后重填")})
    if entry.type == "string" and entry.values:
        codes = {word: code for code, word in entry.values.items()}
        return codes.get(value, value)
    return value.isoformat() if isinstance(value, date) else value


def on_record(case: Case) -> str:
    """What is on record now of the fact that a case asks about, as text; "" for nothing."""
    entry = vocabulary().get(case.data["fact"])
    if entry is None or case.business is None:
        return ""
    if entry.column:
        # As it is now, whatever the case has read before.
        known = facts_of(Business.objects.get(pk=case.business.pk)).get(entry.name)
        value = known.value if known is not None else None
    else:
        held = _held(case.business, entry, case.data["period"])
        value = converted(entry, entry.absent if held is None else held.value)
    return "" if value is None else said(value)


def changed(case: Case) -> str:
    """That the fact was changed by somebody else since the enterprise asked, in a sentence; "" where it was not."""
    asked, now = case.data, on_record(case)
    entry = vocabulary().get(asked["fact"])
    if any(_same(entry, now, asked[which]) for which in ("held", "wanted")):
        return ""
    words = {
        "n": asked["fact"],
        "b": shown(entry, asked["held"]),
        "a": shown(entry, now),
        "w": shown(entry, asked["wanted"]),
    }
    held = None if entry is None or entry.column else _held(case.business, entry, asked["period"])
    if held is None:
        return _("提出更正以后,「%(n)s」的登记已由「%(b)s」变为「%(a)s」。改为「%(w)s」会取代它,请核对后再定。") % words
    words |= {"s": held.source, "d": f"{held.recorded_at:%Y-%m-%d}"}
    return (
        _("提出更正以后,「%(n)s」的登记已由「%(b)s」变为「%(a)s」(%(s)s,%(d)s)。改为「%(w)s」会取代它,请核对后再定。")
        % words
    )


def readable(case: Case) -> dict[str, Any]:
    """A case's data for reading: values as :func:`shown`; those of any other case as they are."""
    if (case.scenario, case.service) != (SCENARIO, SERVICE):
        return case.data
    entry = vocabulary().get(case.data["fact"])
    values = {name: shown(entry, case.data[name]) for name in ("held", "wanted", ON_RECORD) if name in case.data}
    return case.data | values


def shown(entry: Entry | None, text: str) -> str:
    """A value of a case as people read it."""
    if not text:
        return _("没有登记")
    if entry is not None and entry.type == "boolean":
        return _("是") if text == "true" else _("否")
    if entry is not None and entry.type == "number":
        return f"{Decimal(text):,} {entry.unit}".strip()
    return text


def _same(entry: Entry | None, one: str, other: str) -> bool:
    """Whether two texts are the same value: 30 and 30.00 are."""
    if entry is None or not one or not other:
        return one == other
    return bool(read(entry, one) == read(entry, other))


def _held(business: Business | None, entry: Entry, period: str) -> Fact | None:
    rows = Fact.objects.filter(business=business, key=entry.key, period=period, superseded_at__isnull=True)
    return rows.first()


def on_step(case: Case, actor: Person | None, task: Task, outcome: str, note: str) -> None:
    """The unit decides: agreed, the fact is recorded or corrected in the same transaction, with the case as its reason.

    A fact that somebody else changed meanwhile, to neither what it was nor what is asked for, is replaced only by who has
    seen that value: the step's form carries it.

    Raises:
        Invalid: refused without a word why. Conflict: the fact cannot be recorded so, or was changed unseen; says why.
    """
    if task.step != CHECK:
        return
    if outcome == REFUSE and not note.strip():
        raise Invalid(_("请写明为什么不更正,企业会看到。"), fields={"note": _("请写明理由")})
    if outcome != AGREE:
        return
    asked = case.data
    entry = vocabulary().get(asked["fact"])
    if entry is None:
        raise Conflict(_("词汇表里已没有「%(n)s」,不能再更正。") % {"n": asked["fact"]})
    assert case.business is not None
    # No other correction of the business goes on meanwhile.
    Business.objects.select_for_update().only("pk").get(pk=case.business.pk)
    if (news := changed(case)) and not _same(entry, asked.get(ON_RECORD, ""), now := on_record(case)):
        raise Conflict(news, on_record=now)
    value = stored(entry, read(entry, asked["wanted"]))
    if entry.column:
        _correct_register(case.business, entry, value, case, actor)
    else:
        _correct_fact(case.business, entry, value, asked["period"], case, actor)


def _correct_fact(business: Business, entry: Entry, value: Any, period: str, case: Case, actor: Person | None) -> None:
    unit = case.lead_unit
    source = f"{unit.name if unit else ''}核实({case.number})"[:80]
    held = _held(business, entry, period)
    # Corrected by somebody else meanwhile: it is as the enterprise says.
    if held is not None and converted(entry, held.value) == converted(entry, value):
        return
    try:
        if held is not None:
            correct_fact(
                business, entry.key, value, source=source, reason=f"企业申请更正,{case.number}", period=period, by=actor
            )
        else:
            record_fact(business, entry.key, value, source=source, period=period, by=actor)
    except FactError as error:
        raise Conflict(str(error)) from error


#: Columns of the register that a case may correct; a status or a kind changes by registration, not by correction.
_COLUMNS = ("industry_code", "founded", "capital", "foreign_invested", "leading_industry", "street", "platform")


def _correct_register(business: Business, entry: Entry, value: Any, case: Case, actor: Person | None) -> None:
    if entry.column not in _COLUMNS:
        raise Conflict(_("「%(n)s」要到登记窗口办理变更,不能在这里更正。") % {"n": entry.name})
    row = Business.objects.select_for_update(no_key=True).get(pk=business.pk)
    before = getattr(row, entry.column)
    if entry.column in ("street", "platform"):
        # Rules, and so enterprises, know it by its short name where it has one.
        named = Q(short_name=value) | Q(short_name="", name=value)
        unit = Unit.objects.filter(named, kind=entry.column, active=True).first()
        if unit is None:
            raise Conflict(_("没有叫「%(n)s」的街道或平台。") % {"n": value})
        value = unit
    setattr(row, entry.column, value)
    try:
        row.clean_fields(exclude={f.name for f in row._meta.fields} - {entry.column})
    except ValidationError as error:
        raise Conflict(_("「%(n)s」填写有误") % {"n": entry.name} + ":" + "；".join(error.messages)) from error
    row.save(update_fields=[entry.column])
    audit.record(
        actor, "business.correct", "business", row.pk, column=entry.column, old=str(before), new=str(value),
        case=case.number,
    )  # fmt: skip
