"""Who may see and write these tables: policies for every identity, grants for the app role."""

from django.db import migrations

from openprotect.governance.row_security import grant, protect


class Migration(migrations.Migration):
    dependencies = [
        ("act", "0001_initial"),
        ("triage", "0002_row_security"),
    ]

    operations = [
        protect("act_case", staff_read="see.calls_to_action", staff_write="act.calls_to_action"),
        grant("act_case", "SELECT", "INSERT", "UPDATE"),
        protect(
            "act_calltoaction", staff_read="see.calls_to_action", staff_write="act.calls_to_action", person_read=True
        ),
        grant("act_calltoaction", "SELECT", "INSERT", "UPDATE"),
        protect("act_step", staff_read="see.calls_to_action", staff_write="act.calls_to_action"),
        grant("act_step", "SELECT", "INSERT"),
        protect("act_note", staff_read="see.notes", staff_write="act.calls_to_action"),
        grant("act_note", "SELECT", "INSERT"),
        protect(
            "act_referral",
            staff_read="see.calls_to_action",
            staff_write="act.calls_to_action",
            partner_column="id",
            partner_write=True,
        ),
        grant("act_referral", "SELECT", "INSERT", "UPDATE"),
        protect(
            "act_referralstep",
            staff_read="see.calls_to_action",
            staff_write="act.calls_to_action",
            partner_column="referral_id",
            partner_write=True,
        ),
        grant("act_referralstep", "SELECT", "INSERT"),
        protect("act_referrallink", column="referral_id"),
        grant("act_referrallink", "SELECT", "INSERT", "UPDATE"),
    ]
