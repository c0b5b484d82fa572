"""The audit chain finds what was changed, lost, exchanged, cut off or written anew; the tables refuse all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from yingshang.accounts import audit

#: Tables that are history, and what PostgreSQL refuses to do to them.
GUARDED = {
    "accounts_auditentry": ("UPDATE", "DELETE", "TRUNCATE"),
    "accounts_auditchain": ("UPDATE", "DELETE", "TRUNCATE"),
    "cases_event": ("UPDATE", "DELETE", "TRUNCATE"),
    "cases_clockentry": ("UPDATE", "DELETE", "TRUNCATE"),
    "cases_procedure": ("UPDATE", "DELETE", "TRUNCATE"),
    "registry_fact": ("UPDATE", "DELETE", "TRUNCATE"),
    "registry_recordrevision": ("UPDATE", "DELETE", "TRUNCATE"),
}
#: BEFORE, and the bit of each operation, in pg_trigger.tgtype.
_BITS = {"DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "operation"), [(t, o) for t, all_ in GUARDED.items() for o in all_])
def test_history_is_guarded_against(table: str, operation: str) -> None:
    with connection.cursor() as c:
        c.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
            " AND tgtype & 2 = 2 AND tgtype & %s <> 0",
            [table, _BITS[operation]],
        )
        assert c.fetchone() == (1,)


@pytest.mark.django_db
@pytest.mark.parametrize("table", GUARDED)
def test_history_cannot_be_emptied(table: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as c:
        c.execute(f"ALTER TABLE {table} ENABLE TRIGGER not_emptied")
        c.execute(f"TRUNCATE {table} CASCADE")


@pytest.fixture
def chain(transactional_db: None) -> Iterator[Callable[..., None]]:
    """Five entries in the chain, and a way to tamper with the tables as their owner can."""
    audit.heads_file().unlink(missing_ok=True)
    for n in range(5):
        audit.record(None, "test", "thing", n, n=n)

    def tamper(*statements: str) -> None:
        with transaction.atomic(), connection.cursor() as c:
            for table in ("accounts_auditentry", "accounts_auditchain"):
                c.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement in statements:
                c.execute(statement)
            c.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in ("accounts_auditentry", "accounts_auditchain"):
                c.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
                c.execute(f"ALTER TABLE {table} DISABLE TRIGGER not_emptied")

    yield tamper
    audit.heads_file().unlink(missing_ok=True)


NEWEST = "(SELECT max(seq) FROM accounts_auditchain)"
#: The whole chain as it would read, had it always been like this.
ANEW = """
    DO $$ DECLARE link record; before bytea := ''; BEGIN
        SET LOCAL timezone = 'UTC';
        UPDATE accounts_auditchain ch SET row_hash = audit_row_hash(to_jsonb(e),
            ARRAY['id', 'at', 'actor_id', 'actor_label', 'action', 'object_type', 'object_id', 'data'])
            FROM accounts_auditentry e WHERE ch.source = 'accounts_auditentry' AND ch.source_id = e.id;
        FOR link IN SELECT seq, row_hash FROM accounts_auditchain ORDER BY seq LOOP
            before := sha256(before || link.row_hash);
            UPDATE accounts_auditchain SET hash = before WHERE seq = link.seq;
        END LOOP;
    END $$
"""
TAMPERINGS = {
    "a changed row": (["UPDATE accounts_auditentry SET object_id = 'x' WHERE object_id = '2'"], "was changed"),
    "a missing row": (["DELETE FROM accounts_auditentry WHERE object_id = '2'"], "is missing"),
    "a missing link": ([f"DELETE FROM accounts_auditchain WHERE seq = {NEWEST} - 2"], "is not chained"),
    "a missing row with its link": (
        [
            "DELETE FROM accounts_auditchain WHERE source_id = (SELECT id FROM accounts_auditentry WHERE object_id = '2')",
            "DELETE FROM accounts_auditentry WHERE object_id = '2'",
        ],
        "chain number",
    ),
    "a smuggled row": (
        [
            "INSERT INTO accounts_auditentry (at, actor_label, action, object_type, object_id, data)"
            " VALUES (now(), 'x', 'x', 'x', 'x', '{}')"
        ],
        "is not chained",
    ),
    "rows exchanged": (
        [
            "UPDATE accounts_auditentry SET object_id = CASE object_id WHEN '1' THEN '2' ELSE '1' END"
            " WHERE object_id IN ('1', '2')"
        ],
        "was changed",
    ),
    "links exchanged": (
        [
            f"UPDATE accounts_auditchain SET seq = -1 WHERE seq = {NEWEST}",
            f"UPDATE accounts_auditchain SET seq = seq + 1 WHERE seq = {NEWEST}",
            f"UPDATE accounts_auditchain SET seq = {NEWEST} - 1 WHERE seq = -1",
        ],
        "link",
    ),
    "the newest row and link cut off": (
        [
            f"DELETE FROM accounts_auditchain WHERE seq = {NEWEST}",
            "DELETE FROM accounts_auditentry WHERE object_id = '4'",
        ],
        "cut off",
    ),
    "the chain written anew": (
        ["UPDATE accounts_auditentry SET object_id = 'x' WHERE object_id = '2'", ANEW],
        "is not the one that was noted",
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_found(chain: Callable[..., None], how: str) -> None:
    assert audit.verify().intact
    assert audit.note_head()
    statements, said = TAMPERINGS[how]
    chain(*statements)
    verdict = audit.verify()
    assert any(said in p for p in verdict.problems), verdict.problems


@pytest.mark.django_db(transaction=True)
def test_a_head_is_noted_once_and_stays_true_as_the_chain_grows(chain: Callable[..., None]) -> None:
    assert audit.note_head()
    assert not audit.note_head()
    audit.record(None, "test", "thing", 5)
    assert audit.note_head()
    with audit.heads_file().open("a") as f:
        f.write('{"seq": 3, "ha')  # the disk was full
    assert audit.verify().intact
    assert len(audit.heads_file().read_text().splitlines()) == 3


@pytest.mark.django_db
def test_the_last_link_is_found_by_the_index_even_where_the_chain_was_empty_when_it_was_planned() -> None:
    with connection.cursor() as c:
        c.execute("TRUNCATE accounts_auditchain")
        c.execute("ANALYZE accounts_auditchain")
        for n in range(50):
            audit.record(None, "test", "thing", n)
        c.execute("SET CONSTRAINTS ALL IMMEDIATE")
        c.execute("SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'accounts_auditchain'")
        assert c.fetchone() == (0,)
        assert audit.head()[0] == 50
