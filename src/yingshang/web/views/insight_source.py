"""What a report is about: a procedure of this house, or a log from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from yingshang import timekeeping
from yingshang.accounts.models import localized
from yingshang.cases import catalog
from yingshang.cases.models import Case, CaseQuerySet, Procedure
from yingshang.exchange import eventlogs, houselog
from yingshang.exchange.models import ANALYSTS, EventLog
from yingshang.insight.conformance import Conformance, check
from yingshang.insight.heat import Warmth, heat
from yingshang.insight.net import Net
from yingshang.insight.store import Store
from yingshang.web.views.cockpit_figures import Period, period_of, presets
from yingshang.web.views.desk_support import View, person_of, requires

analyst = requires(*ANALYSTS)
#: Days of a report by default: a year and the month before it.
DAYS = 396


@dataclass
class Source:
    """A log and where its pages are.

    Attributes:
        store: the log.
        title: what it is called.
        at: name of the URL, and its arguments.
        query: parameters that its pages share.
        procedure: the diagram that it is compared with; None where none was chosen.
    """

    store: Store
    title: str
    at: str
    args: tuple[Any, ...]
    query: str = ""
    procedure: Procedure | None = None
    period: Period | None = None
    log: EventLog | None = None
    file_name: str = "log"
    english: dict[str, str] = field(default_factory=dict)

    def says(self, name: str) -> str:
        """A step or a unit in the reader's language, where the log knows both."""
        return localized(name, self.english.get(name, ""))

    def url(self, part: str = "", *args: Any) -> str:
        """The address of the report, or of a part of it."""
        address = reverse(f"desk:{self.at}{part}", args=[*self.args, *args])
        return f"{address}?{self.query}" if self.query else address

    def heat(self, apart: bool) -> list[Warmth]:
        """How often the steps of the chosen diagram were done, and how long cases waited for them."""
        if self.procedure is None:
            return []
        with self.store.connect() as log:
            return heat(log, self.store, Net(self.procedure.diagram.encode()), apart=apart)

    def conformance(self) -> Conformance | None:
        """The log against the chosen diagram."""
        if self.procedure is None:
            return None
        with self.store.connect() as log:
            return check(log, self.store, Net(self.procedure.diagram.encode()))

    def diagram(self) -> str:
        """Where the chosen diagram is; empty where none was chosen."""
        p = self.procedure
        return reverse("desk:insight_diagram", args=[p.scenario, p.name]) if p else ""

    def step_names(self) -> dict[str, str]:
        """Steps of the chosen diagram, in the reader's language."""
        if self.procedure is None:
            return {}
        return {i: localized(*names) for i, names in Net(self.procedure.diagram.encode()).names.items()}


def procedures() -> list[tuple[str, str, str]]:
    """Every procedure of the house: scenario, name, what it is called."""
    return [
        (spec.id, name, str(next((s.name for s in spec.services.values() if s.procedure == name), spec.name)))
        for spec in catalog.every()
        for name in spec.procedures
    ]


def current(scenario: str, name: str) -> Procedure:
    """The diagram in force; Http404 where there is none."""
    found = Procedure.objects.filter(scenario=scenario, name=name).order_by("-version").defer("spec").first()
    if found is None:
        raise Http404
    return found


def cases_of(request: HttpRequest, scenario: str, name: str, period: Period) -> CaseQuerySet:
    """The cases of a procedure that were opened in the period and that the person may read."""
    rows = Case.objects.visible_to(person_of(request)).filter(procedure__scenario=scenario, procedure__name=name)
    return rows.filter(opened_at__gte=period.start, opened_at__lt=period.end)


def house(request: HttpRequest, scenario: str, name: str) -> Source:
    """The log of a procedure of this house.

    Raises:
        Http404: there is no such procedure.
        houselog.TooMuch: the period holds more than a page can wait for.
    """
    procedure = current(scenario, name)
    period = chosen_period(request.GET)
    spec = catalog.get(scenario)
    store = houselog.of(cases_of(request, scenario, name, period))
    return Source(
        store,
        f"{spec.name} · {procedure}",
        "insight_house",
        (scenario, name),
        period.query,
        procedure,
        period,
        file_name=f"{scenario}-{name}-{period.since:%Y%m%d}-{period.until:%Y%m%d}",
        english=store.note.about.get("english", {}),
    )


def chosen_period(given: QueryDict) -> Period:
    """The days asked for; by default those up to today."""
    if given.get("since") or given.get("until"):
        return period_of(given.get("since", ""), given.get("until", ""))
    today = timekeeping.now().astimezone(timekeeping.SHANGHAI).date()
    return Period(today - timedelta(days=DAYS), today)


def uploaded(request: HttpRequest, log: EventLog) -> Source:
    """A log from elsewhere; ``against`` in the query names the diagram that it is compared with.

    Raises:
        Http404: the log is not there (any more), or the diagram is none.
    """
    try:
        store = eventlogs.store(log)
    except FileNotFoundError:
        raise Http404 from None
    against = request.GET.get("against", "")
    procedure = current(*against.split("/", 1)) if against.count("/") == 1 else None
    stem = log.file_name.removesuffix(".gz").rpartition(".")[0] or log.file_name
    query = f"against={against}" if procedure else ""
    return Source(store, log.file_name, "insight_log", (log.pk,), query, procedure, log=log, file_name=stem)


def patient(view: View) -> View:
    """A view of a procedure's log; where the period holds more than a page can wait for, it asks for a shorter one."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except houselog.TooMuch:
            period = chosen_period(request.GET)
            told = [(title, p, p == period) for title, p in presets()]
            context = {"period": period, "presets": told, "most": houselog.MOST_TASKS}
            return render(request, "web/desk/insight/too_much.html", context, status=422)

    return guarded
