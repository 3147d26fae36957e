"""People may ask that their record is erased."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0005_hardening"),
    ]

    operations = [
        migrations.AlterField(
            model_name="rightsrequest",
            name="kind",
            field=models.CharField(
                choices=[
                    ("access", "Access"),
                    ("rectification", "Rectification"),
                    ("erasure", "Erasure"),
                    ("objection", "Objection"),
                    ("complaint", "Complaint"),
                ],
                max_length=15,
            ),
        ),
    ]
