"""Nobody changes a published version: no policy says that somebody may."""

from django.db import migrations

from openprotect.governance.row_security import without


class Migration(migrations.Migration):
    dependencies = [
        ("programmes", "0002_row_security"),
    ]

    operations = [
        without("programmes_packversion", "system_update"),
    ]
