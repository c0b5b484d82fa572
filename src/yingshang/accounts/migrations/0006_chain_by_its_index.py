"""The chain's last link is found by the index, whatever the planner knew of the table when it was first asked.

A session plans the question once. Where that was while the table was empty and known to be so (just analyzed), the plan was
to read all of it and sort: a long transaction, which links a hundred thousand rows, then read the whole chain for each.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_person_managers")]
    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION audit_chain_row() SET enable_seqscan = off",
            "ALTER FUNCTION audit_chain_row() RESET enable_seqscan",
        )
    ]
