"""PostgreSQL plans for many rows where a scope may see many."""

from django.db import migrations

from openprotect.governance.row_security import many_rows


class Migration(migrations.Migration):
    dependencies = [("identify", "0006_tables_left_out")]

    operations = [
        many_rows(
            "identify_figure",
            "identify_member",
            "identify_reason",
        )
    ]
