"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import grant, reference


class Migration(migrations.Migration):
    dependencies = [
        ("learn", "0001_initial"),
        ("act", "0002_row_security"),
    ]

    operations = [
        reference("learn_ledgerday"),
        grant("learn_ledgerday", "SELECT", "INSERT", "UPDATE"),
        reference("learn_openwork"),
        grant("learn_openwork", "SELECT", "INSERT", "UPDATE"),
    ]
