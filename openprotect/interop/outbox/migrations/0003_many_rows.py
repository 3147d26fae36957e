"""PostgreSQL plans for many rows where a scope may see many."""

from django.db import migrations

from openprotect.governance.row_security import many_rows


class Migration(migrations.Migration):
    dependencies = [("outbox", "0002_row_security")]

    operations = [
        many_rows(
            "outbox_message",
        )
    ]
