"""A published list never changes; what is held is not asked for; an ended item stays ended; a withdrawn project rests."""

from django.db import migrations

SQL = """
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON projects_itemlist
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER not_emptied BEFORE TRUNCATE ON projects_itemlist
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A running project keeps the list it began with.
CREATE FUNCTION projects_project_keeps() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.listed_id, NEW.business_id, NEW.case_id) IS DISTINCT FROM (OLD.listed_id, OLD.business_id, OLD.case_id) THEN
        RAISE EXCEPTION 'project % keeps its list of items, business and case', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'running' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'project % has ended', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keeps BEFORE UPDATE ON projects_project FOR EACH ROW EXECUTE FUNCTION projects_project_keeps();

-- Once withdrawn, no branch goes on.
CREATE FUNCTION projects_project_rests() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM projects_projectitem i JOIN projects_project p ON p.id = i.project_id
               WHERE p.id = NEW.project_id AND p.state = 'withdrawn'
                 AND i.state IN ('waiting', 'papers', 'running', 'held')) THEN
        RAISE EXCEPTION 'project % is withdrawn: no item of it goes on', NEW.project_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER rests AFTER INSERT OR UPDATE ON projects_projectitem DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION projects_project_rests();
CREATE FUNCTION projects_project_rests_whole() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM projects_projectitem i
               WHERE i.project_id = NEW.id AND i.state IN ('waiting', 'papers', 'running', 'held'))
       AND (SELECT state FROM projects_project WHERE id = NEW.id) = 'withdrawn' THEN
        RAISE EXCEPTION 'project % is withdrawn: no item of it goes on', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER rests AFTER UPDATE OF state ON projects_project DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION projects_project_rests_whole();

-- What is done or withdrawn stays so; what was refused may be filed again.
CREATE FUNCTION projects_item_ended() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('done', 'withdrawn') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'item % of project % has ended', OLD.code, OLD.project_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ended BEFORE UPDATE ON projects_projectitem FOR EACH ROW EXECUTE FUNCTION projects_item_ended();

-- A document that the project holds is never asked for as missing: every unit has it.
CREATE FUNCTION projects_ask_what_is_missing() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reason = 'missing' AND EXISTS (
            SELECT 1 FROM projects_paper WHERE project_id = NEW.project_id AND kind = NEW.kind AND replaced_at IS NULL) THEN
        RAISE EXCEPTION 'project % holds %: it is not asked for again', NEW.project_id, NEW.kind
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM projects_request WHERE id = NEW.request_id AND project_id = NEW.project_id
                   AND state = 'gathering') THEN
        RAISE EXCEPTION 'request % was sent: what was forgotten is not asked for afterwards', NEW.request_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER missing BEFORE INSERT ON projects_ask FOR EACH ROW EXECUTE FUNCTION projects_ask_what_is_missing();
"""

UNDO = """
DROP TRIGGER not_emptied ON projects_itemlist;
DROP TRIGGER missing ON projects_ask;
DROP FUNCTION projects_ask_what_is_missing();
DROP TRIGGER ended ON projects_projectitem;
DROP FUNCTION projects_item_ended();
DROP TRIGGER rests ON projects_project;
DROP FUNCTION projects_project_rests_whole();
DROP TRIGGER rests ON projects_projectitem;
DROP FUNCTION projects_project_rests();
DROP TRIGGER keeps ON projects_project;
DROP FUNCTION projects_project_keeps();
DROP TRIGGER immutable ON projects_itemlist;
"""


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial"), ("accounts", "0002_audit_chain")]
    operations = [migrations.RunSQL(SQL, UNDO)]
