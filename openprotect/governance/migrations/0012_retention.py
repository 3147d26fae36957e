from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0011_risks"),
    ]

    operations: list = []
