"""The append-only audit log: writing an entry and verifying the chain.

The chain itself is made in PostgreSQL (migration ``accounts.0002``): a deferred trigger links every row of a covered
table at COMMIT, under one advisory lock, so the order of the chain is the order of commits and no caller can forget it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from yingshang import timekeeping
from yingshang.accounts.models import AuditEntry, Person

#: Covered tables and their covered columns; the migrations that create the triggers list the same.
COVERED: dict[str, list[str]] = {
    "accounts_auditentry": ["id", "at", "actor_id", "actor_label", "action", "object_type", "object_id", "data"],
    "cases_event": ["id", "case_id", "seq", "at", "kind", "actor_id", "actor_label", "data"],
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


def verify(limit: int = 20) -> Verdict:
    """Recompute the chain and compare it with the rows; report the first ``limit`` problems of each kind.

    Finds: a changed row, a deleted row, a row that was never chained, a gap or a changed link in the chain itself.
    """
    problems: list[str] = []
    with connection.cursor() as c:
        # Rows were hashed as PostgreSQL writes them in UTC.
        c.execute("SET timezone = 'UTC'")
        c.execute("SELECT count(*), coalesce(max(seq), 0) FROM accounts_auditchain")
        rows, last = c.fetchone()
        c.execute("SELECT encode(hash, 'hex') FROM accounts_auditchain ORDER BY seq DESC LIMIT 1")
        head = (c.fetchone() or ("",))[0]
        if rows != last:
            c.execute(
                "SELECT seq + 1 FROM (SELECT seq, lead(seq) OVER (ORDER BY seq) AS nxt FROM accounts_auditchain) t "
                "WHERE nxt <> seq + 1 LIMIT %s",
                [limit],
            )
            gaps = [r[0] for r in c.fetchall()] or [1]
            problems += [f"链条缺号:第 {g} 号 / chain number {g} is missing" for g in gaps]
        c.execute(
            "SELECT seq FROM (SELECT seq, hash, sha256(coalesce(lag(hash) OVER (ORDER BY seq), '\\x'::bytea) || row_hash)"
            " AS expected FROM accounts_auditchain) t WHERE hash <> expected LIMIT %s",
            [limit],
        )
        problems += [f"链条第 {s} 号被改动 / link {s} was changed" for (s,) in c.fetchall()]
        for table, columns in COVERED.items():
            c.execute("SELECT to_regclass(%s)", [table])
            if c.fetchone()[0] is None:
                continue
            c.execute(
                f"SELECT ch.seq, ch.source_id, t.id IS NULL FROM accounts_auditchain ch LEFT JOIN {table} t ON t.id = ch.source_id"
                " WHERE ch.source = %s AND (t.id IS NULL OR audit_row_hash(to_jsonb(t), %s) <> ch.row_hash) LIMIT %s",
                [table, columns, limit],
            )
            for seq, source_id, missing in c.fetchall():
                what = "被删除 / is missing" if missing else "被改动 / was changed"
                problems.append(f"{table} #{source_id}(链条第 {seq} 号){what}")
            c.execute(
                f"SELECT t.id FROM {table} t LEFT JOIN accounts_auditchain ch ON ch.source = %s AND ch.source_id = t.id"
                " WHERE ch.seq IS NULL LIMIT %s",
                [table, limit],
            )
            problems += [f"{table} #{i} 未入链 / is not chained" for (i,) in c.fetchall()]
    return Verdict(rows, head, problems)
