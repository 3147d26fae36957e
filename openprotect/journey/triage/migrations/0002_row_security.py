"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import grant, protect


class Migration(migrations.Migration):
    dependencies = [
        ("triage", "0001_initial"),
        ("check_in", "0002_row_security"),
    ]

    operations = [
        protect("triage_decision", staff_read="see.answers"),
        grant("triage_decision", "SELECT", "INSERT"),
    ]
