"""The append-only tables refuse to be emptied, too: TRUNCATE fires no row trigger."""

from django.db import migrations

TABLES = ("accounts_auditentry", "accounts_auditchain")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_shared_cache")]
    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER not_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();",
            f"DROP TRIGGER not_emptied ON {table};",
        )
        for table in TABLES
    ]
