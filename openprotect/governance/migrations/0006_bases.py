"""Legal bases say everything separately; their parties, approvals, changes and warnings; legal holds."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from openprotect.governance.row_security import grant, reference, statement

# What was stated before had one purpose in words and, for direct care, no end.
STATED_BEFORE = """
SELECT set_config('openprotect.identity', 'system', true);
UPDATE governance_legalbasis SET purpose = 'direct_care', is_direct_care = true,
    review_date = (starts_at + interval '1 year')::date
WHERE key = 'direct-care' OR purpose IN ('direct care', 'direct_care');
INSERT INTO governance_basischange (basis_id, what, at, by, words, ends_at)
SELECT id, 'stated', starts_at, 'system:migration', 'Stated before changes were kept', ends_at
FROM governance_legalbasis;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0005_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name="BasisApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("approver", models.CharField(max_length=30)),
                ("by", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                ("words", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="BasisChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("stated", "Stated"),
                            ("extend", "Extended"),
                            ("replace", "To be replaced"),
                            ("end", "Ended early"),
                            ("stop_and_delete", "At its end: stop, and delete what identifies"),
                            ("archive_on_hold", "At its end: archive on hold"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
                ("words", models.TextField()),
                ("ends_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BasisParty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("power", models.CharField(max_length=200)),
                ("capacity", models.CharField(max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="BasisWarning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ends_at", models.DateTimeField()),
                ("days", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("reason", models.TextField()),
                ("programme", models.CharField(blank=True, max_length=60)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                ("by", models.CharField(max_length=80)),
            ],
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="article_6",
            field=models.CharField(blank=True, max_length=1),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="article_9",
            field=models.CharField(blank=True, max_length=1),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="confidence",
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="data_categories",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=80), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="is_direct_care",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="opt_out_applies",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="owner_role",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.role"
            ),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="owner_team",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.team"
            ),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="owner_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="privacy_notice",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="purposes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="replaced_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaces",
                to="governance.legalbasis",
            ),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="review_date",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="sources",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=80), default=list, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="accessgrant",
            index=models.Index(
                condition=models.Q(("ends_at", None)), fields=["basis"], name="accessgrant_open_by_basis"
            ),
        ),
        migrations.AddField(
            model_name="basisapproval",
            name="basis",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="approvals", to="governance.legalbasis"
            ),
        ),
        migrations.AddField(
            model_name="basischange",
            name="basis",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="governance.legalbasis"
            ),
        ),
        migrations.AddField(
            model_name="basischange",
            name="replaced_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.legalbasis"
            ),
        ),
        migrations.AddField(
            model_name="basisparty",
            name="basis",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="parties", to="governance.legalbasis"
            ),
        ),
        migrations.AddField(
            model_name="basisparty",
            name="organisation",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="governance.organisation"),
        ),
        migrations.AddField(
            model_name="basiswarning",
            name="basis",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="warnings", to="governance.legalbasis"
            ),
        ),
        migrations.AddField(
            model_name="basiswarning",
            name="user",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="basis",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="governance.legalbasis"),
        ),
        reference("governance_basisparty"),
        grant("governance_basisparty", "SELECT", "INSERT"),
        reference("governance_basisapproval"),
        grant("governance_basisapproval", "SELECT", "INSERT"),
        reference("governance_basischange"),
        grant("governance_basischange", "SELECT", "INSERT"),
        reference("governance_basiswarning"),
        grant("governance_basiswarning", "SELECT", "INSERT"),
        reference("governance_legalhold"),
        grant("governance_legalhold", "SELECT", "INSERT", "UPDATE", columns=("ends_at",)),
        statement(STATED_BEFORE),
        migrations.AddConstraint(
            model_name="legalbasis",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner", ""), _negated=True), name="legalbasis_has_an_owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="legalbasis",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__isnull", False),
                    models.Q(("is_direct_care", True), ("review_date__isnull", False)),
                    _connector="OR",
                ),
                name="legalbasis_has_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalbasis",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"),
                name="legalbasis_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="basisparty",
            constraint=models.UniqueConstraint(fields=("basis", "organisation"), name="basisparty_once"),
        ),
        migrations.AddConstraint(
            model_name="basiswarning",
            constraint=models.UniqueConstraint(fields=("basis", "ends_at", "days", "user"), name="basiswarning_once"),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("reason", ""), _negated=True), models.Q(("name", ""), _negated=True)),
                name="legalhold_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"),
                name="legalhold_ends_after_it_starts",
            ),
        ),
    ]
