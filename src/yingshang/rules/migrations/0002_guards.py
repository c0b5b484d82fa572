"""What PostgreSQL itself refuses of rules: a changed published version, two versions in force on one day; and the notes
of what changed in the register, written in the transaction that changes it."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations

SQL = """
-- The days on which a published version is in force; empty where it was withdrawn before its first day.
CREATE FUNCTION rule_in_force(valid_from date, valid_until date, withdrawn_on date) RETURNS daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT daterange(
        valid_from,
        LEAST(valid_until + 1, CASE WHEN withdrawn_on IS NOT NULL THEN GREATEST(withdrawn_on, valid_from) END),
        '[)')
$$;

ALTER TABLE rules_ruleversion ADD CONSTRAINT rule_one_in_force EXCLUDE USING gist (
    model_id WITH =, rule_in_force(valid_from, valid_until, withdrawn_on) WITH &&
) WHERE (state IN ('published', 'withdrawn'));

CREATE FUNCTION rule_version_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    ends constant text[] := ARRAY['state', 'valid_until', 'withdrawn_on'];
BEGIN
    IF OLD.state NOT IN ('published', 'withdrawn') THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        IF NEW.state = 'published' AND NOT (OLD.state = 'in_review' AND OLD.approved) THEN
            RAISE EXCEPTION 'a version is published after its review' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    -- A published version may end, earlier than was said, and nothing else.
    IF TG_OP = 'UPDATE'
       AND (to_jsonb(OLD) - ends) = (to_jsonb(NEW) - ends)
       AND (NEW.valid_until IS NOT DISTINCT FROM OLD.valid_until
            OR NEW.valid_until < COALESCE(OLD.valid_until, 'infinity'::date))
       AND (OLD.withdrawn_on IS NULL OR NEW.withdrawn_on = OLD.withdrawn_on)
       AND NEW.state IN ('published', 'withdrawn')
       AND (OLD.state = 'published' OR NEW.state = 'withdrawn') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a published version does not change' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER published_stays BEFORE UPDATE OR DELETE ON rules_ruleversion
    FOR EACH ROW EXECUTE FUNCTION rule_version_guard();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON rules_ruleversion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION rules_note_facts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (business_id, at) SELECT DISTINCT business_id, now() FROM changed;
    RETURN NULL;
END
$$;

CREATE FUNCTION rules_note_businesses() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (business_id, at) SELECT id, now() FROM changed;
    RETURN NULL;
END
$$;

CREATE TRIGGER rules_change_insert AFTER INSERT ON registry_fact
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rules_note_facts();
CREATE TRIGGER rules_change_update AFTER UPDATE ON registry_fact
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rules_note_facts();
CREATE TRIGGER rules_change_insert AFTER INSERT ON registry_business
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rules_note_businesses();
CREATE TRIGGER rules_change_update AFTER UPDATE ON registry_business
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rules_note_businesses();
CREATE TRIGGER rules_change_delete AFTER DELETE ON registry_business
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rules_note_businesses();
"""

UNDO = """
DROP TRIGGER rules_change_delete ON registry_business;
DROP TRIGGER rules_change_update ON registry_business;
DROP TRIGGER rules_change_insert ON registry_business;
DROP TRIGGER rules_change_update ON registry_fact;
DROP TRIGGER rules_change_insert ON registry_fact;
DROP FUNCTION rules_note_businesses();
DROP FUNCTION rules_note_facts();
DROP TRIGGER not_emptied ON rules_ruleversion;
DROP TRIGGER published_stays ON rules_ruleversion;
DROP FUNCTION rule_version_guard();
ALTER TABLE rules_ruleversion DROP CONSTRAINT rule_one_in_force;
DROP FUNCTION rule_in_force(date, date, date);
"""


class Migration(migrations.Migration):
    dependencies = [("rules", "0001_initial"), ("registry", "0003_guards_of_whole_tables")]
    operations = [BtreeGistExtension(), migrations.RunSQL(SQL, UNDO)]
