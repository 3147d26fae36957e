"""What rests on a legal basis is seen while it is live; events say on which basis, for which purpose."""

from django.db import migrations, models

from openprotect.governance.row_security import statement

SETTINGS = """
CREATE FUNCTION op_actor() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('openprotect.actor', true), '') $$;
CREATE FUNCTION op_basis() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('openprotect.basis', true), '')::bigint $$;
"""

# A grant holds while it and the basis that it rests on do.
SEES = """
CREATE OR REPLACE FUNCTION op_sees(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM governance_accessgrant g JOIN governance_legalbasis b ON b.id = g.basis_id
        WHERE g.person_id = person AND g.organisation_id = ANY (op_organisations())
          AND g.starts_at <= op_now() AND (g.ends_at IS NULL OR g.ends_at > op_now())
          AND b.starts_at <= op_now() AND (b.ends_at IS NULL OR b.ends_at > op_now()));
END
$$;
"""

RECORD = """
CREATE OR REPLACE FUNCTION governance_record_events(
    action text, people uuid[], object_type text, objects text[], why text
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO governance_auditevent
        (at, identity, actor, organisation_id, membership_id, role, action, person_id, object_type, object_id, why,
         basis_id, purpose)
    SELECT op_now(), op_identity(), op_actor(),
           nullif(current_setting('openprotect.organisation', true), '')::bigint,
           nullif(current_setting('openprotect.membership', true), '')::bigint,
           coalesce(current_setting('openprotect.role', true), ''),
           action, p, object_type, coalesce(o, ''), why, b.id, coalesce(b.purpose, '')
    FROM unnest(people, objects) AS t(p, o)
    LEFT JOIN LATERAL (
        SELECT l.id, l.purpose FROM governance_legalbasis l
        WHERE op_basis() IS NOT NULL AND l.id = op_basis()
           OR op_basis() IS NULL AND op_identity() = 'staff' AND l.id = (
                SELECT g.basis_id FROM governance_accessgrant g JOIN governance_legalbasis r ON r.id = g.basis_id
                WHERE g.person_id = p AND g.organisation_id = ANY (op_organisations())
                  AND g.starts_at <= op_now() AND (g.ends_at IS NULL OR g.ends_at > op_now())
                  AND r.starts_at <= op_now() AND (r.ends_at IS NULL OR r.ends_at > op_now())
                ORDER BY g.id LIMIT 1)
        LIMIT 1
    ) b ON true
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0002_row_security"),
    ]

    operations = [
        migrations.AddField("auditevent", "membership_id", models.BigIntegerField(null=True)),
        migrations.AddField("auditevent", "basis_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "auditevent", "purpose", models.CharField(blank=True, max_length=60, default=""), preserve_default=False
        ),
        migrations.AlterField(
            "accessgrant",
            "via",
            models.CharField(
                choices=[
                    ("registration", "Registration"),
                    ("residence", "Residence"),
                    ("programme", "Programme"),
                    ("referral", "Referral"),
                ],
                max_length=20,
            ),
        ),
        statement(SETTINGS),
        statement(SEES),
        statement(RECORD),
    ]
