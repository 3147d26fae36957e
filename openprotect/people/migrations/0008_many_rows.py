"""PostgreSQL plans for many rows where a scope may see many."""

from django.db import migrations

from openprotect.governance.row_security import many_rows


class Migration(migrations.Migration):
    dependencies = [("people", "0007_holds")]

    operations = [
        many_rows(
            "people_contactpoint",
            "people_listchange",
            "people_listplace",
            "people_need",
            "people_objection",
            "people_optout",
            "people_person",
            "people_personidentity",
            "people_rightsrequest",
            "people_rightsstep",
            "people_wish",
        )
    ]
