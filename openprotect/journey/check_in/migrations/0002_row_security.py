"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import grant, protect


class Migration(migrations.Migration):
    dependencies = [
        ("check_in", "0001_initial"),
        ("contact", "0002_row_security"),
    ]

    operations = [
        protect(
            "check_in_checkin", staff_read="see.person", staff_write="act.call", person_read=True, person_write=True
        ),
        grant("check_in_checkin", "SELECT", "INSERT", "UPDATE"),
        protect("check_in_answerset", staff_read="see.answers", staff_write="act.call", person_write=True),
        grant("check_in_answerset", "SELECT", "INSERT"),
        protect("check_in_draft", staff_read="act.call", staff_write="act.call", person_read=True, person_write=True),
        grant("check_in_draft", "SELECT", "INSERT", "UPDATE", "DELETE"),
        protect("check_in_doortry", column="id"),
        grant("check_in_doortry", "SELECT", "INSERT", "DELETE"),
    ]
