"""A page of the worklist asks no more rows than it shows whether they are seen."""

from django.db import migrations, models

from openprotect.governance.row_security import statement

# Says what it said, as CASE: of three conditions joined by AND on what a session says, PostgreSQL expects that they
# leave one row in a hundred thousand, and so reads and sorts all of a team's rows to find twenty-six. Of a CASE it
# expects half, and takes the first ones from the index.
STAFF_READ = """
ALTER POLICY act_calltoaction_staff_read ON act_calltoaction USING (
    CASE WHEN op_identity() = 'staff' AND op_may('see.calls_to_action') THEN op_sees(person_id) ELSE false END)
"""


class Migration(migrations.Migration):
    dependencies = [("act", "0005_restricted")]

    operations = [
        statement(STAFF_READ),
        # What the counts at the head of the worklist ask for.
        migrations.AddIndex(
            "calltoaction",
            models.Index(fields=["due_at"], condition=~models.Q(status="closed"), name="calltoaction_due"),
        ),
        migrations.AddIndex(
            "calltoaction",
            models.Index(fields=["owner_team"], condition=models.Q(status="open"), name="calltoaction_unaccepted"),
        ),
    ]
