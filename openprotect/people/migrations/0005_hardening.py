"""What a row points at is the same person's; only columns that ever change may be changed."""

from django.db import migrations

from openprotect.governance.row_security import changes, whose, without


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_retention"),
        ("governance", "0013_hardening"),
    ]

    operations = [
        whose("people_contactpoint"),
        changes("people_person", "practice_id", "locality_id", "restricted", "died_on"),
        changes(
            "people_personidentity",
            "nhs_number",
            "given_name",
            "family_name",
            "date_of_birth",
            "sex",
            "ethnic_category",
            "imd_decile",
            "imd_edition",
            "language",
        ),
        changes("people_contactpoint", "ends_at", "ended_because"),
        changes("people_need", "detail"),
        changes("people_listplace", "category", "data_source", "inception_date", "row_hash", "removed_in_id"),
        without("people_listversion", "system_update"),
        without("people_wish", "staff_update", "staff_delete", "person_update", "person_delete"),
    ]
