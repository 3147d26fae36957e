"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import grant, protect


class Migration(migrations.Migration):
    dependencies = [
        ("contact", "0001_initial"),
        ("identify", "0002_row_security"),
    ]

    operations = [
        protect("contact_intent", staff_read="see.contacts"),
        grant("contact_intent", "SELECT", "INSERT", "UPDATE"),
        protect("contact_attempt", staff_read="see.contacts"),
        grant("contact_attempt", "SELECT", "INSERT", "UPDATE"),
        protect("contact_link"),
        grant("contact_link", "SELECT", "INSERT"),
        protect("contact_call", staff_read="see.calls", staff_write="act.call"),
        grant("contact_call", "SELECT", "INSERT", "UPDATE"),
        protect("contact_calltry", staff_read="see.calls", staff_write="act.call"),
        grant("contact_calltry", "SELECT", "INSERT"),
    ]
