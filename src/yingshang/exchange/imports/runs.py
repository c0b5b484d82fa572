"""One import from file to cases: batches in transactions of their own, progress in ``ImportRun``, bad rows kept.

A row is known by its source number, or by the hash of what it says; so the same file again changes nothing, and an import
that was killed goes on where it stopped when it is started again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases import catalog
from yingshang.cases.errors import Invalid, NotAllowed
from yingshang.cases.models import Case, Channel
from yingshang.exchange.imports import columns
from yingshang.exchange.imports.bulk import Demand, Opener
from yingshang.exchange.imports.checking import Checker
from yingshang.exchange.imports.problems import BadFile, Line
from yingshang.exchange.models import IMPORTERS, ImportRun, RefusedRow

KIND = "demands"
BATCH = 2_000
#: Refused rows kept with their content; beyond that the file is the wrong one, and they are only counted.
KEPT = 20_000

Progress = Callable[[ImportRun], None]


def may_import(person: Person) -> bool:
    return person.is_official and scope_of(person).has(*IMPORTERS)


def importable(person: Person, service: catalog.Service) -> bool:
    """Whether a person may bring in sheets for a service: as for a single one, whose posts may start it."""
    return may_import(person) and not scope_of(person).roles.isdisjoint(service.start_by)


def begin(
    path: Path, *, name: str, actor: Person | None, scenario: str, service: str, source: str = "sheet"
) -> ImportRun:
    """Make the run of a file that :func:`work` (now, or a job later) brings in.

    Raises:
        NotAllowed: the actor may not import, or not start this service.
        Invalid: no such scenario or service, or a source name that is empty or too long.
    """
    if actor is not None and not may_import(actor):
        raise NotAllowed(_("只有派单员、改革办和单位、街道负责人可以导入表格。"))
    spec = catalog.get(scenario)
    if service not in spec.services:
        raise Invalid(_("情景 %(s)s 没有服务 %(v)s。") % {"s": scenario, "v": service})
    opened = spec.services[service]
    # What nobody starts directly, such as a claim, is opened with rows beside its case that a sheet knows nothing of.
    if not opened.start_by or (actor is not None and not importable(actor, opened)):
        raise NotAllowed(_("您的岗位不能发起「%(s)s」。") % {"s": opened.name})
    if not 0 < len(source.strip()) <= 40:
        raise Invalid(_("请写明来源(40 字以内),它与来源编号一起防止重复导入。"), fields={"source": _("1 到 40 字")})
    run = ImportRun.objects.create(
        kind=f"{KIND}:{service}",
        scenario=scenario,
        file_name=name[:200],
        sha256=_digest(path),
        source=source.strip(),
        by=actor,
    )
    audit.record(actor, "import.begin", "import_run", run.pk, file=run.file_name, sha256=run.sha256, source=run.source)
    return run


def work(run: ImportRun, path: Path, *, progress: Progress | None = None) -> ImportRun:
    """Bring the file in, batch by batch; returns the finished run.

    Raises:
        BadFile: the file as a whole; the run says so too.
    """
    service = run.kind.partition(":")[2]
    spec = catalog.get(run.scenario)
    run.rows = run.accepted = run.known = run.refused = 0
    run.state, run.error, run.error_en = ImportRun.State.RUNNING, "", ""
    run.refused_rows.all().delete()
    run.save()
    opener = Opener(spec, service, actor=run.by, channel=Channel.IMPORT, source=run.source)
    checker = Checker(spec, service)
    try:
        found = columns.lines(path, columns.for_service(spec, service))
        for batch in _batches(found, BATCH):
            _bring_in(run, batch, checker, opener)
            if progress:
                progress(run)
    except BadFile as e:
        _end(run, ImportRun.State.FAILED, e.zh, e.en)
        raise
    except BaseException as e:
        _end(run, ImportRun.State.FAILED, f"{type(e).__name__}: {e}")
        raise
    _end(run, ImportRun.State.DONE)
    return run


def _bring_in(run: ImportRun, batch: list[Line], checker: Checker, opener: Opener) -> None:
    """One batch in one transaction, with the counts that say so."""
    with transaction.atomic():
        with connection.cursor() as c:
            # Two imports of one source at the same moment take turns, so that each row is known to the second.
            c.execute("SELECT pg_advisory_xact_lock(hashtextextended('import:' || %s, 8214003))", [run.source])
        checker.look_up(batch)
        good: dict[str, Demand] = {}
        for line in batch:
            line.values.setdefault("external_id", content_id(line))
            demand = checker.demand(line)
            if demand is None:
                _refuse(run, line)
            elif demand.external_id in good:
                run.known += 1
            else:
                good[demand.external_id] = demand
        held = set(
            Case.objects.filter(external_source=run.source, external_id__in=list(good)).values_list(
                "external_id", flat=True
            )
        )
        fresh = [d for i, d in good.items() if i not in held]
        opener.open(fresh)
        run.rows += len(batch)
        run.known += len(held)
        run.accepted += len(fresh)
        run.save(update_fields=["rows", "accepted", "known", "refused"])


def _refuse(run: ImportRun, line: Line) -> None:
    run.refused += 1
    if run.refused > KEPT:
        return
    content = {k: v.replace("\0", "�")[:1000] for k, v in line.values.items() if k != "external_id" or ":" not in v}
    RefusedRow.objects.bulk_create(
        RefusedRow(
            run=run,
            row=line.number,
            column=p.column.zh[:80],
            column_en=p.column.en[:120],
            reason=p.reason.zh[:300],
            reason_en=p.reason.en[:400],
            content=content,
        )
        for p in line.problems
    )


def content_id(line: Line) -> str:
    """What a row without a source number is known by: the hash of everything it says."""
    said = json.dumps(line.values, ensure_ascii=False, sort_keys=True)
    return f"row:{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def _batches(lines: Iterable[Line], size: int) -> Iterator[list[Line]]:
    source = iter(lines)
    while batch := list(islice(source, size)):
        yield batch


def _end(run: ImportRun, state: str, error: str = "", error_en: str = "") -> None:
    run.state, run.error, run.error_en, run.finished_at = state, error[:4000], error_en[:4000], timekeeping.now()
    run.save(update_fields=["state", "error", "error_en", "finished_at"])


def _digest(path: Path) -> str:
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
