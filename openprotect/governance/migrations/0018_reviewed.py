"""A basis is reviewed: a decision like the others, with the day of the next review."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0017_approval"),
    ]

    operations = [
        migrations.AlterField(
            model_name="basischange",
            name="what",
            field=models.CharField(
                choices=[
                    ("stated", "Stated"),
                    ("extend", "Extended"),
                    ("replace", "To be replaced"),
                    ("end", "Ended early"),
                    ("review", "Reviewed"),
                    ("stop_and_delete", "At its end: stop, and delete what identifies"),
                    ("archive_on_hold", "At its end: archive on hold"),
                ],
                max_length=20,
            ),
        ),
    ]
