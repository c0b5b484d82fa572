"""The append-only audit log: writing an entry and verifying the chain.

The chain itself is made in PostgreSQL (migration ``accounts.0002``): a deferred trigger links every row of a covered
table at COMMIT, under one advisory lock, so the order of the chain is the order of commits and no caller can forget it.

Whoever owns the database could cut off the newest links, or write the whole chain anew. Against that the chain's head is
noted in a file outside of it (:func:`note_head`); verifying holds every noted head against the chain.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from yingshang import timekeeping
from yingshang.accounts.models import AuditEntry, Person

#: Covered tables and their covered columns; the migrations that create the triggers list the same.
COVERED: dict[str, list[str]] = {
    "accounts_auditentry": ["id", "at", "actor_id", "actor_label", "action", "object_type", "object_id", "data"],
    "cases_event": ["id", "case_id", "seq", "at", "kind", "actor_id", "actor_label", "data", "public", "key"],
}


def record(actor: Person | None, action: str, object_type: str, object_id: object, **data: object) -> AuditEntry:
    """Write one audit entry in the caller's transaction; ``actor`` None is the system itself."""
    return AuditEntry.objects.create(
        at=timekeeping.now(),
        actor=actor,
        actor_label=f"{actor.name} ({actor.username})" if actor else "系统",
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        data=data,
    )


@dataclass(frozen=True)
class Verdict:
    """Result of :func:`verify`: rows looked at, the newest link (hex, to be kept outside) and the problems found."""

    rows: int
    head: str
    problems: list[str]

    @property
    def intact(self) -> bool:
        return not self.problems


def heads_file() -> Path:
    """Where the heads are noted: one JSON line each, ``{"seq", "hash", "at"}``. Worth copying to another machine."""
    return Path(settings.HOME) / "audit-heads.jsonl"


def head() -> tuple[int, str]:
    """Number and hash (hex) of the newest link; ``(0, "")`` of an empty chain."""
    with connection.cursor() as c:
        c.execute("SELECT seq, encode(hash, 'hex') FROM accounts_auditchain ORDER BY seq DESC LIMIT 1")
        seq, hash_ = c.fetchone() or (0, "")
        return int(seq), str(hash_)


def note_head() -> bool:
    """Note the newest link in :func:`heads_file`, unless it was the last one noted; True when a line was added."""
    seq, hash_ = head()
    path = heads_file()
    if not seq or ((noted := _noted(path)) and noted[-1][:2] == (seq, hash_)):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as f:
        f.write(json.dumps({"seq": seq, "hash": hash_, "at": timekeeping.now().isoformat()}) + "\n")
    return True


def _noted(path: Path) -> list[tuple[int, str, str]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
            found.append((int(entry["seq"]), str(entry["hash"]), str(entry["at"])))
        except (ValueError, KeyError, TypeError):
            continue  # a line that a full disk cut off
    return found


def verify(limit: int = 20) -> Verdict:
    """Recompute the chain and compare it with the rows; report the first ``limit`` problems of each kind.

    Finds: a changed row, a deleted row, a row that was never chained, a gap, a changed or exchanged link in the chain
    itself, a case with more or fewer events than its actions wrote, and a chain that was cut off or written anew since
    one of its heads was noted.
    """
    with connection.cursor() as c:
        # Rows were hashed as PostgreSQL writes them in UTC.
        c.execute("SET timezone = 'UTC'")
        c.execute("SELECT count(*), coalesce(max(seq), 0) FROM accounts_auditchain")
        rows, last = c.fetchone()
        problems = [
            *_gaps(c, rows, last, limit),
            *_links(c, limit),
            *(problem for table in COVERED for problem in _rows(c, table, limit)),
            *_counted(c, limit),
            *_heads(c, limit),
        ]
    return Verdict(rows, head()[1], problems)


def _gaps(c: Any, rows: int, last: int, limit: int) -> Iterator[str]:
    if rows == last:
        return
    c.execute(
        "SELECT seq + 1 FROM (SELECT seq, lead(seq) OVER (ORDER BY seq) AS nxt FROM accounts_auditchain) t "
        "WHERE nxt <> seq + 1 LIMIT %s",
        [limit],
    )
    for (number,) in c.fetchall() or [(1,)]:
        yield f"链条缺号:第 {number} 号 / chain number {number} is missing"


def _links(c: Any, limit: int) -> Iterator[str]:
    c.execute(
        "SELECT seq FROM (SELECT seq, hash, sha256(coalesce(lag(hash) OVER (ORDER BY seq), '\\x'::bytea) || row_hash)"
        " AS expected FROM accounts_auditchain) t WHERE hash <> expected LIMIT %s",
        [limit],
    )
    for (seq,) in c.fetchall():
        yield f"链条第 {seq} 号被改动 / link {seq} was changed"


def _rows(c: Any, table: str, limit: int) -> Iterator[str]:
    c.execute("SELECT to_regclass(%s)", [table])
    if c.fetchone()[0] is None:
        return
    c.execute(
        f"SELECT ch.seq, ch.source_id, t.id IS NULL FROM accounts_auditchain ch LEFT JOIN {table} t ON t.id = ch.source_id"
        " WHERE ch.source = %s AND (t.id IS NULL OR audit_row_hash(to_jsonb(t), %s) <> ch.row_hash) LIMIT %s",
        [table, COVERED[table], limit],
    )
    for seq, source_id, missing in c.fetchall():
        what = "被删除 / is missing" if missing else "被改动 / was changed"
        yield f"{table} #{source_id}(链条第 {seq} 号){what}"
    c.execute(
        f"SELECT t.id FROM {table} t LEFT JOIN accounts_auditchain ch ON ch.source = %s AND ch.source_id = t.id"
        " WHERE ch.seq IS NULL LIMIT %s",
        [table, limit],
    )
    for (row,) in c.fetchall():
        yield f"{table} #{row} 未入链 / is not chained"


def _counted(c: Any, limit: int) -> Iterator[str]:
    """Cases whose newest events were cut off since the last head was noted, or written by something else than an action."""
    c.execute("SELECT to_regclass('cases_case')")
    if c.fetchone()[0] is None:
        return
    c.execute(
        "SELECT k.number, k.events_count, coalesce(e.n, 0) FROM cases_case k"
        " LEFT JOIN (SELECT case_id, count(*) AS n FROM cases_event GROUP BY case_id) e ON e.case_id = k.id"
        " WHERE k.events_count <> coalesce(e.n, 0) LIMIT %s",
        [limit],
    )
    for number, said, found in c.fetchall():
        yield f"{number} 应有 {said} 条事件,实有 {found} 条 / should have {said} events and has {found}"


def _heads(c: Any, limit: int) -> Iterator[str]:
    noted = _noted(heads_file())
    c.execute(
        "SELECT seq, encode(hash, 'hex') FROM accounts_auditchain WHERE seq = ANY(%s)", [[seq for seq, _, _ in noted]]
    )
    held = dict(c.fetchall())
    wrong = [(seq, at, seq in held) for seq, hash_, at in noted if held.get(seq) != hash_]
    for seq, at, there in wrong[:limit]:
        if there:
            yield f"链条第 {seq} 号与 {at} 所记不符 / link {seq} is not the one that was noted at {at}"
        else:
            yield f"链条自第 {seq} 号起被截断({at} 曾记录)/ the chain was cut off: link {seq}, noted at {at}, is missing"
