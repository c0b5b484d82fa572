"""Notes say which facts of a business changed, so that those alone are read; what is being done is told in English, too."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

SQL = """
CREATE OR REPLACE FUNCTION rules_note_facts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- Of a bulk load everything is read anyway.
    IF (SELECT count(*) FROM (SELECT FROM changed LIMIT 10001) AS counted) > 10000 THEN
        INSERT INTO rules_change (business_id, at) SELECT DISTINCT business_id, now() FROM changed;
    ELSE
        INSERT INTO rules_change (business_id, keys, at)
            SELECT business_id, array_agg(DISTINCT key), now() FROM changed GROUP BY business_id;
    END IF;
    RETURN NULL;
END
$$;

-- Columns that no rule reads are corrected without a note.
CREATE FUNCTION rules_note_moved() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (business_id, at)
        SELECT c.id, now() FROM changed c JOIN before b ON b.id = c.id
        WHERE (c.uscc, c.name, c.industry_code, c.kind, c.status, c.street_id, c.platform_id, c.founded, c.capital,
               c.foreign_invested, c.leading_industry)
            IS DISTINCT FROM
              (b.uscc, b.name, b.industry_code, b.kind, b.status, b.street_id, b.platform_id, b.founded, b.capital,
               b.foreign_invested, b.leading_industry);
    RETURN NULL;
END
$$;
DROP TRIGGER rules_change_update ON registry_business;
CREATE TRIGGER rules_change_update AFTER UPDATE ON registry_business
    REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rules_note_moved();

-- Rules read a street and a platform by their names.
CREATE FUNCTION rules_note_renamed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (business_id, at)
        SELECT b.id, now() FROM registry_business b WHERE b.street_id = NEW.id OR b.platform_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER rules_change_renamed AFTER UPDATE ON accounts_unit
    FOR EACH ROW WHEN ((OLD.name, OLD.short_name) IS DISTINCT FROM (NEW.name, NEW.short_name))
    EXECUTE FUNCTION rules_note_renamed();
"""

UNDO = """
DROP TRIGGER rules_change_renamed ON accounts_unit;
DROP FUNCTION rules_note_renamed();
DROP TRIGGER rules_change_update ON registry_business;
DROP FUNCTION rules_note_moved();
CREATE TRIGGER rules_change_update AFTER UPDATE ON registry_business
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rules_note_businesses();
CREATE OR REPLACE FUNCTION rules_note_facts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (business_id, at) SELECT DISTINCT business_id, now() FROM changed;
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("rules", "0004_exports"), ("accounts", "0002_audit_chain")]
    operations = [
        migrations.AlterField(
            model_name="change",
            name="business",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                to="registry.business",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="keys",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), blank=True, null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="populationrun",
            name="doing_en",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.RunSQL(SQL, UNDO),
    ]
