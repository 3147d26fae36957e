"""A run is pinned to the legal basis on which it looked for people; members leave when that for asking ends."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identify", "0002_row_security"),
        ("governance", "0006_bases"),
    ]

    operations = [
        migrations.AddField(
            "cohortrun",
            "basis",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="governance.legalbasis"),
        ),
        migrations.AlterField(
            "member",
            "left_because",
            models.CharField(
                blank=True,
                choices=[
                    ("no_longer_found", "No Longer Found"),
                    ("contacted_in_error", "Contacted In Error"),
                    ("basis_ended", "Basis Ended"),
                ],
                max_length=30,
            ),
        ),
    ]
