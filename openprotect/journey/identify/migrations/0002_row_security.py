"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import grant, protect, reference


class Migration(migrations.Migration):
    dependencies = [
        ("identify", "0001_initial"),
        ("governance", "0002_row_security"),
        ("people", "0002_row_security"),
        ("programmes", "0002_row_security"),
    ]

    operations = [
        reference("identify_cohortrun"),
        grant("identify_cohortrun", "SELECT", "INSERT", "UPDATE"),
        protect("identify_reason", staff_read="see.reasons"),
        grant("identify_reason", "SELECT", "INSERT"),
        protect("identify_member", staff_read="see.person", person_read=True),
        grant("identify_member", "SELECT", "INSERT", "UPDATE"),
    ]
