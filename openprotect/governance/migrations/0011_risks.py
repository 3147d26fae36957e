"""Risks and their decisions; documents that organisations accept. No row is about a single person."""

import django.db.models.deletion
import django.db.models.functions
from django.conf import settings
from django.db import migrations, models

from openprotect.governance.row_security import grant, protect, statement

READ = """
CREATE POLICY governance_risk_read ON governance_risk FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.risks'));
CREATE POLICY governance_riskstep_read ON governance_riskstep FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.risks'));
CREATE POLICY governance_riskdissent_read ON governance_riskdissent FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.risks'));
CREATE POLICY governance_riskdocument_read ON governance_riskdocument FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.risks'));
CREATE POLICY governance_documentversion_read ON governance_documentversion FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.risks'));
CREATE POLICY governance_documentasked_read ON governance_documentasked FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.risks'));
CREATE POLICY governance_documentanswer_read ON governance_documentanswer FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.risks'));
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0010_emergency_access"),
    ]

    operations = [
        migrations.CreateModel(
            name="DocumentAsked",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="governance.organisation"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DocumentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("label", models.CharField(max_length=60)),
                ("what_changed", models.TextField()),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="documentasked",
            name="version",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="governance.documentversion"),
        ),
        migrations.CreateModel(
            name="DocumentAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answer", models.CharField(max_length=15)),
                ("words", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="governance.organisation"),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="governance.documentversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Risk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(max_length=200)),
                ("why_now", models.TextField()),
                ("who_harmed", models.TextField()),
                ("mitigations", models.TextField()),
                ("stop_rule", models.TextField()),
                ("kind", models.CharField(max_length=20)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ("cap", models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ("carried_by", models.CharField(blank=True, max_length=120)),
                ("activity_kind", models.CharField(max_length=20)),
                ("activity_key", models.CharField(blank=True, max_length=80)),
                ("recorded_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Waits for a decision"),
                            ("going", "Going on at this risk"),
                            ("stopped", "Stopped"),
                            ("closed", "Closed"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("review_by", models.DateTimeField(null=True)),
                ("suspension_noted_at", models.DateTimeField(null=True)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RiskDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, unique=True)),
                ("kind", models.CharField(max_length=20)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="documentversion",
            name="document",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="governance.riskdocument"
            ),
        ),
        migrations.CreateModel(
            name="RiskStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[("decided", "Decided"), ("reviewed", "Reviewed"), ("suspended", "Suspended")],
                        max_length=10,
                    ),
                ),
                ("outcome", models.CharField(blank=True, max_length=10)),
                ("without_basis", models.TextField(blank=True)),
                ("words", models.TextField(blank=True)),
                ("review_by", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "basis",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.legalbasis",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "risk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="governance.risk"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RiskDissent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("role", models.CharField(max_length=120)),
                ("words", models.TextField()),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="dissents", to="governance.riskstep"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="documentasked",
            constraint=models.UniqueConstraint(fields=("version", "organisation"), name="documentasked_once"),
        ),
        migrations.AddConstraint(
            model_name="documentanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answer", "accepted"),
                    models.Q(("answer__in", ["reservations", "declined"]), models.Q(("words", ""), _negated=True)),
                    _connector="OR",
                ),
                name="documentanswer_says_why",
            ),
        ),
        migrations.AddIndex(
            model_name="risk",
            index=models.Index(
                condition=models.Q(("status__in", ["going", "stopped"])),
                fields=["activity_kind", "activity_key"],
                name="risk_suspends",
            ),
        ),
        migrations.AddIndex(
            model_name="risk",
            index=models.Index(fields=["-id"], name="risk_newest"),
        ),
        migrations.AddConstraint(
            model_name="risk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("review_by", None), ("status", "open")),
                    models.Q(models.Q(("status", "open"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="risk_decided_or_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="risk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "going"), _negated=True), ("review_by__isnull", False), _connector="OR"
                ),
                name="risk_going_is_reviewed",
            ),
        ),
        migrations.AddConstraint(
            model_name="risk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "financial"), _negated=True),
                    models.Q(
                        ("amount__gt", 0), ("cap__gte", models.F("amount")), models.Q(("carried_by", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="risk_financial_has_a_cap",
            ),
        ),
        migrations.AddConstraint(
            model_name="risk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("activity_key", ""), ("activity_kind", "none")),
                    models.Q(
                        models.Q(("activity_kind", "none"), _negated=True),
                        models.Q(("activity_key", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="risk_names_its_activity",
            ),
        ),
        migrations.AddConstraint(
            model_name="documentversion",
            constraint=models.UniqueConstraint(fields=("document", "number"), name="documentversion_number"),
        ),
        migrations.AddConstraint(
            model_name="riskstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("by", None), ("what", "suspended")),
                    models.Q(
                        models.Q(("what", "suspended"), _negated=True),
                        ("by__isnull", False),
                        models.Q(("words", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="riskstep_has_a_decider",
            ),
        ),
        migrations.AddConstraint(
            model_name="riskstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("what", "decided"), _negated=True),
                    ("basis__isnull", False),
                    models.Q(("without_basis", ""), _negated=True),
                    _connector="OR",
                ),
                name="riskstep_has_a_basis_or_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="riskstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "go"), _negated=True), ("review_by__gt", models.F("at")), _connector="OR"
                ),
                name="riskstep_is_reviewed_later",
            ),
        ),
        protect("governance_risk"),
        grant(
            "governance_risk",
            "SELECT",
            "INSERT",
            "UPDATE",
            columns=("status", "decided_at", "review_by", "suspension_noted_at"),
        ),
        protect("governance_riskstep"),
        grant("governance_riskstep", "SELECT", "INSERT"),
        protect("governance_riskdissent"),
        grant("governance_riskdissent", "SELECT", "INSERT"),
        protect("governance_riskdocument"),
        grant("governance_riskdocument", "SELECT", "INSERT"),
        protect("governance_documentversion"),
        grant("governance_documentversion", "SELECT", "INSERT"),
        protect("governance_documentasked"),
        grant("governance_documentasked", "SELECT", "INSERT"),
        protect("governance_documentanswer"),
        grant("governance_documentanswer", "SELECT", "INSERT"),
        statement(READ),
    ]
