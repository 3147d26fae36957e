"""What a row points at is the same person's; only columns that ever change may be changed."""

from django.db import migrations

from openprotect.governance.row_security import changes, whose


class Migration(migrations.Migration):
    dependencies = [
        ("identify", "0003_bases"),
        ("people", "0005_hardening"),
    ]

    operations = [
        whose("identify_member"),
        changes("identify_member", "run_id", "joined_at", "left_at", "left_run_id", "left_because"),
        changes("identify_cohortrun", "joined", "left"),
    ]
