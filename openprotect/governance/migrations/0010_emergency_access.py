from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0009_access_requests"),
    ]

    operations: list = []
