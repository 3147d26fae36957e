"""A hold on a basis keeps whoever is or was on a list that the basis covers, and a hold counts from when it stands."""

from django.db import migrations

from openprotect.governance.row_security import statement

# Disposal asks by the second at which it began: a hold that was placed while it runs has begun later, and keeps.
HELD = """
CREATE OR REPLACE FUNCTION people_held(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM governance_legalhold h
        WHERE (h.ends_at IS NULL OR h.ends_at > op_now())
          AND (h.programme = '' AND h.basis_id IS NULL
               OR EXISTS (SELECT 1 FROM identify_member m JOIN identify_cohortrun r ON r.id = m.run_id
                          WHERE m.person_id = person AND (m.programme = h.programme OR r.basis_id = h.basis_id))
               OR EXISTS (SELECT 1 FROM people_listplace l JOIN governance_legalbasis b ON b.id = h.basis_id
                          WHERE l.person_id = person AND l.name = ANY (b.sources))
               OR EXISTS (SELECT 1 FROM governance_accessgrant g
                          WHERE g.person_id = person AND g.basis_id = h.basis_id)));
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0006_erasure"),
    ]

    operations = [statement(HELD)]
