"""Prepared query sets find what plain ones find; writes that wait are seen by the next read and fail their block."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from psycopg.pq import TransactionStatus

from yingshang.accounts import statements
from yingshang.accounts.models import Heartbeat, Unit
from yingshang.accounts.units import place

pytestmark = pytest.mark.django_db

BELOW = statements.Prepared(
    lambda kinds, parent: (
        Unit.objects.filter(Q(kind__any_of=kinds) | Q(sort=7), parent=parent, active=True)
        .select_related("parent")
        .order_by("code")
    ),
    ["‹kinds›"],
    -(2**40),
)


@pytest.fixture
def district() -> Unit:
    root = place(Unit(code="district", kind="district", name="区"), None)
    for n, kind in enumerate(["street", "department", "street", "community"]):
        place(Unit(code=f"u{n}", kind=kind, name=f"第 {n} 个,50%", sort=n), root)
    return root


def test_a_prepared_query_finds_what_a_plain_one_finds(district: Unit) -> None:
    for kinds in (["street"], ["street", "community"], [], ["department", "nothing"]):
        plain = Unit.objects.filter(kind__in=kinds, parent=district, active=True).order_by("code")
        found = BELOW(kinds, district.pk)
        assert [(u.code, u.name, u.parent.name) for u in found] == [(u.code, u.name, "区") for u in plain]
    assert BELOW(["street"], 0) == []


def test_related_rows_and_repeated_calls_cost_one_query(district: Unit) -> None:
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            assert [u.parent.code for u in BELOW(["street"], district.pk)] == ["district", "district"]
        assert len(queries) == 1


def test_the_first_row_or_none(district: Unit) -> None:
    found = BELOW.first(["street"], district.pk)
    assert found is not None and found.code == "u0"
    assert BELOW.first([], district.pk) is None


def test_a_value_that_is_compared_with_nothing_is_an_error(district: Unit) -> None:
    with pytest.raises(TypeError, match="every value"):
        statements.Prepared(lambda unused: Unit.objects.filter(code="x"), "‹unused›")("y")


def beat(name: str) -> Heartbeat:
    from yingshang import timekeeping

    return Heartbeat(name=name, beat_at=timekeeping.now(), info={"n": name})


def names() -> list[str]:
    return list(Heartbeat.objects.order_by("name").values_list("name", flat=True))


def test_writes_wait_for_the_end_of_the_block_and_go_together() -> None:
    with CaptureQueriesContext(connection) as queries, statements.gathered():
        for name in ("a", "b", "c"):
            statements.insert_later(beat(name))
        statements.later("UPDATE accounts_heartbeat SET info = %s WHERE name = %s", ["{}", "b"])
        assert len(queries) == 0
    assert len(queries) == 1
    assert names() == ["a", "b", "c"]
    assert Heartbeat.objects.get(name="b").info == {}


def test_a_row_needs_no_instance_and_takes_defaults_and_only_what_there_is(district: Unit) -> None:
    from yingshang import timekeeping

    with statements.gathered():
        statements.insert_later(beat("a"))
        statements.insert_row_later(Heartbeat, name="b", beat_at=timekeeping.now())
        statements.insert_row_later(Heartbeat, once=True, name="b", beat_at=timekeeping.now(), info={"twice": True})
        statements.insert_row_later(
            Unit, code="new", kind=Unit.Kind.STREET, name="新'街\\", path="/1/2/", parent_id=district.pk
        )
        with pytest.raises(TypeError, match="no columns: parent"):
            statements.insert_row_later(Unit, code="other", parent=district)
    assert names() == ["a", "b"] and Heartbeat.objects.get(name="b").info == {}
    made = Unit.objects.get(code="new")
    assert (made.name, made.kind, made.active, made.sort, made.duties) == ("新'街\\", "street", True, 0, "")


def test_a_read_sees_what_was_written_before_it() -> None:
    with statements.gathered():
        statements.insert_later(beat("a"))
        with statements.gathered():
            statements.insert_later(beat("b"))
        assert names() == ["a", "b"]
        statements.insert_later(beat("c"))
        assert names() == ["a", "b", "c"]


def test_order_is_kept_where_it_matters() -> None:
    with statements.gathered():
        statements.insert_later(beat("a"))
        statements.later("DELETE FROM accounts_heartbeat")
        statements.insert_later(beat("b"))
    assert names() == ["b"]


def test_what_a_failing_block_held_is_dropped() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(), statements.gathered():
        statements.insert_later(beat("a"))
        raise ZeroDivisionError
    with statements.gathered():
        statements.insert_later(beat("b"))
    assert names() == ["b"]


def test_an_error_of_a_waiting_write_stops_the_block() -> None:
    statements.insert_later(beat("a"))
    with pytest.raises(IntegrityError), transaction.atomic(), statements.gathered():
        statements.insert_later(beat("a"))
    with statements.gathered():
        statements.insert_later(beat("a"), once=True)
    assert names() == ["a"]


def test_outside_of_a_block_nothing_waits() -> None:
    assert statements.memo() is None
    statements.insert_later(beat("a"))
    assert names() == ["a"]


def test_each_thread_has_its_own_block() -> None:
    seen = []
    with statements.gathered():
        thread = threading.Thread(target=lambda: seen.append(statements.memo()))
        thread.start()
        thread.join()
        assert statements.memo() == {}
    assert seen == [None]


def test_only_what_changed_is_written(district: Unit) -> None:
    unit = Unit.objects.get(code="u1")
    statements.remember(unit)
    statements.changes_later(unit)
    Unit.objects.filter(code="u1").update(phone="0571")
    unit.name = "改名"
    with CaptureQueriesContext(connection) as queries:
        statements.changes_later(unit)
    assert len(queries) == 1 and "phone" not in queries[0]["sql"]
    unit.refresh_from_db()
    assert (unit.name, unit.phone) == ("改名", "0571")


def test_several_questions_at_once(district: Unit) -> None:
    with statements.gathered():
        statements.insert_later(beat("a"))
        first, second = statements.together((BELOW, [["street"], district.pk]), (BELOW, [["community"], district.pk]))
        assert [u.code for u in first] == ["u0", "u2"] and [u.code for u in second] == ["u3"]
        assert names() == ["a"]


def test_a_question_apart_does_not_send_what_waits(district: Unit) -> None:
    apart = statements.Prepared(lambda code: Unit.objects.filter(code=code), "‹code›", apart=True)
    with CaptureQueriesContext(connection) as queries, statements.gathered():
        statements.insert_later(beat("a"))
        assert [u.name for u in apart("u1")] == ["第 1 个,50%"]
        assert len(queries) == 1 and "heartbeat" not in queries[0]["sql"]
        statements.insert_later(beat("b"))
        # Beside one that is not, it waits as all do.
        statements.together((apart, ["u1"]), (BELOW, [["street"], district.pk]))
        assert names() == ["a", "b"]


def test_what_comes_back_is_the_same_whether_somebody_watches_or_not(district: Unit) -> None:
    def told() -> list[object]:
        with transaction.atomic(), pytest.raises(IntegrityError) as refused, transaction.atomic():
            for _ in range(2):
                statements.insert_later(beat("a"))
        found = statements.together((BELOW, [["street"], district.pk]), (BELOW, [[], 0]))
        ids = statements.numbered(accounts_unit_id_seq=2, accounts_person_id_seq=1)
        return [
            str(refused.value),
            [[(u.code, u.parent) for u in part] for part in found],
            [len(i) for i in ids.values()],
        ]

    alone = told()
    with CaptureQueriesContext(connection) as queries:
        assert told() == alone
    assert sum("EXECUTE" in q["sql"] for q in queries) == 4


@pytest.mark.django_db(transaction=True)
def test_nothing_is_asked_in_a_transaction_that_broke() -> None:
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic(savepoint=False):
            for _ in range(2):
                statements.insert_later(beat("a"))
        BELOW([], 0)
    assert names() == []


@pytest.mark.django_db(transaction=True)
def test_a_server_that_went_away_is_an_error_as_any_other_and_the_next_question_finds_a_new_connection() -> None:
    assert BELOW([], 0) == []
    other = connection.copy()
    with other.cursor() as c:
        c.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    other.close()
    with pytest.raises(OperationalError):
        BELOW([], 0)
    connection.close_if_unusable_or_obsolete()
    assert BELOW([], 0) == []


def test_ids_drawn_beforehand_are_used_once(district: Unit) -> None:
    with statements.gathered():
        drawn = statements.numbered(accounts_unit_id_seq=2)["accounts_unit_id_seq"]
        statements.keep_ids(Unit, drawn)
        units = [
            Unit(pk=statements.take_id(Unit), code=f"n{n}", kind="street", name="新", path="/x/", parent=district)
            for n in range(3)
        ]
        for unit in units:
            statements.insert_later(unit)
    assert [u.pk for u in units[:2]] == drawn and units[2].pk not in drawn
    assert list(Unit.objects.filter(code__startswith="n").order_by("code")) == units


def state() -> tuple[TransactionStatus, bool]:
    driver = connection.connection
    return driver.info.transaction_status, driver.autocommit


AT_REST = (TransactionStatus.IDLE, True)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_begins_with_its_first_message_and_ends_as_any_other() -> None:
    with statements.one_transaction():
        (drawn,) = statements.numbered(accounts_person_id_seq=1)["accounts_person_id_seq"]
        assert state()[0] == TransactionStatus.INTRANS
        statements.insert_later(beat("kept"))
    assert state() == AT_REST and names() == ["kept"] and drawn

    with pytest.raises(ValueError, match="stop"), transaction.atomic():
        assert BELOW(["street"], 0) == []  # begins
        statements.insert_later(beat("gone"))
        with pytest.raises(IntegrityError), transaction.atomic():
            statements.insert_later(beat("kept"))
        assert names() == ["gone", "kept"]
        raise ValueError("stop")
    assert state() == AT_REST and names() == ["kept"]


@pytest.mark.django_db(transaction=True)
def test_a_first_message_that_fails_leaves_the_connection_as_it_was() -> None:
    with pytest.raises(IntegrityError), statements.one_transaction():
        statements.insert_later(beat("a"))
        statements.insert_later(beat("a"))
    assert state() == AT_REST and names() == []
    with transaction.atomic():
        statements.insert_later(beat("b"))
    assert state() == AT_REST and names() == ["b"]
