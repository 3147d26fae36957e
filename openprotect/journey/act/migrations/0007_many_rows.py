"""PostgreSQL plans for many rows where a scope may see many."""

from django.db import migrations

from openprotect.governance.row_security import many_rows


class Migration(migrations.Migration):
    dependencies = [("act", "0006_worklist")]

    operations = [
        many_rows(
            "act_calltoaction",
            "act_case",
            "act_note",
            "act_referral",
            "act_referrallink",
            "act_referralstep",
            "act_step",
        )
    ]
