"""Events are append-only and chained; a published procedure and a ledger line never change; numbers come from one sequence."""

from django.db import migrations

SQL = """
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON cases_event DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_chain_row(
        'id', 'case_id', 'seq', 'at', 'kind', 'actor_id', 'actor_label', 'data');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE ON cases_clockentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE ON cases_procedure
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE SEQUENCE cases_number_seq;
"""

UNDO = """
DROP SEQUENCE cases_number_seq;
DROP TRIGGER immutable ON cases_procedure;
DROP TRIGGER append_only ON cases_clockentry;
DROP TRIGGER append_only ON cases_event;
DROP TRIGGER audit_chain ON cases_event;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("accounts", "0002_audit_chain")]
    operations = [migrations.RunSQL(SQL, UNDO)]
