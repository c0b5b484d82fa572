"""No money goes to an account that no reviewer saw: another account takes the reviews away, and back to paying leads
that of finance alone.

Automatic grants are reviewed by nobody at first; one whose account was changed afterwards is reviewed like any.
"""

from django.db import migrations

SQL = """
CREATE FUNCTION policies_claim_account_seen() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.payee_name, NEW.payee_account, NEW.payee_bank)
            IS DISTINCT FROM (OLD.payee_name, OLD.payee_account, OLD.payee_bank)
        AND (NEW.finance_reviewer_id IS NOT NULL OR NEW.state NOT IN ('review', 'finance')) THEN
        RAISE EXCEPTION 'claim %: nobody has seen its new account', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state IN ('review', 'finance') AND NEW.state IN ('notice', 'payable', 'paying', 'paid')
        AND NEW.finance_reviewer_id IS NULL THEN
        RAISE EXCEPTION 'claim %: not passed by finance', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER account_seen BEFORE UPDATE ON policies_claim
    FOR EACH ROW EXECUTE FUNCTION policies_claim_account_seen();
"""
BACK = "DROP TRIGGER account_seen ON policies_claim; DROP FUNCTION policies_claim_account_seen()"


class Migration(migrations.Migration):
    dependencies = [("policies", "0006_told_to_each_reader")]
    operations = [migrations.RunSQL(SQL, BACK)]
