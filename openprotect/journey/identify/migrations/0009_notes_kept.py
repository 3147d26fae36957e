"""A run keeps what may be a mistake in it: a rule that found nobody, a list of which there is no record."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identify", "0008_why_asked"),
    ]

    operations = [
        migrations.AddField("cohortrun", "notes", models.JSONField(default=list)),
    ]
