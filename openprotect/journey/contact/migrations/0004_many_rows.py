"""PostgreSQL plans for many rows where a scope may see many; the next call is the first of an index."""

from django.db import migrations, models

from openprotect.governance.row_security import many_rows


class Migration(migrations.Migration):
    dependencies = [("contact", "0003_hardening")]

    operations = [
        many_rows(
            "contact_attempt",
            "contact_call",
            "contact_calltry",
            "contact_intent",
            "contact_link",
        ),
        # Hundreds are due at the same moment: without the id all of them were looked at for each one that is taken.
        migrations.RemoveIndex(model_name="call", name="call_due"),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(status__in=["waiting", "being_phoned"]),
                fields=["due_at", "id"],
                name="call_next",
            ),
        ),
    ]
