"""The national data opt-out, people's own objections, and what people ask about their records."""

import uuid

from django.db import migrations, models

from openprotect.governance.row_security import grant, protect, reference, statement

# A request may come before it is known whose records it is about: it belongs to the organisation that received it.
REQUESTS = """
ALTER TABLE people_rightsrequest ENABLE ROW LEVEL SECURITY;
ALTER TABLE people_rightsrequest FORCE ROW LEVEL SECURITY;
CREATE POLICY people_rightsrequest_system ON people_rightsrequest FOR ALL
    USING (op_identity() = 'system') WITH CHECK (op_identity() = 'system');
CREATE POLICY people_rightsrequest_own ON people_rightsrequest FOR SELECT
    USING (op_identity() = 'staff' AND op_may('act.rights') AND organisation_id = ANY (op_organisations()));
ALTER TABLE people_rightsstep ENABLE ROW LEVEL SECURITY;
ALTER TABLE people_rightsstep FORCE ROW LEVEL SECURITY;
CREATE POLICY people_rightsstep_system ON people_rightsstep FOR ALL
    USING (op_identity() = 'system') WITH CHECK (op_identity() = 'system');
CREATE POLICY people_rightsstep_own ON people_rightsstep FOR SELECT
    USING (op_identity() = 'staff' AND op_may('act.rights') AND organisation_id = ANY (op_organisations()));
"""
RECEIVED = ("received_at", "received_sha256", "cleaned", "opted_out", "newly", "no_longer")
WORKED = (
    "person_id", "acknowledged_at", "due_on", "extended_because", "identity_checked_at", "closed_at", "outcome",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_row_security"),
        ("governance", "0007_agreements"),
    ]

    operations = [
        migrations.CreateModel(
            name="OptOutExchange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sent_at", models.DateTimeField()),
                ("sent_by", models.CharField(max_length=80)),
                ("sha256", models.CharField(max_length=64)),
                ("sent", models.PositiveIntegerField()),
                ("received_at", models.DateTimeField(null=True)),
                ("received_sha256", models.CharField(blank=True, max_length=64)),
                ("cleaned", models.PositiveIntegerField(default=0)),
                ("opted_out", models.PositiveIntegerField(default=0)),
                ("newly", models.PositiveIntegerField(default=0)),
                ("no_longer", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("received_at", None),
                            ("sent", models.F("cleaned") + models.F("opted_out")),
                            _connector="OR",
                        ),
                        name="optoutexchange_control_totals",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RightsRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("access", "Access"),
                            ("rectification", "Rectification"),
                            ("objection", "Objection"),
                            ("complaint", "Complaint"),
                        ],
                        max_length=15,
                    ),
                ),
                ("who", models.CharField(max_length=200)),
                ("reply_to", models.TextField()),
                ("asked", models.TextField()),
                ("received_on", models.DateField()),
                ("acknowledge_by", models.DateField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("due_on", models.DateField()),
                ("extended_because", models.TextField(blank=True)),
                ("identity_checked_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=20)),
                (
                    "organisation",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="governance.organisation"),
                ),
                (
                    "person",
                    models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="people.person"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RightsStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
                ("what", models.CharField(max_length=20)),
                ("words", models.TextField(blank=True)),
                (
                    "organisation",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="governance.organisation"),
                ),
                (
                    "person",
                    models.ForeignKey(null=True, on_delete=models.PROTECT, related_name="+", to="people.person"),
                ),
                (
                    "request",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="steps", to="people.rightsrequest"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Objection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(blank=True, max_length=60)),
                ("kind", models.CharField(choices=[("objects", "Objects"), ("withdrawn", "Withdrawn")], max_length=10)),
                ("words", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=80)),
                ("person", models.ForeignKey(on_delete=models.PROTECT, related_name="objections", to="people.person")),
            ],
            options={
                "indexes": [models.Index(fields=["person", "purpose", "-id"], name="people_obje_person__7e9652_idx")],
            },
        ),
        migrations.CreateModel(
            name="OptOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nhs_number", models.CharField(max_length=10)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("exchange", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="people.optoutexchange")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)), fields=("nhs_number",), name="optout_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("nhs_number__regex", "^[0-9]{10}$")), name="optout_nhs_number_shape"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="rightsrequest",
            index=models.Index(
                condition=models.Q(("closed_at", None)), fields=["organisation", "due_on"], name="rightsrequest_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("outcome", "")),
                    models.Q(("closed_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                    _connector="OR",
                ),
                name="rightsrequest_closed_with_an_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_on__gte", models.F("received_on"))), name="rightsrequest_due_after_received"
            ),
        ),
        reference("people_optoutexchange"),
        grant("people_optoutexchange", "SELECT", "INSERT", "UPDATE", columns=RECEIVED),
        # No member of staff reads a single opt-out: they are applied, and counted.
        protect("people_optout", column="nhs_number"),
        grant("people_optout", "SELECT", "INSERT", "UPDATE", columns=("until",)),
        protect("people_objection", staff_read="act.rights"),
        grant("people_objection", "SELECT", "INSERT"),
        statement(REQUESTS),
        grant("people_rightsrequest", "SELECT", "INSERT", "UPDATE", columns=WORKED),
        grant("people_rightsstep", "SELECT", "INSERT"),
    ]
