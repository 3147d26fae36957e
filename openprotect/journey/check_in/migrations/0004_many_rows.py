"""PostgreSQL plans for many rows where a scope may see many."""

from django.db import migrations

from openprotect.governance.row_security import many_rows


class Migration(migrations.Migration):
    dependencies = [("check_in", "0003_hardening")]

    operations = [
        many_rows(
            "check_in_answerset",
            "check_in_checkin",
            "check_in_doortry",
            "check_in_draft",
        )
    ]
