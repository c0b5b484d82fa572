"""Facts and revisions are history: neither deleted nor emptied."""

from django.db import migrations

SQL = """
CREATE TRIGGER not_deleted BEFORE DELETE ON registry_fact FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON registry_fact FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_deleted BEFORE DELETE ON registry_recordrevision FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON registry_recordrevision FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

UNDO = """
DROP TRIGGER not_emptied ON registry_recordrevision;
DROP TRIGGER not_deleted ON registry_recordrevision;
DROP TRIGGER not_emptied ON registry_fact;
DROP TRIGGER not_deleted ON registry_fact;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_guards"), ("accounts", "0004_guards_of_whole_tables")]
    operations = [migrations.RunSQL(SQL, UNDO)]
