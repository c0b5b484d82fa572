"""The event log of a procedure of this house, out of its cases' tasks, for the pages that show how it ran.

One event is a step that was done, or a task beside the diagram (co-handling, signature, supplement, supervision). What is
*work* and what is *waiting*: a step of handling is work from the moment the case comes to the unit until it is done, less
the time in which the enterprise was asked for more; waiting to be dispatched, to be signed for, and for the enterprise to
confirm or to supplement is waiting. Names of people are left out.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db.models import Count, Max, Q

from yingshang import timekeeping
from yingshang.accounts.models import Unit
from yingshang.cases.models import CaseQuerySet, Status, Task
from yingshang.exchange import eventlogs
from yingshang.insight import moments, rows
from yingshang.insight.rows import Attribute, CaseRow, EventRow
from yingshang.insight.store import Note, Store
from yingshang.insight.writing import Writer

#: Tasks of one log: what a page can wait for.
MOST_TASKS = 500_000
#: Seconds after which a log is taken anew though nothing was done: open cases fall due meanwhile.
STALE = 3600
KEPT = 40
#: Steps that are over in a moment: what takes time is that somebody comes to them.
PICKED_UP = frozenset({"dispatch", "sign", "return"})
ENTERPRISE, ENTERPRISE_EN = "企业", "Enterprise"
RAISED, RAISED_EN = "提出", "Raised"
BESIDE = {
    Task.Kind.COHANDLE: ("协办", "Co-handling"), Task.Kind.SIGN: ("加签", "Signature"),
    Task.Kind.SUPPLEMENT: ("补正", "Supplement"), Task.Kind.SUPERVISE: ("督办", "Supervision"),
    Task.Kind.REVISIT: ("回访", "Call-back"),
}  # fmt: skip
_CASE = ("pk", "number", "service", "channel", "status", "category__code", "street__code", "level", "opened_at",
         "closed_at", "due_at", "submitter__kind")  # fmt: skip
_TASK = ("case_id", "kind", "name", "name_en", "step", "run", "actor", "outcomes", "unit_id", "opened_at", "done_at",
         "due_at", "status")  # fmt: skip


class TooMuch(ValueError):
    """More tasks than a page can wait for."""


def of(cases: CaseQuerySet) -> Store:
    """The log of these cases, taken anew where something happened since it was last asked for.

    Raises:
        TooMuch: more than :data:`MOST_TASKS`.
    """
    tasks = Task.objects.filter(case__in=cases.order_by().values("pk"))
    known = tasks.aggregate(
        n=Count("pk"), last=Max("pk"), done=Max("done_at"), open=Count("pk", filter=Q(status="open"))
    )
    if known["n"] > MOST_TASKS:
        raise TooMuch
    closed = cases.aggregate(n=Count("pk"), closed=Max("closed_at"), last=Max("pk"), due=Max("due_at"))
    now = timekeeping.now()
    said = f"{cases.order_by().values('pk').query}\n{known}\n{closed}\n{now.timestamp() // STALE}"
    folder = eventlogs.home() / "house" / hashlib.sha256(said.encode()).hexdigest()[:32]
    try:
        return Store.open(folder)
    except FileNotFoundError:
        return _take(cases, folder, now)


def _take(cases: CaseQuerySet, folder: Path, now: datetime) -> Store:
    folder.parent.mkdir(parents=True, exist_ok=True)
    note = Note(format="house")
    english: dict[str, str] = {RAISED: RAISED_EN, ENTERPRISE: ENTERPRISE_EN, **dict(BESIDE.values())}
    note.about = {"english": english, "taken": now.isoformat()}
    with Writer(folder, note) as writer:
        writer.extend(_rows(cases, now, english))
        try:
            made = writer.finish()
        except OSError:  # another worker was quicker with the same log
            made = Store.open(folder)
    _clear(folder.parent)
    return made


def _clear(home: Path) -> None:
    """Throw away the logs that were taken longest ago."""
    held = sorted((p for p in home.iterdir() if not p.name.startswith(".")), key=lambda p: p.stat().st_mtime)
    for old in held[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _rows(cases: CaseQuerySet, now: datetime, english: dict[str, str]) -> Iterator[CaseRow]:
    units = {u.pk: (u.short_name or u.name, u.name_en) for u in Unit.objects.all()}
    english.update({zh: en for zh, en in units.values() if en})
    tasks = Task.objects.filter(case__in=cases.order_by().values("pk")).exclude(status=Task.State.CANCELLED)
    found = groupby(
        tasks.order_by("case_id", "done_at", "id").values(*_TASK).iterator(chunk_size=5000), key=lambda t: t["case_id"]
    )
    waiting = next(found, None)
    for case in cases.order_by("pk").values(*_CASE).iterator(chunk_size=2000):
        row = _case(case, now)
        if waiting is not None and waiting[0] == case["pk"]:
            _add(row, list(waiting[1]), units, english)
            waiting = next(found, None)
        yield row


def _case(case: dict[str, Any], now: datetime) -> CaseRow:
    fields = ("service", "channel", "status", "category__code", "street__code")
    told: list[Attribute] = [("string", f.removesuffix("__code"), str(case[f]), []) for f in fields if case[f]]
    told.append(("int", "level", str(case["level"]), []))
    raised = EventRow(RAISED, moments.of(case["opened_at"]), lifecycle="complete", step=rows.RAISED)
    raised.begun = raised.time
    if case["submitter__kind"] == "enterprise":
        raised.unit = ENTERPRISE
    # A case that was withdrawn or merged did not have to come to the end of its diagram.
    ended = {Status.CLOSED: True, Status.WITHDRAWN: None, Status.MERGED: None}.get(case["status"], False)
    return CaseRow(
        case["number"],
        [raised],
        moments.of(case["due_at"]) if case["due_at"] else None,
        moments.of(case["closed_at"] or now),
        ended,
        told,
    )


def _add(row: CaseRow, tasks: list[dict[str, Any]], units: dict[int, tuple[str, str]], english: dict[str, str]) -> None:
    asked = [(t["opened_at"], t["done_at"]) for t in tasks if t["kind"] == Task.Kind.SUPPLEMENT and t["done_at"]]
    for t in tasks:
        if t["done_at"] is None:
            continue
        beside = BESIDE.get(t["kind"])
        name = beside[0] if beside else t["name"]
        if not beside and t["name_en"]:
            english[name] = t["name_en"]
        theirs = t["actor"] == "enterprise" or t["kind"] == Task.Kind.SUPPLEMENT
        begun = t["done_at"]
        if not theirs and not _picks_up(t["outcomes"]):
            begun = t["opened_at"]
            for since, until in asked:
                begun += max(min(until, t["done_at"]) - max(since, t["opened_at"]), timedelta())
        row.events.append(
            EventRow(
                name,
                moments.of(t["done_at"]),
                unit=ENTERPRISE if theirs else units.get(t["unit_id"], ("", ""))[0],
                lifecycle="complete",
                instance=str(t["run"]) if t["run"] > 1 else "",
                due=moments.of(t["due_at"]) if t["due_at"] and not theirs else None,
                begun=moments.of(begun),
                step="" if beside else t["step"],
            )
        )


def _picks_up(outcomes: str) -> bool:
    chosen = {o.strip() for o in outcomes.split(",") if o.strip()}
    return bool(chosen) and chosen <= PICKED_UP
