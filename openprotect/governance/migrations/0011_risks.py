from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0010_emergency_access"),
    ]

    operations: list = []
