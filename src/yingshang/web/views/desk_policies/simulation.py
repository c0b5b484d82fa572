"""A version on the whole population before anybody publishes it: whom it reaches, what it costs, who wins and loses."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.models import Unit
from yingshang.decisions.errors import DecisionError
from yingshang.policies.models import Budget, Claim, Clause
from yingshang.registry.models import Business
from yingshang.rules import figures, grouping, results, snapshot
from yingshang.rules.errors import RuleRefused
from yingshang.rules.models import RuleVersion
from yingshang.rules.simulation import Against, Simulation, simulate
from yingshang.rules.snapshot import NoSnapshot
from yingshang.web.views.desk_policies import sliders
from yingshang.web.views.desk_policies.common import about, bars, clause_of, columns, english, in_force
from yingshang.web.views.desk_policies.sliders import Handle, lack_label
from yingshang.web.views.desk_support import official

#: Kinds of lack that are listed, and businesses that are named beside each.
LACKS, NAMED = 20, 4
#: Years for which anything is asked.
DAYS = range(2000, 2101)
#: Rows of an export that are read at a time.
CHUNK = 2_000


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    clause: Clause
    version: RuleVersion
    current: RuleVersion | None
    on: date
    handles: list[Handle]


@official
def simulation(request: HttpRequest, policy: str, code: str) -> HttpResponse:
    """The page, at once; what is computed comes into its lower part when it is there, at first as after a slider."""
    asked = _asked(request, policy, code)
    context = {"clause": asked.clause, "version": asked.version, "current": asked.current, "on": asked.on}
    if not request.headers.get("HX-Request"):
        shell = {**context, "handles": asked.handles, "tab": "policies"}
        return render(request, "web/desk/policies/simulation.html", shell)
    try:
        context |= _shown(request, asked, _simulate(asked))
    except _Refused as refused:
        context["refused"] = str(refused)
    return render(request, "web/desk/policies/_simulation.html", context)


class _Refused(Exception):
    """Why nothing can be simulated, for the person."""


def _asked(request: HttpRequest, policy: str, code: str) -> Asked:
    clause = clause_of(policy, code)
    versions = list(clause.rule.versions.select_related("model")) if clause.rule else []
    number = request.GET.get("v", "")
    version = next((v for v in versions if str(v.number) == number), None) if number else next(iter(versions), None)
    if version is None:
        raise Http404
    today = timekeeping.now().date()
    try:
        on = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        on = today
    # Days on which the businesses have ages, and policies years.
    if on.year not in DAYS:
        on = today
    current = next((v for v in versions if in_force(v, on)), None)
    try:
        held = figures.sliders(version.xml)
    except DecisionError:
        held = []
    return Asked(clause, version, current, on, sliders.handles(held, request.GET))


def _simulate(asked: Asked) -> Simulation:
    moved = sliders.moved(asked.handles)
    same = asked.current is not None and asked.current.pk == asked.version.pk and not moved
    try:
        return simulate(asked.version, asked.on, against=None if same else asked.current, sliders=moved)
    except NoSnapshot:
        raise _Refused(_("还没有读取全区企业的数据,请先到“全区测算”里算一次。")) from None
    except RuleRefused as refused:
        raise _Refused(refused.message) from None
    except KeyError as error:
        raise _Refused(_("这一版还算不了:%(e)s。请先按检查的提示改好。") % {"e": error}) from None


# --- what the page shows ------------------------------------------------------------------------------------------------


def _shown(request: HttpRequest, asked: Asked, found: Simulation) -> dict[str, Any]:
    budget = Budget.objects.filter(policy=asked.clause.policy, year=asked.on.year).first()
    rest = budget and budget.left - _to_pay(asked, budget, found)
    query = request.GET.urlencode()
    address = reverse("desk:policy_near", args=[asked.clause.policy.code, asked.clause.code])
    return {
        "sim": found,
        "against": found.against,
        "number_change": found.against and found.number - found.against.number,
        "amount_change": found.against and found.amount - found.against.amount,
        "budget": budget,
        "rest": rest,
        "over": rest is not None and rest < 0,
        "took": round(found.seconds * 1000),
        "synthetic": Business.objects.filter(synthetic=True).exists(),
        "groups": list(_groups(found)),
        "sides": _sides(found.against) if found.against else [],
        "near": _near(found),
        "near_url": f"{address}?{query}" if query else address,
    }


def _to_pay(asked: Asked, budget: Budget, found: Simulation) -> Decimal:
    """What is still to come: the whole sum, less what those who are in it have claimed already.

    Claims of businesses that the version does not reach rest on facts that they declared themselves: they are gone from the
    budget, and no part of the sum.
    """
    live = Claim.objects.filter(clause=asked.clause, budget=budget).exclude(state__in=Claim.ENDED)
    claimed = dict(live.order_by().values_list("business_id").annotate(Sum("amount")))
    told = found.table.select(["id", "state", "amount"])
    rows = told.filter(pc.is_in(told["id"], pa.array(list(claimed), pa.int64()))).to_pylist()
    had = (min(claimed[r["id"]], r["amount"]) for r in rows if r["state"] == "eligible" and r["amount"])
    return found.amount - sum(had, Decimal(0))


def _groups(found: Simulation) -> Iterator[dict[str, Any]]:
    titles = {"street": (_("按街道"), _("街道")), "industry": (_("按行业"), _("行业")),
              "size": (_("按规模"), _("规模")), "age": (_("按成立年数"), _("成立年数"))}  # fmt: skip
    streets = dict(Unit.objects.filter(kind=Unit.Kind.STREET).values_list("name", "name_en")) if english() else {}
    paid = found.amount > 0
    for by, (title, column) in titles.items():
        rows = [
            {"label": _label(p, streets), "number": p.number, "amount": p.amount}
            for p in (sorted(found.by[by], key=lambda p: -p.number) if by in ("street", "industry") else found.by[by])
        ]
        option = bars([(r["label"], r["number"]) for r in rows], _("家数"))
        yield {"id": f"by-{by}", "title": title, "column": column, "rows": rows, "chart": option, "sums": paid,
               "unit": _("家数"), "empty": not rows}  # fmt: skip
    if found.distribution:
        rows = [{"label": f"{about(b.low)} – {about(b.high)}", "number": b.number} for b in found.distribution]
        option = columns([(about(b.low), b.number) for b in found.distribution], _("家数"))
        yield {"id": "by-amount", "title": _("每家拿多少"), "column": _("金额"), "rows": rows, "chart": option,
               "unit": _("家数")}  # fmt: skip


def _label(part: grouping.Part, streets: dict[str, str]) -> str:
    if not english():
        return part.label
    return part.label_en or streets.get(part.label) or part.label


def _sides(against: Against) -> list[dict[str, Any]]:
    return [
        {"title": _("多拿的"), "number": against.winners, "sum": against.won, "rows": against.top_winners[:8]},
        {"title": _("少拿的"), "number": against.losers, "sum": -against.lost, "rows": against.top_losers[:8]},
    ]


def _near(found: Simulation) -> list[dict[str, Any]]:
    """The near misses by what they lack, with some names."""
    population = snapshot.population(found.on)
    told = []
    for lack in found.near_misses[:LACKS]:
        rows = results.chosen(found.table, population, ("near",), lack.text)[:NAMED]
        names = [r.name for r in results.told(found.table, population, rows)]
        told.append({"lack": lack_label(lack.label, lack.test), "number": lack.number, "names": _("、").join(names)})
    return told


# --- the list for those who help them over the threshold -----------------------------------------------------------------


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


@official
def near_list(request: HttpRequest, policy: str, code: str) -> HttpResponse:
    """All near misses of a simulation as CSV, whatever their number."""
    asked = _asked(request, policy, code)
    try:
        found = _simulate(asked)
    except _Refused as refused:
        return HttpResponse(str(refused), status=409, content_type="text/plain; charset=utf-8")
    answer = StreamingHttpResponse(_lines(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="near-{policy}-{code}-v{asked.version.number}.csv"'
    return answer


def _lines(found: Simulation) -> Iterator[str]:
    population = snapshot.population(found.on)
    rows = results.chosen(found.table, population, ("near",))
    writer = csv.writer(_Echo())
    head = [_("统一社会信用代码"), _("企业"), _("街道"), _("规模"), _("差什么"), _("现在")]
    yield "\ufeff" + str(writer.writerow(head))
    for at in range(0, len(rows), CHUNK):
        for row in results.told(found.table, population, rows[at : at + CHUNK]):
            lack = lack_label(row.lack.label, row.lack.test) if row.lack else ""
            value = "" if row.value is None else str(row.value)
            yield str(writer.writerow([safe(c) for c in (row.uscc, row.name, row.street, row.size, lack, value)]))


def safe(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
