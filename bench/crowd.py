"""Cases by the hundred thousand, made in SQL: enough of each row for lists, counts and rights to be what they would be.

A tenth of the cases is open, spread over sixty units and four statuses; the backlog of every unit and of the pool grows
with the number of cases, so that a list whose cost depends on what is waiting is found out.
"""

from __future__ import annotations

from django.db import connection

from yingshang.accounts.models import Unit
from yingshang.accounts.units import place
from yingshang.cases.models import Procedure

#: Units besides those of the small district; one of them is the clerk's.
UNITS = 60

CASES = """
INSERT INTO cases_case (id, number, scenario, service, procedure_id, title, text, category_id, data, channel, business_id,
    submitter_id, contact_name, contact_phone, street_id, platform_id, status, lead_unit_id, handler_id, level, nature,
    supervised, bounces, routing, opened_at, due_at, closed_at, overdue, answer, solved, reopened,
    external_source, external_id, events_count)
SELECT i, 'QT20220101-' || lpad(i::text, 8, '0'), 'qifu_express', 'demand', %(procedure)s,
    (ARRAY['路灯不亮', '出口退税', '员工子女入学', '厂房扩建', '货车停车', '用电增容'])[1 + i %% 6] || ' ' || i, '',
    NULL, '{}', 'portal', b.id, NULL, '', '', b.street_id, NULL, s.status,
    CASE WHEN s.status = 'pool' THEN NULL ELSE u.id END, NULL, CASE WHEN i %% 97 = 0 THEN 1 ELSE 0 END, '', false, 0, '{}',
    now() - (i %% 500) * interval '1 day',
    now() + ((i::bigint * 7919) %% 20000 - 10000) * interval '1 minute',
    CASE WHEN s.status = 'closed' THEN now() END, i %% 11 = 0 AND s.status <> 'closed', '', i %% 9 <> 0, 0, '', '', 1
FROM generate_series(%(first)s, %(last)s) i
CROSS JOIN LATERAL (SELECT CASE i %% 40 WHEN 0 THEN 'pool' WHEN 1 THEN 'assigned' WHEN 2 THEN 'handling'
    WHEN 3 THEN 'answered' ELSE 'closed' END AS status) s
JOIN bench_unit u ON u.n = i %% (SELECT count(*) FROM bench_unit)
JOIN bench_business b ON b.n = i %% (SELECT count(*) FROM bench_business)
"""
ACCESS = """
INSERT INTO cases_caseaccess (case_id, principal, reason)
SELECT id, 'b' || business_id, 'business' FROM cases_case WHERE id BETWEEN %(first)s AND %(last)s
UNION ALL SELECT id, 'u' || street_id, 'place' FROM cases_case WHERE id BETWEEN %(first)s AND %(last)s
UNION ALL SELECT id, 'u' || lead_unit_id, 'lead' FROM cases_case
    WHERE id BETWEEN %(first)s AND %(last)s AND lead_unit_id IS NOT NULL AND lead_unit_id <> street_id
"""
TASKS = """
INSERT INTO cases_task (case_id, kind, status, step, process_task, run, name, name_en, actor, outcomes, unit_id, person_id,
    business_id, note, opened_at, due_at, done_at, outcome, result, mode, sequence)
SELECT id, 'step', CASE WHEN status = 'closed' THEN 'done' ELSE 'open' END,
    CASE status WHEN 'pool' THEN 'dispatch' WHEN 'assigned' THEN 'sign' WHEN 'handling' THEN 'handle' ELSE 'confirm' END,
    id::text, 1, '办理', 'Handle',
    CASE status WHEN 'pool' THEN 'dispatcher' WHEN 'answered' THEN 'enterprise' ELSE 'lead' END, 'answer',
    CASE WHEN status IN ('assigned', 'handling', 'closed') THEN lead_unit_id END, NULL,
    CASE WHEN status = 'answered' THEN business_id END, '', opened_at, due_at,
    CASE WHEN status = 'closed' THEN now() END, '', '', '', 0
FROM cases_case WHERE id BETWEEN %(first)s AND %(last)s
"""
CLOCKS = """
INSERT INTO cases_clock (case_id, code, name, name_en, amount, basis, state, started_at, due_at, extension, note, note_en)
SELECT id, 'resolve', '办结', 'Resolved', 5, 'working_days',
    CASE WHEN status = 'closed' THEN 'met' ELSE 'running' END, opened_at, due_at, 0, '', ''
FROM cases_case WHERE id BETWEEN %(first)s AND %(last)s
"""
EVENTS = """
INSERT INTO cases_event (case_id, seq, at, kind, actor_label, data, public)
SELECT id, 1, opened_at, 'opened', '企业', '{"channel": "portal"}', true FROM cases_case
    WHERE id BETWEEN %(first)s AND %(last)s
"""


def prepare() -> Unit:
    """The units and businesses that cases are spread over; returns the clerk's unit."""
    root = Unit.objects.get(code="district")
    made = [
        place(Unit(code=f"dept.bench{n}", kind="department", name=f"第 {n} 局", sort=100 + n), root)
        for n in range(UNITS)
        if not Unit.objects.filter(code=f"dept.bench{n}").exists()
    ]
    with connection.cursor() as c:
        c.execute("DROP TABLE IF EXISTS bench_unit, bench_business")
        c.execute(
            "CREATE TABLE bench_unit AS SELECT (row_number() OVER (ORDER BY id) - 1)::int AS n, id FROM accounts_unit"
            " WHERE kind = 'department'"
        )
        c.execute(
            "CREATE TABLE bench_business AS SELECT (row_number() OVER (ORDER BY id) - 1)::int AS n, id, street_id"
            " FROM registry_business"
        )
        c.execute("ALTER TABLE bench_unit ADD PRIMARY KEY (n)")
        c.execute("ALTER TABLE bench_business ADD PRIMARY KEY (n)")
    return made[0] if made else Unit.objects.get(code="dept.bench0")


def grow(upto: int, *, step: int = 100_000) -> None:
    """Add cases until there are ``upto``, and let the planner know."""
    procedure = Procedure.objects.filter(scenario="qifu_express").latest("id").pk
    with connection.cursor() as c:
        c.execute("SELECT coalesce(max(id), 0) FROM cases_case")
        first = c.fetchone()[0] + 1
        # These rows stand for what was chained long ago; the chain itself is measured with the import.
        c.execute("ALTER TABLE cases_event DISABLE TRIGGER audit_chain")
        try:
            while first <= upto:
                where = {"first": first, "last": min(upto, first + step - 1), "procedure": procedure}
                for statement in (CASES, ACCESS, TASKS, CLOCKS, EVENTS):
                    c.execute(statement, where)
                first += step
        finally:
            c.execute("ALTER TABLE cases_event ENABLE TRIGGER audit_chain")
        c.execute(
            "SELECT setval(pg_get_serial_sequence('cases_case', 'id'), greatest(1, (SELECT max(id) FROM cases_case)))"
        )
        c.execute("VACUUM (ANALYZE) cases_case, cases_caseaccess, cases_task, cases_clock, cases_event")
