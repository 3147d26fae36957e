from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0003_bases_in_scope_and_audit"),
    ]

    operations: list = []
