"""A person's record goes as a whole, from every table there is, unless a legal hold keeps it."""

from django.db import migrations

from openprotect.governance.row_security import statement

HELD = """
CREATE FUNCTION people_held(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM governance_legalhold h
        WHERE h.starts_at <= op_now() AND (h.ends_at IS NULL OR h.ends_at > op_now())
          AND (h.programme = '' AND h.basis_id IS NULL
               OR EXISTS (SELECT 1 FROM identify_member m JOIN identify_cohortrun r ON r.id = m.run_id
                          WHERE m.person_id = person AND (m.programme = h.programme OR r.basis_id = h.basis_id))
               OR EXISTS (SELECT 1 FROM governance_accessgrant g
                          WHERE g.person_id = person AND g.basis_id = h.basis_id)));
END
$$;
REVOKE ALL ON FUNCTION people_held FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_held TO {app};
"""

# The tables of a person are those with their id in them, as the catalogue has them: one that comes
# later is not forgotten. Whatever refers to another goes before it. The audit trail keeps the id.
DISPOSE = """
CREATE FUNCTION people_dispose_of(people uuid[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    chosen uuid[];
    remaining text[];
    current text;
    key text;
    child record;
    gone bigint;
    counts jsonb := '{{}}';
BEGIN
    IF op_identity() <> 'system' THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the system disposes of records';
    END IF;
    SELECT array_agg(p) INTO chosen FROM unnest(people) p WHERE NOT people_held(p);
    IF chosen IS NULL THEN
        RETURN counts;
    END IF;
    SELECT array_agg(c.relname::text) || ARRAY['people_person'] INTO remaining
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'person_id'
      AND a.atttypid = 'uuid'::regtype AND NOT a.attisdropped AND c.relname <> 'governance_auditevent';
    -- Opt-outs are kept by NHS number.
    DELETE FROM people_optout o USING people_personidentity i
    WHERE i.person_id = ANY (chosen) AND i.nhs_number <> '' AND o.nhs_number = i.nhs_number;
    GET DIAGNOSTICS gone = ROW_COUNT;
    counts := counts || jsonb_build_object('people_optout', gone);
    WHILE cardinality(remaining) > 0 LOOP
        SELECT r INTO current FROM unnest(remaining) r
        WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid
                          WHERE k.contype = 'f' AND k.confrelid = r::regclass
                            AND f.relname <> r AND f.relname = ANY (remaining))
        ORDER BY r LIMIT 1;
        IF current IS NULL THEN
            RAISE EXCEPTION 'tables of a person refer to each other in a circle: %', remaining;
        END IF;
        key := CASE current WHEN 'people_person' THEN 'id' ELSE 'person_id' END;
        FOR child IN
            SELECT f.relname, c.attname AS refers, p.attname AS to_column
            FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid
            JOIN pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = k.conkey[1]
            JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = k.confkey[1]
            WHERE k.contype = 'f' AND k.confrelid = current::regclass AND NOT EXISTS (
                SELECT 1 FROM pg_attribute o WHERE o.attrelid = f.oid AND o.attname = 'person_id')
        LOOP
            EXECUTE format('DELETE FROM %I c USING %I p WHERE c.%I = p.%I AND p.%I = ANY ($1)',
                           child.relname, current, child.refers, child.to_column, key) USING chosen;
            GET DIAGNOSTICS gone = ROW_COUNT;
            counts := counts || jsonb_build_object(child.relname, gone);
        END LOOP;
        EXECUTE format('DELETE FROM %I WHERE %I = ANY ($1)', current, key) USING chosen;
        GET DIAGNOSTICS gone = ROW_COUNT;
        counts := counts || jsonb_build_object(current, gone);
        remaining := array_remove(remaining, current);
    END LOOP;
    RETURN counts;
END
$$;
REVOKE ALL ON FUNCTION people_dispose_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_dispose_of TO {app};
"""

# Tables that the system may not delete from: the owner's function may, in the system's name.
POLICIES = """
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        WITH personal AS (
            SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'person_id'
              AND NOT a.attisdropped AND c.relname <> 'governance_auditevent'
        )
        SELECT DISTINCT c.oid, c.relname FROM pg_class c
        WHERE c.relrowsecurity AND (c.relname = 'people_optout' OR c.oid IN (SELECT oid FROM personal) OR EXISTS (
                SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f'
                  AND k.confrelid IN (SELECT oid FROM personal)))
          AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd IN ('d', '*'))
    LOOP
        EXECUTE format('CREATE POLICY %I ON %I FOR DELETE TO CURRENT_USER USING (op_identity() = ''system'')',
                       found.relname || '_disposal', found.relname);
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_opt_outs"),
        ("governance", "0012_retention"),
    ]

    operations = [statement(HELD), statement(DISPOSE), statement(POLICIES)]
