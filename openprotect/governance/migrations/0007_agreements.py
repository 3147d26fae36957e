"""Sharing agreements with their signatures, and the exports that people ask for under them."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from openprotect.governance.row_security import grant, reference, statement

# An export's row says how many people it held and why it was asked for: it is seen by the system and, in the
# organisation that asked, by whoever asks for exports, answers for agreements or works people's own requests.
EXPORT = """
ALTER TABLE governance_export ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance_export FORCE ROW LEVEL SECURITY;
CREATE POLICY governance_export_system ON governance_export FOR ALL
    USING (op_identity() = 'system') WITH CHECK (op_identity() = 'system');
CREATE POLICY governance_export_own ON governance_export FOR SELECT
    USING (op_identity() = 'staff' AND organisation_id = ANY (op_organisations())
           AND (request IS NULL AND (op_may('export.people') OR op_may('see.bases'))
                OR request IS NOT NULL AND op_may('act.rights')));
"""

WRITTEN_LATER = (
    "state", "refused_because", "made_at", "expires_at", "collected_at", "file_name", "sha256", "rows_in", "exported",
    "died", "restricted", "opted_out", "objected", "not_seen",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0006_bases"),
    ]

    operations = [
        migrations.CreateModel(
            name="SharingAgreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200)),
                ("purpose", models.CharField(max_length=60)),
                ("fields", ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ("owner", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("review_on", models.DateField()),
                ("stated_at", models.DateTimeField()),
                ("stated_by", models.CharField(max_length=80)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_because", models.CharField(blank=True, max_length=200)),
                ("basis", models.ForeignKey(on_delete=models.PROTECT, to="governance.legalbasis")),
                ("giver", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="governance.organisation")),
                (
                    "receiver",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="governance.organisation"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("request", models.UUIDField(null=True)),
                ("reason", models.CharField(max_length=400)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("ready", "Ready"),
                            ("collected", "Collected"),
                            ("refused", "Refused"),
                            ("expired", "Expired"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("refused_because", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("collected_at", models.DateTimeField(null=True)),
                ("file_name", models.CharField(blank=True, max_length=80)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("rows_in", models.PositiveIntegerField(default=0)),
                ("exported", models.PositiveIntegerField(default=0)),
                ("died", models.PositiveIntegerField(default=0)),
                ("restricted", models.PositiveIntegerField(default=0)),
                ("opted_out", models.PositiveIntegerField(default=0)),
                ("objected", models.PositiveIntegerField(default=0)),
                ("not_seen", models.PositiveIntegerField(default=0)),
                (
                    "asked_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "membership",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="governance.membership"),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="governance.organisation"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="exports", to="governance.sharingagreement"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AgreementSignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("side", models.CharField(choices=[("giver", "Giver"), ("receiver", "Receiver")], max_length=10)),
                ("name", models.CharField(max_length=120)),
                ("post", models.CharField(max_length=120)),
                ("words", models.CharField(max_length=400)),
                ("signed_on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=80)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="signatures", to="governance.sharingagreement"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="sharingagreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("giver", models.F("receiver")), _negated=True), name="agreement_of_two"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharingagreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="agreement_ends_after_it_starts"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharingagreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner", ""), _negated=True), name="agreement_has_an_owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharingagreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("fields", []), _negated=True), name="agreement_names_fields"
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["organisation", "-asked_at"], name="export_of_organisation"),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                condition=models.Q(("state__in", ["asked", "ready", "collected"])), fields=["state"], name="export_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreement__isnull", False), ("request", None)),
                    models.Q(("agreement", None), ("request__isnull", False)),
                    _connector="OR",
                ),
                name="export_under_one_of_both",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    rows_in=models.F("exported")
                    + models.F("died")
                    + models.F("restricted")
                    + models.F("opted_out")
                    + models.F("objected")
                    + models.F("not_seen")
                ),
                name="export_control_totals",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["ready", "collected"]), _negated=True),
                    models.Q(("expires_at__isnull", False), models.Q(("sha256", ""), _negated=True)),
                    _connector="OR",
                ),
                name="export_made_with_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="export_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementsignature",
            constraint=models.UniqueConstraint(fields=("agreement", "side"), name="signature_one_a_side"),
        ),
        reference("governance_sharingagreement"),
        grant("governance_sharingagreement", "SELECT", "INSERT", "UPDATE", columns=("ended_at", "ended_because")),
        reference("governance_agreementsignature"),
        grant("governance_agreementsignature", "SELECT", "INSERT"),
        statement(EXPORT),
        grant(
            "governance_export",
            "SELECT",
            "INSERT",
            "UPDATE",
            columns=WRITTEN_LATER,
        ),
    ]
