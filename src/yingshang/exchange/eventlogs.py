"""Event logs from elsewhere: handed in on a page, read by a job, there as a whole or not at all.

``$YINGSHANG_HOME/insight/`` holds what is waiting (``incoming``) and a folder for each log that came in (``logs``).
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases import documents
from yingshang.cases.errors import Invalid, NotAllowed
from yingshang.exchange.models import ANALYSTS, EventLog
from yingshang.insight import reading
from yingshang.insight.errors import BadLog
from yingshang.insight.store import Store

#: Seconds between two notes of how far a log is.
EVERY = 0.5


def home() -> Path:
    """Where everything about event logs lies."""
    return Path(settings.HOME) / "insight"


def held_file(log: EventLog) -> Path:
    """Where the file of a log waits for its job."""
    return home() / "incoming" / f"{log.pk}-{log.sha256[:16]}"


def folder(log: EventLog) -> Path:
    """Where the log lies once it came in."""
    return home() / "logs" / str(log.pk)


def store(log: EventLog) -> Store:
    """The log.

    Raises:
        FileNotFoundError: it is not there (any more).
    """
    return Store.open(folder(log))


def may_look(person: Person) -> bool:
    """Whether the person looks at how procedures ran."""
    return person.is_official and scope_of(person).has(*ANALYSTS)


def hand_in(
    stream: IO[bytes] | Any, *, name: str, actor: Person, activity: str = "", object_type: str = ""
) -> EventLog:
    """Keep the file, note it and let a job read it.

    Raises:
        NotAllowed: the actor does not look at procedures.
        Invalid: the file is empty.
    """
    from yingshang.exchange import jobs

    if not may_look(actor):
        raise NotAllowed(_("只有改革办、审计、区领导和单位、街道负责人可以上传事件日志。"))
    incoming = home() / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=incoming, delete=False) as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    kept = Path(out.name)
    try:
        if not kept.stat().st_size:
            raise Invalid(_("文件是空的。"), fields={"file": _("文件是空的。")})
        with open(kept, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with transaction.atomic():
            log = EventLog.objects.create(
                file_name=documents.clean_name(name)[:200],
                sha256=digest,
                activity=activity.strip() or "concept:name",
                object_type=object_type.strip(),
                by=actor,
            )
            audit.record(actor, "eventlog.hand_in", "eventlog", log.pk, file=log.file_name, sha256=digest)
            kept.rename(held_file(log))
            jobs.read_event_log.defer(log_id=log.pk)
    except BaseException:
        kept.unlink(missing_ok=True)
        raise
    return log


def work(log: EventLog) -> None:
    """Read the log's file; a bad one leaves nothing but the reason."""
    kept = held_file(log)
    if log.state != EventLog.State.RUNNING:
        return
    if not kept.exists():
        _end(log, EventLog.State.FAILED, "文件已不在，请重新上传", "the file is gone: upload it again")
        return
    told = 0.0

    def note(share: float, events: int) -> None:
        nonlocal told
        if time.monotonic() - told > EVERY:
            told = time.monotonic()
            EventLog.objects.filter(pk=log.pk).update(progress=int(share * 100))

    # A job that was killed while it put the folder in place left it there, and the row as it was.
    shutil.rmtree(folder(log), ignore_errors=True)
    folder(log).parent.mkdir(parents=True, exist_ok=True)
    try:
        reading.read(
            kept,
            folder(log),
            name=log.file_name,
            activity=log.activity,
            object_type=log.object_type,
            progress=note,
        )
    except BadLog as error:
        _end(log, EventLog.State.FAILED, error.said_zh, error.said_en)
    else:
        _count(log)
        _end(log, EventLog.State.DONE)
    kept.unlink(missing_ok=True)


def _count(log: EventLog) -> None:
    with store(log).connect() as tables:
        found = tables.execute("SELECT count(*) FILTER (events > 0), coalesce(sum(events), 0) FROM cases").fetchone()
    assert found is not None
    log.cases, log.events, log.progress = found[0], found[1], 100


def _end(log: EventLog, state: str, error: str = "", error_en: str = "") -> None:
    log.state, log.error, log.error_en, log.finished_at = state, error[:4000], error_en[:4000], timekeeping.now()
    # Whoever removed the log meanwhile keeps the last word.
    EventLog.objects.filter(pk=log.pk).update(
        **{f: getattr(log, f) for f in ("state", "error", "error_en", "finished_at", "cases", "events", "progress")}
    )


def remove(log: EventLog, actor: Person) -> None:
    """Throw a log away; the audit log keeps that it was there.

    Raises:
        NotAllowed: the actor does not look at procedures.
    """
    if not may_look(actor):
        raise NotAllowed(_("只有改革办、审计、区领导和单位、街道负责人可以删除事件日志。"))
    with transaction.atomic():
        audit.record(actor, "eventlog.remove", "eventlog", log.pk, file=log.file_name, sha256=log.sha256)
        places = (folder(log), held_file(log))
        EventLog.objects.filter(pk=log.pk).delete()

        def clear() -> None:
            shutil.rmtree(places[0], ignore_errors=True)
            places[1].unlink(missing_ok=True)

        transaction.on_commit(clear)
