"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import (
    SEES_FUNCTION,
    SETTINGS_FUNCTIONS,
    grant,
    reference,
    statement,
)

# Policies of other tables read this one, so its own must read nothing but settings.
ACCESS_GRANT = """
ALTER TABLE governance_accessgrant ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance_accessgrant FORCE ROW LEVEL SECURITY;
CREATE POLICY governance_accessgrant_system ON governance_accessgrant FOR ALL
    USING (op_identity() = 'system') WITH CHECK (op_identity() = 'system');
CREATE POLICY governance_accessgrant_own ON governance_accessgrant FOR SELECT
    USING (op_identity() = 'staff'
           AND organisation_id = ANY (op_organisations()));
"""

# The app role has no INSERT of its own: the one function that writes runs as the owner, for whom
# the insert policy is made, and reads from the scope who acts and when, so neither can be misstated.
AUDIT = """
ALTER TABLE governance_auditevent ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance_auditevent FORCE ROW LEVEL SECURITY;
CREATE POLICY governance_auditevent_insert ON governance_auditevent FOR INSERT TO CURRENT_USER
    WITH CHECK (true);
CREATE POLICY governance_auditevent_read ON governance_auditevent FOR SELECT
    USING (op_identity() = 'system'
           OR op_identity() = 'staff' AND op_may('see.audit'));
GRANT SELECT ON governance_auditevent TO {app};
CREATE FUNCTION governance_record_events(
    action text, people uuid[], object_type text, objects text[], why text
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO governance_auditevent
        (at, identity, actor, organisation_id, role, action, person_id, object_type, object_id, why)
    SELECT op_now(), op_identity(), coalesce(current_setting('openprotect.actor', true), ''),
           nullif(current_setting('openprotect.organisation', true), '')::bigint,
           coalesce(current_setting('openprotect.role', true), ''),
           action, p, object_type, coalesce(o, ''), why
    FROM unnest(people, objects) AS t(p, o)
$$;
REVOKE ALL ON FUNCTION governance_record_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance_record_events TO {app};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0001_initial"),
    ]

    operations = [
        statement(SETTINGS_FUNCTIONS),
        grant("governance_installation", "SELECT"),
        reference("governance_serviceclock", write="(SELECT demo FROM governance_installation)"),
        grant("governance_serviceclock", "SELECT", "INSERT", "UPDATE"),
        reference("governance_organisation"),
        grant("governance_organisation", "SELECT", "INSERT", "UPDATE"),
        reference("governance_team"),
        grant("governance_team", "SELECT", "INSERT", "UPDATE"),
        reference("governance_role"),
        grant("governance_role", "SELECT", "INSERT", "UPDATE"),
        reference("governance_user"),
        grant("governance_user", "SELECT", "INSERT", "UPDATE"),
        reference("governance_membership"),
        grant("governance_membership", "SELECT", "INSERT", "UPDATE"),
        reference("governance_legalbasis"),
        grant("governance_legalbasis", "SELECT", "INSERT", "UPDATE"),
        statement(ACCESS_GRANT),
        statement(SEES_FUNCTION),
        grant("governance_accessgrant", "SELECT", "INSERT", "UPDATE", columns=("ends_at",)),
        statement(AUDIT),
    ]
