"""The numbers of a rule as sliders: what each is called, how far it goes, and where somebody has put it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _

from yingshang.rules.figures import Slider
from yingshang.rules.vocabulary import vocabulary
from yingshang.web.views.desk_policies.common import english
from yingshang.web.views.portal_policies import words

#: How far a handle goes: to so many times the number in the table.
TIMES = 3
#: Steps of a handle over its whole way, about.
STEPS = 200


#: As a field of a page sends it. What Python also takes for a number may have a thousand million digits once it is told.
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Handle:
    """One slider of the page; ``name`` of its field, ``value`` in the table, ``at`` where it stands."""

    slider: Slider
    name: str
    at: Decimal | None
    place: str = ""
    """Which of those of its column: the table where there are several, the rule, the number where a cell has several."""

    @property
    def column(self) -> str:
        return fact_label(self.slider.column or self.slider.decision)

    @property
    def title(self) -> str:
        return " · ".join(filter(None, (self.column, self.place)))

    @property
    def where(self) -> str:
        s = self.slider
        if s.kind == "figure":
            return _("由本区填写的标准")
        return f"{_('门槛') if s.kind == 'threshold' else _('结果')} {s.test}"

    @property
    def value(self) -> str | None:
        return plain(self.slider.value)

    @property
    def most(self) -> str:
        """The end of its way, a round number beyond the table's and the present one."""
        far = max((self.slider.value or Decimal(0)) * TIMES, self.at or Decimal(0), Decimal(0))
        return plain(_rounded_up(far)) or "100"

    @property
    def step(self) -> str:
        end = Decimal(self.most)
        exponent = (end / STEPS).adjusted()
        return plain(Decimal(1).scaleb(exponent)) or "1"

    @property
    def shown(self) -> str:
        return plain(self.at) or ""


def _rounded_up(number: Decimal) -> Decimal:
    if number == 0:
        return Decimal(100)
    unit = Decimal(1).scaleb(number.adjusted())
    return (number / unit).to_integral_value("ROUND_CEILING") * unit


def plain(number: Decimal | None) -> str | None:
    """A number as a field has it: without exponent and idle zeros."""
    if number is None:
        return None
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def handles(held: list[Slider], given: QueryDict) -> list[Handle]:
    """The sliders with what the query says of them; what is no number is as in the table."""
    at = [_number(given.get(f"s{n}", "")) for n in range(len(held))]
    places = _places(held)
    return [Handle(s, f"s{n}", s.value if at[n] is None else at[n], places[n]) for n, s in enumerate(held)]


def _places(held: list[Slider]) -> list[str]:
    """What tells each slider from the others of its column; a figure has a name of its own."""
    tables = {s.decision for s in held if s.kind != "figure"}
    cells = Counter(s.id.rpartition(".")[0] for s in held if s.kind != "figure")
    found = []
    for s in held:
        cell, _dot, which = s.id.rpartition(".")
        parts = [] if s.kind == "figure" else [_("第 %(n)d 条规则") % {"n": s.rule}]
        if s.kind != "figure" and len(tables) > 1:
            parts.insert(0, f"「{s.decision}」")
        if cells[cell] > 1:
            parts.append(_("第 %(n)s 个数") % {"n": which})
        found.append(" · ".join(parts))
    return found


def moved(held: list[Handle]) -> dict[str, Decimal]:
    """Those that do not stand where the table has them."""
    return {h.slider.id: h.at for h in held if h.at is not None and h.at != h.slider.value}


def _number(text: str) -> Decimal | None:
    return Decimal(text.strip()) if _NUMBER.fullmatch(text.strip()) else None


def fact_label(label: str) -> str:
    """What a column is called in the page's language."""
    entry = vocabulary().get(_name(label))
    return entry.name_en if entry and entry.name_en and english() else label


def lack_label(label: str, test: str) -> str:
    """What somebody lacks: the fact, and what the rule asks of it, in words."""
    entry = vocabulary().get(_name(label))
    # The unit stands beside the figure already.
    name = fact_label(_name(label)) if entry else label
    return _("%(n)s要%(t)s") % {"n": name, "t": words.asked(test, entry.unit if entry else "")}


def _name(label: str) -> str:
    """A column's fact: its label without the unit in brackets."""
    return label.partition("（")[0]
