"""Opening many cases at once: the same rows as :func:`yingshang.cases.actions.open_case`, written with COPY.

Row by row only what differs by row is computed: the routing and the state of the procedure. What a batch shares (due
times of its moment, promises, units, whose task the pool is) is looked up once. A test compares every column of every
table with what ``open_case`` writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from yingshang import decisions, timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Person, Unit
from yingshang.cases import alike, catalog, categories, clocks, engine, events, procedures, routing
from yingshang.cases.models import (
    Case,
    CaseAccess,
    CaseProcess,
    Category,
    Clock,
    ClockEntry,
    Event,
    Promise,
    Status,
    Task,
    Timer,
)
from yingshang.exchange.imports.copying import Table, as_json
from yingshang.processes import clocks as rules
from yingshang.processes.bpmn.copies import Started, Starter


@dataclass
class Demand:
    """One checked row, with its codes resolved."""

    title: str
    text: str = ""
    category: Category | None = None
    business_id: int | None = None
    street: Unit | None = None
    platform: Unit | None = None
    contact_name: str = ""
    contact_phone: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    external_id: str = ""


@dataclass
class _Due:
    """A promise at the batch's moment."""

    promise: Promise
    at: datetime
    note: str
    note_en: str


class Opener:
    """Opens batches of demands of one service for one actor. Not for two threads at once."""

    def __init__(
        self, spec: catalog.ScenarioSpec, service: str, *, actor: Person | None, channel: str, source: str
    ) -> None:
        self.spec, self.actor, self.channel, self.source = spec, actor, channel, source
        self.service = spec.services[service]
        self.procedure = procedures.current(spec.id, self.service.procedure)
        self.tables = {m: Table(m) for m in (Case, CaseAccess, CaseProcess, Task, Timer, Clock, ClockEntry, Event)}
        self.categories = {c.code: c for c in Category.objects.filter(scenario=spec.id, active=True)}
        self.units = {u.code: u for u in Unit.objects.filter(active=True)}
        self._address: dict[tuple[str, int | None], tuple[Unit | None, Any]] = {}
        self._alike: dict[tuple[int, str], alike.Alike] = {}

    def open(self, demands: Sequence[Demand]) -> None:
        """Write the cases of one batch; the caller holds the transaction and has left out what is known already."""
        if not demands:
            return
        now = timekeeping.now()
        self._address.clear()
        batch = _Batch(self, demands, now)
        with routing.pinned():
            for case, demand in zip(batch.cases, demands, strict=True):
                batch.add(case, demand)
        batch.write()

    def evaluate(self, model: decisions.Model, decision: str, inputs: Mapping[str, Any]) -> Any:
        """A decision's answer, asked once for all demands that it cannot tell apart."""
        key = (id(model), decision)
        if key not in self._alike:
            # It holds the model, so that no other one gets the same id.
            self._alike[key] = alike.Alike(model, decision)
        return self._alike[key].evaluate(inputs)

    def addressed(self, actor: str, near: Unit | None) -> tuple[Unit | None, Any]:
        """Unit and person that ``ys:actor`` names, asked once a batch (see ``engine._address``)."""
        key = (actor, near.pk if near and actor.startswith("role:") else None)
        if key not in self._address:
            found: tuple[Unit | None, Any] = (None, None)
            if actor == "revisitor":
                found = (engine.dispatch_unit(), None)
            elif actor.startswith("unit:"):
                found = (Unit.objects.filter(code=actor[5:]).first(), None)
            elif actor.startswith("role:"):
                found = engine.holder_of(actor[5:], near)
            self._address[key] = found
        return self._address[key]


class _Batch:
    """The rows of one batch in the making."""

    def __init__(self, opener: Opener, demands: Sequence[Demand], now: datetime) -> None:
        self.opener, self.now = opener, now
        self.starter = Starter(procedures.definition(opener.procedure.pk), now)
        self.rows: dict[Any, list[list[Any]]] = {m: [] for m in opener.tables}
        self.keys = opener.tables[Case].reserve(len(demands))
        self.clock_keys: list[int] = []
        self.promises = _promises(opener.spec.id)
        self.dues: dict[tuple[str, int | None], _Due | None] = {}
        numbers = _numbers(opener.service.number_prefix, now, len(demands))
        self.cases = [self._case(*row) for row in zip(self.keys, numbers, demands, strict=True)]

    def _case(self, key: int, number: str, d: Demand) -> Case:
        o = self.opener
        return Case(
            pk=key,
            number=number,
            scenario=o.spec.id,
            service=o.service.id,
            procedure=o.procedure,
            title=d.title.strip(),
            text=d.text.strip(),
            category=d.category,
            data=d.data,
            channel=o.channel,
            business_id=d.business_id,
            submitter=o.actor,
            contact_name=d.contact_name,
            contact_phone=d.contact_phone,
            street=d.street,
            platform=d.platform,
            opened_at=self.now,
            external_source=o.source if d.external_id else "",
            external_id=d.external_id,
        )

    def add(self, case: Case, demand: Demand) -> None:
        """One case with everything that ``open_case`` writes for it, in the same order."""
        granted: dict[str, str] = {}
        if case.business_id:
            granted.setdefault(f"b{case.business_id}", "business")
        if case.submitter_id:
            granted.setdefault(f"p{case.submitter_id}", "submitter")
        for place in (case.street_id, case.platform_id):
            if place:
                granted.setdefault(f"u{place}", "place")
        running: set[str] = set()
        self._event(case, "opened", self.opener.actor, {"channel": self.opener.channel, "title": case.title})
        start = self.starter.start(engine.variables(case), engine._decider(case, self.opener.evaluate))
        self._recognise(case, start)
        for code in engine.AT_OPENING:
            self._clock(case, code, running)
        self.rows[CaseProcess].append(
            self.opener.tables[CaseProcess].row(self.now, case_id=case.pk, state=start.state, run=1)
        )
        self._project(case, start, running, granted)
        if case.routing:
            self._event(case, "routed", None, {"routing": case.routing}, public=False)
        access = self.opener.tables[CaseAccess]
        self.rows[CaseAccess] += [
            access.row(self.now, case_id=case.pk, principal=who, reason=why) for who, why in granted.items()
        ]
        self.rows[Case].append(self._as_row(case))

    def _recognise(self, case: Case, start: Started) -> None:
        """What ``categories.recognise`` does."""
        routed = start.data.get("routing")
        code = routed.get("category") if isinstance(routed, Mapping) else None
        if code and case.category_id is None and (given := self.opener.categories.get(str(code))):
            case.category = given
            self._event(case, "category_set", None, categories.by_rule(given))

    def _as_row(self, case: Case) -> list[Any]:
        table = self.opener.tables[Case]
        values = [getattr(case, name) for name in table.names]
        for name in ("data", "routing"):
            values[table.position[name]] = as_json(getattr(case, name))
        return values

    def _clock(self, case: Case, code: str, running: set[str]) -> None:
        due = self._due(code, case.category_id)
        if due is None or code in running:
            return
        running.add(code)
        p = due.promise
        self.rows[Clock].append(
            self.opener.tables[Clock].row(
                self.now,
                case_id=case.pk,
                code=code,
                name=p.name,
                name_en=p.name_en,
                amount=p.amount,
                basis=p.basis,
                started_at=self.now,
                due_at=due.at,
                note=due.note,
                note_en=due.note_en,
            )
        )
        # The clock's key is put in when the batch is written.
        self.rows[ClockEntry].append(
            self.opener.tables[ClockEntry].row(
                self.now, kind=ClockEntry.Kind.STARTED.value, at=self.now, due_at=due.at, reason=""
            )
        )
        if code == clocks.RESOLVE:
            case.due_at = due.at

    def _due(self, code: str, category_id: int | None) -> _Due | None:
        key = (code, category_id)
        if key not in self.dues:
            promise = self.promises.get(key) or self.promises.get((code, None))
            self.dues[key] = None
            if promise is not None:
                due = rules.compute(
                    rules.Promise(promise.amount, promise.basis),
                    started=self.now,
                    pauses=[],
                    extension=Decimal(0),
                    calendar=calendar.load(),
                )
                self.dues[key] = _Due(promise, due.at, due.note_zh[:200], due.note_en[:200])
        return self.dues[key]

    def _event(self, case: Case, kind: str, actor: Person | None, data: dict[str, Any], *, public: bool = True) -> None:
        case.events_count += 1
        self.rows[Event].append(
            self.opener.tables[Event].row(
                self.now,
                case_id=case.pk,
                seq=case.events_count,
                at=self.now,
                kind=kind,
                actor_id=actor.pk if actor else None,
                actor_label=events.label_of(actor),
                data=as_json(data),
                public=public,
            )
        )

    def _project(self, case: Case, start: Started, running: set[str], granted: dict[str, str]) -> None:
        """What ``engine.project`` does for a first run: tasks with their addressees, status, timers."""
        routed = start.data.get("routing")
        if isinstance(routed, Mapping):
            case.routing = routing.as_json(routed)
        made: list[dict[str, Any]] = []
        for t in start.tasks:
            for code in engine._codes(t.attributes.get("clock")):
                self._clock(case, code, running)
            actor = t.attributes.get("actor", "lead")
            unit_id = person_id = business_id = None
            if actor == "lead":
                if case.lead_unit_id is None and (code := case.routing.get("unit")):
                    case.lead_unit = self.opener.units.get(code)
                unit_id = case.lead_unit_id
            elif actor == "enterprise":
                business_id = case.business_id
                person_id = case.submitter_id if business_id is None else None
            else:
                unit, person = self.opener.addressed(actor, case.lead_unit)
                unit_id, person_id = unit.pk if unit else None, person.pk if person else None
            if unit_id:
                granted.setdefault(f"u{unit_id}", "task")
            if person_id:
                granted.setdefault(f"p{person_id}", "task")
            if status := t.attributes.get("status"):
                case.status = status
            made.append(
                {
                    "case_id": case.pk,
                    "run": 1,
                    "step": t.step,
                    "process_task": t.id,
                    "name": t.name,
                    "name_en": t.attributes.get("name_en", ""),
                    "actor": actor,
                    "outcomes": t.attributes.get("outcomes", ""),
                    "opened_at": self.now,
                    "unit_id": unit_id,
                    "person_id": person_id,
                    "business_id": business_id,
                }
            )
        first = self._due(clocks.FIRST_CONTACT, case.category_id) if clocks.FIRST_CONTACT in running else None
        due = first.at if first else case.due_at
        self.rows[Task] += [self.opener.tables[Task].row(self.now, due_at=due, **m) for m in made]
        self.rows[Timer] += [
            self.opener.tables[Timer].row(
                self.now, case_id=case.pk, run=1, process_timer=t.id, step=t.step, due_at=t.due
            )
            for t in start.timers
        ]
        if start.ended:
            case.status, case.closed_at = Status.CLOSED, self.now

    def write(self) -> None:
        """COPY everything, referred-to rows first."""
        tables = self.opener.tables
        self.clock_keys = tables[Clock].reserve(len(self.rows[Clock]))
        position = tables[ClockEntry].position["clock_id"]
        for entry, key in zip(self.rows[ClockEntry], self.clock_keys, strict=True):
            entry[position] = key
        tables[Case].write(self.rows[Case], self.keys)
        for model in (CaseAccess, CaseProcess, Task, Timer):
            if self.rows[model]:
                tables[model].write(self.rows[model])
        tables[Clock].write(self.rows[Clock], self.clock_keys)
        for model in (ClockEntry, Event):
            tables[model].write(self.rows[model])


def _promises(scenario: str) -> dict[tuple[str, int | None], Promise]:
    rows = Promise.objects.filter(scenario=scenario, until__isnull=True)
    return {(p.code, p.category_id): p for p in rows}


def _numbers(prefix: str, now: datetime, count: int) -> list[str]:
    """Case numbers out of the one sequence, as ``opening.number_of`` makes them."""
    with connection.cursor() as c:
        c.execute("SELECT nextval('cases_number_seq') FROM generate_series(1, %s)", [count])
        return [f"{prefix}{now:%Y%m%d}-{n:06d}" for (n,) in c.fetchall()]
