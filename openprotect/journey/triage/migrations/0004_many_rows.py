"""PostgreSQL plans for many rows where a scope may see many."""

from django.db import migrations

from openprotect.governance.row_security import many_rows


class Migration(migrations.Migration):
    dependencies = [("triage", "0003_hardening")]

    operations = [
        many_rows(
            "triage_decision",
        )
    ]
