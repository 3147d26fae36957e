from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0012_retention"),
    ]

    operations: list = []
