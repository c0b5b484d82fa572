"""Requests that another system exported as Open311 CSV, as cases with the times that system gave.

The rule by which a request is on time or overdue (worked out on Boston's export of 2022, where it explains every row):

* without a target there is no promise, and nothing can be late;
* a closed request is on time when it was closed at or before its target;
* an open one is overdue when its target has passed at the moment of the export, otherwise on time.

Times in the file are local wall time without a zone. They are read in the zone of the exporting city, so that a target
beyond the change to summer time is neither an hour early nor late.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person
from yingshang.cases import actions, clocks, events, sweep
from yingshang.cases.actions._base import lock, move, step
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case, Channel, Clock
from yingshang.cases.sheets import encoding_of
from yingshang.exchange.imports.problems import BadFile
from yingshang.exchange.models import ImportRun, RefusedRow

SCENARIO, SERVICE = "open311_import", "request"
BOSTON = ZoneInfo("America/New_York")
ON_TIME, OVERDUE = "ONTIME", "OVERDUE"
#: Columns without which a file is no such export.
NEEDED = ("case_enquiry_id", "open_dt", "target_dt", "closed_dt", "case_title")
#: Column of the file → field of the form.
_FORM = ("type", "reason", "subject", "queue", "location", "neighborhood", "source", "latitude", "longitude")


@dataclass(frozen=True)
class Request:
    """One row of the file."""

    row: int
    number: str
    opened: datetime
    target: datetime | None
    closed: datetime | None
    title: str
    closure: str
    said: str
    """What the file itself says: ``ONTIME``, ``OVERDUE``, or ``""``."""
    data: dict[str, Any]


@dataclass
class Outcome:
    """What an import did, and where its own judgement differs from the file's: (row, number, file, ours)."""

    run: ImportRun
    compared: int = 0
    differing: list[tuple[int, str, str, str]] = field(default_factory=list)


class BadRow(ValueError):
    """A row that cannot be read; names the column."""

    def __init__(self, column: str, zh: str, en: str) -> None:
        super().__init__(zh)
        self.column, self.zh, self.en = column, zh, en


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with open(path, encoding=encoding_of(path), newline="") as f:
        reader = csv.DictReader(f)
        if missing := [c for c in NEEDED if c not in (reader.fieldnames or [])]:
            raise BadFile(
                f"缺少这些列:{'、'.join(missing)}。这不是 Open311 工单导出文件。",
                f"columns missing: {', '.join(missing)}; not an Open311 export",
            )
        number = 2
        for row in reader:
            yield number, {k: (v or "").strip() for k, v in row.items() if k is not None and not isinstance(v, list)}
            number = reader.line_num + 1


def read(number: int, row: dict[str, str], zone: ZoneInfo) -> Request:
    """One row as a request.

    Raises:
        BadRow: no number, no or wrong times, an end before the beginning.
    """

    def at(column: str) -> datetime | None:
        if not row[column]:
            return None
        try:
            found = datetime.fromisoformat(row[column])
        except ValueError:
            raise BadRow(column, f"时间写法不对:{row[column][:40]}", f"not a time: {row[column][:40]}") from None
        return found.astimezone(timekeeping.SHANGHAI) if found.tzinfo else found.replace(tzinfo=zone)

    opened, target, closed = at("open_dt"), at("target_dt"), at("closed_dt")
    if not row["case_enquiry_id"]:
        raise BadRow("case_enquiry_id", "缺少工单编号", "no number")
    if opened is None:
        raise BadRow("open_dt", "缺少受理时间", "no opening time")
    if closed is not None and closed < opened:
        raise BadRow("closed_dt", "办结早于受理", "closed before it was opened")
    data: dict[str, Any] = {k: row[k] for k in _FORM if row.get(k)}
    for k in ("latitude", "longitude"):
        if k in data:
            try:
                data[k] = float(data[k])
            except ValueError:
                raise BadRow(k, f"不是坐标:{data[k][:40]}", f"not a coordinate: {data[k][:40]}") from None
    return Request(
        row=number,
        number=row["case_enquiry_id"],
        opened=opened,
        target=target,
        closed=closed,
        title=row["case_title"][:120] or "—",
        closure=row.get("closure_reason", ""),
        said=row.get("ontime", "").upper(),
        data=data,
    )


def bring_in(
    path: Path,
    *,
    actor: Person | None = None,
    source: str = "boston311",
    zone: ZoneInfo = BOSTON,
    as_of: datetime | None = None,
) -> Outcome:
    """Bring a file in: new requests are opened, known ones that have been closed since are closed, others left alone.

    Args:
        as_of: the moment of the export, for requests that are still open; default now.

    Raises:
        BadFile: not such an export.
    """
    as_of = as_of or timekeeping.now()
    with open(path, "rb") as f:
        digest = hashlib.file_digest(f, "sha256").hexdigest()
    run = ImportRun.objects.create(
        kind="open311", scenario=SCENARIO, file_name=path.name[:200], sha256=digest, source=source[:40], by=actor
    )
    audit.record(actor, "import.begin", "import_run", run.pk, file=run.file_name, sha256=digest, source=source)
    outcome = Outcome(run)
    try:
        for number, row in _rows(path):
            run.rows += 1
            try:
                _one(outcome, read(number, row, zone), as_of)
            except (BadRow, ActionError) as e:
                run.refused += 1
                # An action says what it refuses in the language of whoever asked; here that is the command line's.
                column, zh, en = (e.column, e.zh, e.en) if isinstance(e, BadRow) else ("", str(e), "")
                RefusedRow.objects.create(
                    run=run, row=number, column=column, reason=zh[:300], reason_en=en[:400], content=row
                )
    except BadFile as e:
        run.state, run.error, run.error_en = ImportRun.State.FAILED, e.zh, e.en
        raise
    else:
        run.state = ImportRun.State.DONE
    finally:
        run.finished_at = timekeeping.now()
        run.save()
    return outcome


def _one(outcome: Outcome, request: Request, as_of: datetime) -> None:
    run = outcome.run
    known = Case.objects.filter(external_source=run.source, external_id=request.number).first()
    with transaction.atomic():
        case = known or _open(run, request)
        if request.closed is not None and not case.ended:
            _close(case, request)
        elif known is not None:
            run.known += 1
        if known is None:
            run.accepted += 1
            case = lock(case)
            events.write(case, "imported", run.by, public=False, source=run.source)
            case.save(update_fields=["events_count"])
    _mark_overdue(case, as_of)
    if request.said:
        outcome.compared += 1
        ours = judge(case, as_of)
        if ours != request.said:
            outcome.differing.append((request.row, request.number, request.said, ours))


def _open(run: ImportRun, request: Request) -> Case:
    # History is told at the time at which it happened.
    with timekeeping.travel(request.opened):
        case = actions.open_case(
            None,
            scenario=SCENARIO,
            service=SERVICE,
            title=request.title,
            channel=Channel.IMPORT,
            data=request.data,
            external_source=run.source,
            external_id=request.number,
        )
        if request.target is not None:
            case = lock(case)
            clocks.start_given(
                case,
                clocks.RESOLVE,
                request.target,
                name="来源系统的时限",
                name_en="The source system's target",
                note="时限由来源系统给出 / given by the source system",
            )
            case.save()
    return case


def _close(case: Case, request: Request) -> None:
    assert request.closed is not None
    with timekeeping.travel(request.closed):
        locked = lock(case)
        locked.answer = request.closure
        task = step(locked, "done")
        move(locked, task, None, "done", request.closure)
        events.write(
            locked, "step_done", None, step=task.name, step_en=task.name_en, outcome="done", note=request.closure
        )
        locked.save()


def _mark_overdue(case: Case, as_of: datetime) -> None:
    """Let clocks that were past their time at ``as_of`` fire now rather than at the sweeper's next round."""
    with timekeeping.travel(as_of):
        for clock in Clock.objects.filter(
            case=case, state=Clock.State.RUNNING, fired_at__isnull=True, due_at__lt=as_of
        ):
            sweep.fire_clock(clock.pk, case.pk)


def judge(case: Case, as_of: datetime) -> str:
    """``ONTIME`` or ``OVERDUE`` by the case's own clock, under the rule above."""
    clock = Clock.objects.filter(case=case, code=clocks.RESOLVE).order_by("-id").first()
    if clock is None or clock.state in (Clock.State.MET, Clock.State.CANCELLED):
        return ON_TIME
    if clock.state == Clock.State.LATE:
        return OVERDUE
    return OVERDUE if clock.due_at < as_of else ON_TIME
