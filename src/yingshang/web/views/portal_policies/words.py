"""Amounts, facts and conditions as a shop owner would say them, in the page's language.

Nothing is rounded: an amount that is not a whole number of the larger unit is told in the smaller one.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.decisions import feel
from yingshang.decisions.errors import DecisionError
from yingshang.decisions.regions import Interval, Region, region_of
from yingshang.decisions.single.changes import Change
from yingshang.decisions.single.near import Failed
from yingshang.decisions.temporal import Date
from yingshang.decisions.trace import shown
from yingshang.decisions.values import to_python
from yingshang.rules.periods import behind
from yingshang.rules.vocabulary import vocabulary

#: Units of money and what one of them is worth, in yuan.
_MONEY = {"元": Decimal(1), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
#: Units whose values differ by something with another name.
_APART = {"%": "个百分点"}


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _plain(number: Decimal) -> str:
    """A number with thousands separated and without idle zeros, all its places kept."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(amount: Decimal | int | str) -> str:
    """An amount of yuan: in 亿元 or 万元 where at most two places are left, else in yuan; in English always yuan."""
    yuan = Decimal(amount)
    if _english():
        return f"CNY {_plain(yuan)}"
    for unit in ("亿元", "万元"):
        scaled = yuan / _MONEY[unit]
        if abs(scaled) >= 1 and scaled == round(scaled, 2):
            return f"{_plain(scaled)} {unit}"
    return f"{_plain(yuan)} 元"


def value(held: Any, unit: str = "") -> str:
    """A fact's value with its unit; yes and no in words, a dash where nothing is held."""
    held = to_python(held) if not isinstance(held, Date) else held
    match held:
        case None | "" | []:
            return "—"
        case bool():
            return _("是") if held else _("否")
        case Decimal() | int():
            return _measured(Decimal(held), unit)
        case list() | tuple():
            return _("、").join(value(one, unit) for one in held)
        case str():
            # Words of the register have translations; what people wrote has none and stays.
            return _(held)
        case date():
            return held.isoformat()
    return shown(held, "en" if _english() else "zh")


def _measured(number: Decimal, unit: str) -> str:
    if unit in _MONEY and _english():
        return money(number * _MONEY[unit])
    if unit == "%":
        return f"{_plain(number)}%"
    if not unit:
        return _plain(number)
    return f"{_plain(number)} {unit_name(unit)}"


def source(text: str) -> str:
    """Where a fact comes from; the house's own words (市场主体登记, 企业申报) in the page's language."""
    return _(text) if text else ""


_UNITS = {
    "人": "people",
    "家": "firms",
    "天": "days",
    "日": "days",
    "年": "years",
    "岁": "years old",
    "月": "months",
    "个月": "months",
    "亩": "mu",
    "件": "items",
    "项": "items",
    "平方米": "m²",
    "次": "times",
    "晚": "nights",
    "个百分点": "percentage points",
}


def unit_name(unit: str) -> str:
    """A unit in the page's language; one that has no English name stays as it is."""
    return _UNITS.get(unit, unit) if _english() else unit


def apart(difference: Any, unit: str) -> str:
    """How far two values of this unit are from each other."""
    return value(difference, _APART.get(unit, unit))


# --- what a condition asks for ----------------------------------------------------------------------------------------


@lru_cache(maxsize=2_000)
def _region(test: str) -> Region | None:
    try:
        return region_of(feel.compile(test, unary=True), None)
    except DecisionError:
        return None


def asked(test: str, unit: str = "") -> str:
    """A cell of a decision table in words: ``>= 3`` of ``%`` is 不低于 3%; what is no set of values stays as written."""
    test = test.strip()
    if test in ("-", ""):
        return _("不限")
    region = _region(test)
    if region is None or region.kind == "any":
        return test
    parts = [_interval(i, unit) for i in region.intervals]
    points = [i for i in region.intervals if i.low is not None and i.low == i.high]
    if not parts:
        return test
    if len(points) == len(parts):
        return _(" 或 ").join(parts)
    outside = _hole(region, unit)
    return outside or _(",或").join(parts)


def _hole(region: Region, unit: str) -> str:
    """``not("x")`` as 不是 x: everything but one value."""
    match region.intervals:
        case (Interval(low=None, high=below), Interval(low=above, high=None)) if below is not None and below == above:
            return _("不是 %(v)s") % {"v": value(below, unit)}
    return ""


def _interval(i: Interval, unit: str) -> str:
    low = None if i.low is None else value(i.low, unit)
    high = None if i.high is None else value(i.high, unit)
    if low is not None and high is not None:
        if i.low == i.high:
            return low
        words = {
            (True, True): _("%(a)s 到 %(b)s"),
            (True, False): _("不低于 %(a)s,低于 %(b)s"),
            (False, True): _("高于 %(a)s,不高于 %(b)s"),
            (False, False): _("%(a)s 到 %(b)s 之间(不含两头)"),
        }
        return words[i.low_in, i.high_in] % {"a": low, "b": high}
    if low is not None:
        dated = isinstance(i.low, Date)
        if dated:
            return (_("%(a)s 起") if i.low_in else _("%(a)s 之后")) % {"a": low}
        return (_("不低于 %(a)s") if i.low_in else _("高于 %(a)s")) % {"a": low}
    if high is not None:
        if isinstance(i.high, Date):
            return (_("%(b)s 及以前") if i.high_in else _("%(b)s 之前")) % {"b": high}
        return (_("不高于 %(b)s") if i.high_in else _("低于 %(b)s")) % {"b": high}
    return _("不限")


# --- what is missing --------------------------------------------------------------------------------------------------


def lack(failed: Failed, name: str = "", unit: str = "") -> str:
    """One condition that is not met, as what to do about it: where it stands, where it has to be, how far that is."""
    name = name or failed.label
    if failed.change is not None:
        return _step(failed.change, name, unit)
    about = {"n": name, "v": value(failed.value, unit), "t": asked(failed.test, unit)}
    if failed.value is None:
        return _("%(n)s还不知道,要求“%(t)s”") % about
    return _("%(n)s现在为“%(v)s”,要求“%(t)s”") % about


def _step(change: Change, name: str, unit: str) -> str:
    about = {"n": name, "v": value(change.value, unit), "t": value(change.target, unit)}
    if isinstance(change.value, Date):
        about["d"] = apart(change.by, "天")
        words = (
            _("%(n)s是 %(v)s,不能早于 %(t)s,差 %(d)s") if change.up else _("%(n)s是 %(v)s,不能晚于 %(t)s,晚了 %(d)s")
        )
        return words % about
    about["d"] = apart(change.by, unit)
    if change.beyond:
        return (_("%(n)s现在 %(v)s,要高于 %(t)s") if change.up else _("%(n)s现在 %(v)s,要低于 %(t)s")) % about
    if change.up:
        return _("%(n)s现在 %(v)s,要达到 %(t)s,还差 %(d)s") % about
    return _("%(n)s现在 %(v)s,不能超过 %(t)s,多了 %(d)s") % about


def outdated(name: str, period: str, on: date | None = None) -> str:
    """That a fact is of an earlier year than the last full one on a day (today), in a few words; "" where it is not."""
    entry = vocabulary().get(name)
    wanted = behind(entry.period, period, on or timekeeping.now().date()) if entry is not None else ""
    return _("%(p)s 年的旧数据,缺 %(w)s 年的") % {"p": period, "w": wanted} if wanted else ""
