"""What a risk decision suspends, answered in any scope within the statement that asks."""

from django.db import migrations

from openprotect.governance.row_security import statement

# Only the keys of what stands still, which every scope has to know; of why it does, nobody learns by this.
# No parameter is called as a column is: SQL would take the column.
SUSPENDED = """
CREATE POLICY governance_risk_of_function ON governance_risk FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION governance_suspended(of_kind text, moment timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
    SELECT r.activity_key FROM governance_risk r
    WHERE r.activity_kind = of_kind AND (r.status = 'stopped' OR r.status = 'going' AND r.review_by <= moment)
$$;
REVOKE ALL ON FUNCTION governance_suspended FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance_suspended TO {app};
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0020_many_rows")]

    operations = [statement(SUSPENDED)]
