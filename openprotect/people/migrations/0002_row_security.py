"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import grant, protect, reference


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_initial"),
        ("governance", "0002_row_security"),
    ]

    operations = [
        protect("people_person", column="id", staff_read="see.person", person_read=True),
        grant("people_person", "SELECT", "INSERT", "UPDATE"),
        protect("people_personidentity", staff_read="see.identity", person_read=True),
        grant("people_personidentity", "SELECT", "INSERT", "UPDATE"),
        protect("people_contactpoint", staff_read="see.contact_points"),
        grant("people_contactpoint", "SELECT", "INSERT", "UPDATE"),
        protect("people_need", staff_read="see.needs"),
        grant("people_need", "SELECT", "INSERT", "UPDATE", "DELETE"),
        protect(
            "people_wish",
            staff_read="see.person",
            staff_write="act.call",
            person_read=True,
            person_write=True,
        ),
        grant("people_wish", "SELECT", "INSERT"),
        reference("people_listversion"),
        grant("people_listversion", "SELECT", "INSERT"),
        protect("people_listchange"),
        grant("people_listchange", "SELECT", "INSERT"),
        protect("people_listplace", staff_read="see.reasons"),
        grant("people_listplace", "SELECT", "INSERT", "UPDATE"),
    ]
