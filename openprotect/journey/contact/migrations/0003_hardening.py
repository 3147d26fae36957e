"""What a row points at is the same person's; only columns that ever change may be changed."""

from django.db import migrations

from openprotect.governance.row_security import changes, one_person, staff_update, whose, without


class Migration(migrations.Migration):
    dependencies = [
        ("contact", "0002_row_security"),
        ("identify", "0004_hardening"),
    ]

    operations = [
        whose("contact_intent"),
        whose("contact_call"),
        one_person("contact_intent", "member_id", "identify_member"),
        one_person("contact_attempt", "intent_id", "contact_intent"),
        one_person("contact_attempt", "contact_point_id", "people_contactpoint"),
        one_person("contact_link", "member_id", "identify_member"),
        one_person("contact_call", "member_id", "identify_member"),
        one_person("contact_calltry", "call_id", "contact_call"),
        one_person("contact_calltry", "contact_point_id", "people_contactpoint"),
        changes("contact_intent", "status", "stopped_because"),
        changes("contact_attempt", "status", "settled_at"),
        changes(
            "contact_call", "occurrence", "due_at", "tries", "status", "claimed_by_id", "claimed_until", "ended_at"
        ),
        without("contact_call", "staff_insert", "staff_delete"),
        staff_update("contact_call", "see.calls", "act.call"),
        without("contact_calltry", "staff_update", "staff_delete"),
    ]
