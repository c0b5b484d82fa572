"""The ledger is append-only and alone writes what a budget has reserved and paid.

Each entry takes the lock of its budget's row first, so the checks after it see every entry of that budget that was
committed: a claim has at most its amount reserved, and at most its amount paid, at any moment.
"""

from django.db import migrations

SQL = """
CREATE FUNCTION policies_ledger_entry() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    more_reserved numeric := CASE NEW.kind WHEN 'reserve' THEN NEW.amount WHEN 'return' THEN NEW.amount
                                           WHEN 'release' THEN -NEW.amount WHEN 'pay' THEN -NEW.amount ELSE 0 END;
    more_paid numeric := CASE NEW.kind WHEN 'pay' THEN NEW.amount WHEN 'return' THEN -NEW.amount
                                       WHEN 'claw_back' THEN -NEW.amount ELSE 0 END;
    due numeric;
    held numeric;
    given numeric;
BEGIN
    UPDATE policies_budget SET reserved = reserved + more_reserved, paid = paid + more_paid WHERE id = NEW.budget_id;
    SELECT amount INTO due FROM policies_claim WHERE id = NEW.claim_id AND budget_id = NEW.budget_id;
    IF due IS NULL THEN
        RAISE EXCEPTION 'claim % is not of budget %', NEW.claim_id, NEW.budget_id USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(sum(CASE kind WHEN 'reserve' THEN amount WHEN 'return' THEN amount
                                  WHEN 'release' THEN -amount WHEN 'pay' THEN -amount ELSE 0 END), 0),
           coalesce(sum(CASE kind WHEN 'pay' THEN amount WHEN 'return' THEN -amount
                                  WHEN 'claw_back' THEN -amount ELSE 0 END), 0)
        INTO held, given FROM policies_ledgerentry WHERE claim_id = NEW.claim_id;
    IF held < 0 OR given < 0 OR held + given > due THEN
        RAISE EXCEPTION 'claim %: % reserved and % paid of %', NEW.claim_id, held, given, due
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger AFTER INSERT ON policies_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION policies_ledger_entry();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON policies_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON policies_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION policies_budget_by_ledger() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.reserved <> 0 OR NEW.paid <> 0)
        OR TG_OP = 'UPDATE' AND pg_trigger_depth() < 2
            AND (NEW.reserved, NEW.paid) IS DISTINCT FROM (OLD.reserved, OLD.paid) THEN
        RAISE EXCEPTION 'reserved and paid of a budget are written by its ledger only'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER by_ledger BEFORE INSERT OR UPDATE ON policies_budget
    FOR EACH ROW EXECUTE FUNCTION policies_budget_by_ledger();

-- What was reserved or paid for a claim is not changed under it, nor a payment that went to the bank.
CREATE FUNCTION policies_claim_fixed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.amount, NEW.budget_id, NEW.clause_id, NEW.subject, NEW.period, NEW.version_id)
            IS DISTINCT FROM (OLD.amount, OLD.budget_id, OLD.clause_id, OLD.subject, OLD.period, OLD.version_id)
        AND EXISTS (SELECT 1 FROM policies_ledgerentry WHERE claim_id = OLD.id) THEN
        RAISE EXCEPTION 'claim % stands in the ledger: its amount, rule and budget stay', OLD.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER fixed BEFORE UPDATE ON policies_claim FOR EACH ROW EXECUTE FUNCTION policies_claim_fixed();

CREATE FUNCTION policies_payment_fixed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.claim_id, NEW.batch_id, NEW.reference, NEW.amount, NEW.payee_name, NEW.payee_account, NEW.payee_bank)
        IS DISTINCT FROM
        (OLD.claim_id, OLD.batch_id, OLD.reference, OLD.amount, OLD.payee_name, OLD.payee_account, OLD.payee_bank) THEN
        RAISE EXCEPTION 'payment % is not changed, but made anew', OLD.reference USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER fixed BEFORE UPDATE ON policies_payment FOR EACH ROW EXECUTE FUNCTION policies_payment_fixed();
CREATE TRIGGER not_deleted BEFORE DELETE ON policies_payment FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE SEQUENCE policies_batch_seq;
CREATE SEQUENCE policies_payment_seq;
"""

UNDO = """
DROP SEQUENCE policies_payment_seq;
DROP SEQUENCE policies_batch_seq;
DROP TRIGGER not_deleted ON policies_payment;
DROP TRIGGER fixed ON policies_payment;
DROP FUNCTION policies_payment_fixed();
DROP TRIGGER fixed ON policies_claim;
DROP FUNCTION policies_claim_fixed();
DROP TRIGGER by_ledger ON policies_budget;
DROP FUNCTION policies_budget_by_ledger();
DROP TRIGGER not_emptied ON policies_ledgerentry;
DROP TRIGGER append_only ON policies_ledgerentry;
DROP TRIGGER ledger ON policies_ledgerentry;
DROP FUNCTION policies_ledger_entry();
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial"), ("accounts", "0002_audit_chain")]
    operations = [migrations.RunSQL(SQL, UNDO)]
