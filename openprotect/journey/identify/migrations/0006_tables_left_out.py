"""A run keeps which tables it did not read, because no legal basis covered their source."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identify", "0005_runs_kept"),
    ]

    operations = [
        migrations.AddField("cohortrun", "left_out", models.JSONField(default=dict)),
    ]
