"""What a row points at is the same person's; only columns that ever change may be changed."""

from django.db import migrations

from openprotect.governance.row_security import changes, one_person, staff_update, whose, without


class Migration(migrations.Migration):
    dependencies = [
        ("check_in", "0002_row_security"),
        ("contact", "0003_hardening"),
    ]

    operations = [
        whose("check_in_checkin"),
        whose("check_in_answerset"),
        one_person("check_in_checkin", "member_id", "identify_member"),
        one_person("check_in_answerset", "check_in_id", "check_in_checkin"),
        one_person("check_in_draft", "check_in_id", "check_in_checkin"),
        changes("check_in_checkin", "status", "settled_at", "missed_in_a_row", "sweep"),
        changes("check_in_draft", "answers", "saved_at"),
        without("check_in_checkin", "staff_insert", "staff_delete", "person_insert", "person_delete"),
        staff_update("check_in_checkin", "see.person", "act.call"),
        without("check_in_answerset", "staff_update", "staff_delete", "person_update", "person_delete"),
        without("check_in_draft", "staff_insert", "staff_update"),
    ]
