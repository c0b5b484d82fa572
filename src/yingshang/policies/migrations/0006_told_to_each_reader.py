"""What was stored in the language of whoever did it is told to each reader in theirs; clocks of corrections that were made
under the promise of claims are called what they are. Lines of the ledger stay as they were written."""

from django.db import migrations

SQL = """
UPDATE policies_payment SET reason = '银行未说明原因' WHERE reason = 'The bank gave no reason';
UPDATE policies_claim
    SET refusal = regexp_replace(refusal, '^An objection during the public notice was upheld: ', '公示期间异议成立:')
    WHERE refusal LIKE 'An objection during the public notice was upheld: _%';
UPDATE cases_clock SET name = '核实并更正', name_en = 'Checked and corrected'
    FROM cases_case c
    WHERE c.id = cases_clock.case_id AND c.scenario = 'policy_delivery' AND c.service = 'correction'
        AND cases_clock.code = 'resolve' AND cases_clock.name = '审核并拨付';
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0005_returnrow_about"), ("cases", "0004_procedure_published_again")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
