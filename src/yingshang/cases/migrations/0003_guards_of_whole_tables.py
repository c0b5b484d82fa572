"""Events, ledgers and published procedures refuse to be deleted and emptied; the chain covers all that an event says.

The chain is written anew once, since it covers more columns from here on.
"""

from django.db import migrations

SQL = """
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON cases_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON cases_clockentry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON cases_procedure FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_deleted BEFORE DELETE ON cases_clockentry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_deleted BEFORE DELETE ON cases_procedure FOR EACH ROW EXECUTE FUNCTION refuse_change();

DROP TRIGGER audit_chain ON cases_event;
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON cases_event DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_chain_row(
        'id', 'case_id', 'seq', 'at', 'kind', 'actor_id', 'actor_label', 'data', 'public', 'key');

ALTER TABLE accounts_auditchain DISABLE TRIGGER append_only;
SET LOCAL timezone = 'UTC';
DO $$
DECLARE
    link record;
    before bytea := '';
BEGIN
    UPDATE accounts_auditchain ch SET row_hash = audit_row_hash(to_jsonb(e), ARRAY[
        'id', 'case_id', 'seq', 'at', 'kind', 'actor_id', 'actor_label', 'data', 'public', 'key'])
        FROM cases_event e WHERE ch.source = 'cases_event' AND ch.source_id = e.id;
    FOR link IN SELECT seq, row_hash FROM accounts_auditchain ORDER BY seq LOOP
        before := sha256(before || link.row_hash);
        UPDATE accounts_auditchain SET hash = before WHERE seq = link.seq;
    END LOOP;
END
$$;
ALTER TABLE accounts_auditchain ENABLE TRIGGER append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_guards"), ("accounts", "0004_guards_of_whole_tables")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
