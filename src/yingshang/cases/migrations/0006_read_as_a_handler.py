"""Who asked for a business reads the case as its handler: a row of their own would outlive that."""

from django.db import migrations

DROP = """
DELETE FROM cases_caseaccess a USING cases_case c, accounts_person p
WHERE c.id = a.case_id AND p.id = c.submitter_id AND a.principal = 'p' || p.id AND a.reason = 'submitter'
  AND c.business_id IS NOT NULL AND p.kind = 'enterprise'
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_channel_of_projects"), ("accounts", "0005_person_managers")]
    operations = [migrations.RunSQL(DROP, migrations.RunSQL.noop)]
