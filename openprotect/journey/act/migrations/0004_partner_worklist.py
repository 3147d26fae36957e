"""What waits for a partner, the first due first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("act", "0003_hardening"),
    ]

    operations = [
        migrations.AddIndex(
            "referral",
            models.Index(
                fields=["organisation", "due_at", "id"],
                condition=models.Q(status__in=["sent", "accepted"]),
                name="referral_waiting",
            ),
        ),
    ]
