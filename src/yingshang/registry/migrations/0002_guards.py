"""What PostgreSQL itself refuses: an invalid credit code, a rewritten fact, a rewritten revision."""

from django.db import migrations

SQL = """
CREATE FUNCTION uscc_valid(code text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    alphabet constant text := '0123456789ABCDEFGHJKLMNPQRTUWXY';
    weights constant int[] := ARRAY[1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    total int := 0;
    p int;
BEGIN
    IF code !~ '^[0-9ABCDEFGHJKLMNPQRTUWXY]{18}$' THEN
        RETURN false;
    END IF;
    FOR i IN 1..17 LOOP
        p := strpos(alphabet, substr(code, i, 1)) - 1;
        total := total + p * weights[i];
    END LOOP;
    RETURN substr(alphabet, (31 - total % 31) % 31 + 1, 1) = substr(code, 18, 1);
END
$$;

ALTER TABLE registry_business ADD CONSTRAINT business_uscc_valid CHECK (uscc_valid(uscc));

CREATE FUNCTION fact_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
       AND (to_jsonb(OLD) - 'superseded_at') = (to_jsonb(NEW) - 'superseded_at') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a fact is corrected by a new row, not overwritten' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER corrected_not_overwritten BEFORE UPDATE ON registry_fact
    FOR EACH ROW EXECUTE FUNCTION fact_guard();
CREATE TRIGGER append_only BEFORE UPDATE ON registry_recordrevision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

UNDO = """
DROP TRIGGER append_only ON registry_recordrevision;
DROP TRIGGER corrected_not_overwritten ON registry_fact;
DROP FUNCTION fact_guard();
ALTER TABLE registry_business DROP CONSTRAINT business_uscc_valid;
DROP FUNCTION uscc_valid(text);
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial"), ("accounts", "0002_audit_chain")]
    operations = [migrations.RunSQL(SQL, UNDO)]
