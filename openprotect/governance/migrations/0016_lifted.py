"""Holds are reviewed by a day, holds and stops of access are lifted with words, and a basis says when to delete."""

from django.db import migrations, models

from openprotect.governance.row_security import grant

LIFTED = ("lifted_by", "lifted_because")


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0014_missing_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="legalhold",
            name="review_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="lifted_by",
            field=models.CharField(blank=True, db_default="", max_length=80),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="lifted_because",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="basischange",
            name="delete_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="accessstop",
            name="lifted_by",
            field=models.CharField(blank=True, db_default="", max_length=80),
        ),
        migrations.AddField(
            model_name="accessstop",
            name="lifted_because",
            field=models.TextField(blank=True, db_default=""),
        ),
        grant("governance_legalhold", "UPDATE", columns=LIFTED),
        grant("governance_accessstop", "UPDATE", columns=LIFTED),
    ]
