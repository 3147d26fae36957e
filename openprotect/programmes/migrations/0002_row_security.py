"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import grant, reference

# What no named clinical safety officer has signed runs nowhere but in a demo.
MAY_BE_ON = (
    "((SELECT demo FROM governance_installation) OR EXISTS (SELECT 1 FROM programmes_packversion v"
    " WHERE v.id = pack_version_id AND v.clinically_approved))"
)


class Migration(migrations.Migration):
    dependencies = [
        ("programmes", "0001_initial"),
        ("governance", "0002_row_security"),
    ]

    operations = [
        reference("programmes_packversion"),
        grant("programmes_packversion", "SELECT", "INSERT"),
        reference("programmes_activation", write=MAY_BE_ON),
        grant("programmes_activation", "SELECT", "INSERT", "UPDATE", columns=("ends_at",)),
    ]
