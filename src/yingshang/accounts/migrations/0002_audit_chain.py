"""Trigram search, the hash chain and the guards of append-only tables.

The chain is made at COMMIT by a deferred constraint trigger: all row locks of the transaction are already held then, so
taking the chain's advisory lock last cannot deadlock, and the order of the chain is the order of commits.
"""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION audit_row_hash(r jsonb, columns text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to((SELECT jsonb_object_agg(c, r -> c) FROM unnest(columns) AS c)::text, 'UTF8'))
$$;

CREATE FUNCTION audit_chain_row() RETURNS trigger
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    last_seq bigint;
    last_hash bytea;
    this_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(8214001);
    SELECT seq, hash INTO last_seq, last_hash FROM accounts_auditchain ORDER BY seq DESC LIMIT 1;
    this_hash := audit_row_hash(to_jsonb(NEW), TG_ARGV);
    INSERT INTO accounts_auditchain (seq, source, source_id, row_hash, hash)
    VALUES (coalesce(last_seq, 0) + 1, TG_TABLE_NAME, NEW.id, this_hash,
            sha256(coalesce(last_hash, ''::bytea) || this_hash));
    RETURN NULL;
END
$$;

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON accounts_auditentry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_chain_row(
        'id', 'at', 'actor_id', 'actor_label', 'action', 'object_type', 'object_id', 'data');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON accounts_auditchain
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

UNDO = """
DROP TRIGGER append_only ON accounts_auditchain;
DROP TRIGGER append_only ON accounts_auditentry;
DROP TRIGGER audit_chain ON accounts_auditentry;
DROP FUNCTION refuse_change();
DROP FUNCTION audit_chain_row();
DROP FUNCTION audit_row_hash(jsonb, text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [TrigramExtension(), migrations.RunSQL(FUNCTIONS, UNDO)]
