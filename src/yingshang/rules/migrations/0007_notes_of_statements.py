"""One note a statement, and not one a business: a statement may change thousands of them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

SQL = """
UPDATE rules_change SET businesses = ARRAY[business_id];

CREATE OR REPLACE FUNCTION rules_note_facts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- Of a bulk load everything is read anyway.
    IF (SELECT count(*) FROM (SELECT FROM changed LIMIT 10001) AS counted) > 10000 THEN
        INSERT INTO rules_change (businesses, at) SELECT array_agg(DISTINCT business_id), now() FROM changed;
    ELSE
        INSERT INTO rules_change (businesses, keys, at)
            SELECT array_agg(DISTINCT business_id), array_agg(DISTINCT key), now() FROM changed HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION rules_note_businesses() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (businesses, at) SELECT array_agg(id), now() FROM changed HAVING count(*) > 0;
    RETURN NULL;
END
$$;

-- Columns that no rule reads are corrected without a note.
CREATE OR REPLACE FUNCTION rules_note_moved() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (businesses, at)
        SELECT array_agg(c.id), now() FROM changed c JOIN before b ON b.id = c.id
        WHERE (c.uscc, c.name, c.industry_code, c.kind, c.status, c.street_id, c.platform_id, c.founded, c.capital,
               c.foreign_invested, c.leading_industry)
            IS DISTINCT FROM
              (b.uscc, b.name, b.industry_code, b.kind, b.status, b.street_id, b.platform_id, b.founded, b.capital,
               b.foreign_invested, b.leading_industry)
        HAVING count(*) > 0;
    RETURN NULL;
END
$$;

-- Rules read a street and a platform by their names.
CREATE OR REPLACE FUNCTION rules_note_renamed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (businesses, at)
        SELECT array_agg(b.id), now() FROM registry_business b WHERE b.street_id = NEW.id OR b.platform_id = NEW.id
        HAVING count(*) > 0;
    RETURN NULL;
END
$$;
"""

UNDO = """
CREATE OR REPLACE FUNCTION rules_note_facts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM changed LIMIT 10001) AS counted) > 10000 THEN
        INSERT INTO rules_change (business_id, at) SELECT DISTINCT business_id, now() FROM changed;
    ELSE
        INSERT INTO rules_change (business_id, keys, at)
            SELECT business_id, array_agg(DISTINCT key), now() FROM changed GROUP BY business_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION rules_note_businesses() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (business_id, at) SELECT id, now() FROM changed;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION rules_note_moved() RETURNS trigger
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

CREATE OR REPLACE FUNCTION rules_note_renamed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_change (business_id, at)
        SELECT b.id, now() FROM registry_business b WHERE b.street_id = NEW.id OR b.platform_id = NEW.id;
    RETURN NULL;
END
$$;

INSERT INTO rules_change (businesses, business_id, keys, at)
    SELECT businesses, unnest(businesses), keys, at FROM rules_change;
DELETE FROM rules_change WHERE business_id IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("rules", "0006_exports_of_all_rules")]
    operations = [
        migrations.AddField(
            model_name="change",
            name="businesses",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, help_text="企业的编号;企业可能已经不在", size=None
            ),
            preserve_default=False,
        ),
        # Undone from below, the column is there again, without values, before the rows are told apart.
        migrations.AlterField(
            model_name="change",
            name="business",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE,
                related_name="+", to="registry.business",
            ),
        ),
        migrations.RunSQL(SQL, UNDO),
        migrations.RemoveField(model_name="change", name="business"),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(("businesses", []), _negated=True), name="change_of_somebody"
            ),
        ),
    ]
