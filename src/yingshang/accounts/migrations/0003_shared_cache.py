"""The cache that worker processes share (sign-in attempts, API rates): unlogged, since losing it costs nothing."""

from django.db import migrations

SQL = """
CREATE UNLOGGED TABLE shared_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX shared_cache_expires ON shared_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit_chain")]
    operations = [migrations.RunSQL(SQL, "DROP TABLE shared_cache")]
