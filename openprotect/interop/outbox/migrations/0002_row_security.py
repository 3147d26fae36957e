"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import grant, protect


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0001_initial"),
        ("governance", "0002_row_security"),
    ]

    operations = [
        protect("outbox_message", column="person_id"),
        grant("outbox_message", "SELECT", "INSERT"),
    ]
