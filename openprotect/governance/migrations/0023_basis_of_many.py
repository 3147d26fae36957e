"""The basis of an event is looked up by the person, also where PostgreSQL does not know yet how many there are."""

from django.db import migrations

from openprotect.governance.row_security import statement

# Says what it said. `ORDER BY g.id LIMIT 1` let the planner walk through all grants in the order of their ids for each
# person, as long as it took the table for small: after the first run of a cohort, 16 s for 3,000 events.
BASIS_OF = """
CREATE OR REPLACE FUNCTION op_basis_of(person uuid) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    IF op_basis() IS NOT NULL OR person IS NULL OR op_identity() NOT IN ('staff', 'system', 'partner') THEN
        RETURN op_basis();
    END IF;
    SELECT (min(ARRAY[g.id, g.basis_id]))[2] INTO found
    FROM governance_accessgrant g JOIN governance_legalbasis b ON b.id = g.basis_id
    WHERE g.person_id = person
      AND (op_identity() = 'staff' AND g.organisation_id = ANY (op_organisations())
           OR op_identity() <> 'staff' AND g.via = 'programme')
      AND g.starts_at <= op_now() AND (g.ends_at IS NULL OR g.ends_at > op_now())
      AND b.starts_at <= op_now() AND (b.ends_at IS NULL OR b.ends_at > op_now());
    RETURN coalesce(found, op_emergency_basis(person));
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0022_extensions")]

    operations = [statement(BASIS_OF)]
