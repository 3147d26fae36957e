"""What a row points at is the same person's; only columns that ever change may be changed."""

from django.db import migrations

from openprotect.governance.row_security import one_person


class Migration(migrations.Migration):
    dependencies = [
        ("triage", "0002_row_security"),
        ("check_in", "0003_hardening"),
    ]

    operations = [
        one_person("triage_decision", "answer_set_id", "check_in_answerset"),
    ]
