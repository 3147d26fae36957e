"""A hold on everything counts from when it stands, as one on some records does."""

from django.db import migrations

from openprotect.governance.row_security import statement

# Disposal asks by the second at which it began: a hold that was placed while it runs has begun later, and keeps.
HELD = """
CREATE OR REPLACE FUNCTION governance_all_held() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM governance_legalhold h WHERE h.programme = '' AND h.basis_id IS NULL
                   AND (h.ends_at IS NULL OR h.ends_at > op_now()))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0018_reviewed"),
    ]

    operations = [statement(HELD)]
