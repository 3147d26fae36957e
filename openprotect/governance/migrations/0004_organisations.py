"""What organisations were to each other over time; teams that open, close and have hours."""

from datetime import time

import django.db.models.deletion
from django.db import migrations, models

from openprotect.governance.row_security import grant, reference, statement

RELATION_KINDS = [
    ("commissioned_by", "Commissioned by"),
    ("part_of", "Part of"),
    ("located_in", "Located in"),
    ("succeeded_by", "Succeeded by"),
]
KINDS = [
    ("icb", "Integrated care board"),
    ("commissioner", "Commissioner"),
    ("locality", "Locality"),
    ("pcn", "Primary care network"),
    ("practice", "GP practice"),
    ("trust", "Trust"),
    ("council", "Council"),
    ("voluntary", "Voluntary body"),
    ("pharmacy", "Pharmacy"),
    ("other", "Other prescribing cost centre"),
]
STATUSES = [("active", "Active"), ("closed", "Closed"), ("dormant", "Dormant"), ("proposed", "Proposed")]

# A range of one number instead of `organisation_id WITH =`, which would need the extension btree_gist.
ONE_OF_A_KIND = """
ALTER TABLE governance_organisationrelation ADD CONSTRAINT relation_one_KIND
EXCLUDE USING gist (int8range(organisation_id, organisation_id, '[]') WITH &&,
                    daterange(starts_on, ends_on, '[]') WITH &&)
WHERE (withdrawn_at IS NULL AND kind = 'KIND') DEFERRABLE INITIALLY IMMEDIATE
"""

# What was only a parent until now becomes a relation, from the day this database was made.
PARENTS = """
INSERT INTO governance_organisationrelation
    (organisation_id, kind, to_id, starts_on, source, recorded_at, in_force)
SELECT o.id, CASE p.kind WHEN 'locality' THEN 'located_in' ELSE 'part_of' END, p.id,
       (i.created_at AT TIME ZONE 'Europe/London')::date, 'here', i.created_at, true
FROM governance_organisation o JOIN governance_organisation p ON p.id = o.parent_id, governance_installation i
"""

HOURS_ARE_REPLACED = """
CREATE POLICY governance_teamhours_system_delete ON governance_teamhours FOR DELETE
    USING (op_identity() = 'system');
"""


def to_organisation(name: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(
        "governance.organisation", null=null, on_delete=django.db.models.deletion.PROTECT, related_name=name
    )


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0003_bases_in_scope_and_audit"),
    ]

    operations = [
        migrations.AddField("organisation", "opened_on", models.DateField(null=True)),
        migrations.AddField("organisation", "closed_on", models.DateField(null=True)),
        migrations.AddField("organisation", "closing_recorded_at", models.DateTimeField(null=True)),
        migrations.AddField("organisation", "closed_at", models.DateTimeField(null=True)),
        migrations.AddField("organisation", "postcode", models.CharField(blank=True, default="", max_length=8)),
        migrations.AddField(
            "organisation", "status", models.CharField(choices=STATUSES, default="active", max_length=10)
        ),
        migrations.AddField("organisation", "successor", to_organisation("predecessors", null=True)),
        migrations.AlterField("organisation", "kind", models.CharField(choices=KINDS, max_length=20)),
        migrations.AddIndex("organisation", models.Index(fields=["name", "id"], name="organisation_by_name")),
        migrations.AddIndex(
            "organisation",
            models.Index(condition=models.Q(closed_at=None), fields=["closed_on"], name="organisation_to_close"),
        ),
        migrations.AddIndex("organisation", models.Index(fields=["kind"], name="organisation_kind")),
        migrations.AddField("team", "opened_at", models.DateTimeField(null=True)),
        migrations.AddField("team", "closed_at", models.DateTimeField(null=True)),
        migrations.AddField("team", "open_on_bank_holidays", models.BooleanField(default=False)),
        migrations.RemoveConstraint("team", "team_one_per_duty"),
        migrations.AddConstraint(
            "team",
            models.UniqueConstraint(
                condition=models.Q(closed_at=None), fields=("organisation", "duty"), name="team_one_open_per_duty"
            ),
        ),
        migrations.CreateModel(
            name="OrganisationRelation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organisation", to_organisation("relations")),
                ("kind", models.CharField(choices=RELATION_KINDS, max_length=20)),
                ("to", to_organisation("related")),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                (
                    "source",
                    models.CharField(
                        choices=[("extract", "National extract"), ("here", "Entered here")], max_length=10
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("in_force", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "kind", "starts_on"], name="relation_of_organisation"),
                    models.Index(fields=["in_force", "ends_on"], name="relation_due"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                        name="relation_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(organisation=models.F("to")), name="relation_to_another"
                    ),
                ],
            },
        ),
        *(statement(ONE_OF_A_KIND.replace("KIND", kind)) for kind, _ in RELATION_KINDS),
        statement(PARENTS),
        reference("governance_organisationrelation"),
        grant("governance_organisationrelation", "SELECT", "INSERT", "UPDATE"),
        migrations.CreateModel(
            name="TeamHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "team",
                    models.ForeignKey(
                        "governance.team", on_delete=django.db.models.deletion.PROTECT, related_name="hours"
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField()),
                ("opens", models.TimeField()),
                ("closes", models.TimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("team", "weekday", "opens"), name="teamhours_once"),
                    models.CheckConstraint(condition=models.Q(weekday__lte=6), name="teamhours_weekday"),
                    models.CheckConstraint(
                        condition=models.Q(closes__gt=models.F("opens")) | models.Q(closes=time(0)),
                        name="teamhours_close_after_they_open",
                    ),
                ],
            },
        ),
        reference("governance_teamhours"),
        statement(HOURS_ARE_REPLACED),
        grant("governance_teamhours", "SELECT", "INSERT", "UPDATE", "DELETE"),
    ]
