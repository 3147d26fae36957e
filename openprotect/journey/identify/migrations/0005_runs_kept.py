"""Runs are kept for ever: a reason stands from the run that found it until the run that no longer did.

Rows of before were a whole copy for each run: each becomes a period of one run, and the next run goes on from the last.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from openprotect.governance.row_security import changes, grant, protect, statement

NUMBERED = """
SELECT set_config('openprotect.identity', 'system', true);
UPDATE identify_cohortrun r SET programme = n.programme, number = n.number
FROM (SELECT c.id, v.programme, row_number() OVER (PARTITION BY v.programme ORDER BY c.ran_at, c.id) AS number
      FROM identify_cohortrun c JOIN programmes_packversion v ON v.id = c.pack_version_id) n
WHERE n.id = r.id;
UPDATE identify_reason s SET programme = r.programme, since = r.number, until = CASE WHEN EXISTS (
    SELECT 1 FROM identify_cohortrun l WHERE l.programme = r.programme AND l.number > r.number) THEN r.number + 1 END
FROM identify_cohortrun r WHERE r.id = s.run_id;
SELECT set_config('openprotect.identity', '', true)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("identify", "0004_hardening"),
        ("governance", "0014_missing_events"),
    ]

    operations = [
        migrations.AddField("cohortrun", "programme", models.CharField(max_length=60, default="")),
        migrations.AddField("cohortrun", "number", models.PositiveIntegerField(default=0)),
        migrations.AddField("cohortrun", "codelists", models.JSONField(default=dict)),
        migrations.AddField("cohortrun", "data_age", models.JSONField(default=dict)),
        migrations.AddField("reason", "programme", models.CharField(max_length=60, default="")),
        migrations.AddField("reason", "since", models.PositiveIntegerField(default=0)),
        migrations.AddField("reason", "until", models.PositiveIntegerField(null=True)),
        statement(NUMBERED),
        migrations.AlterField("cohortrun", "programme", models.CharField(max_length=60)),
        migrations.AlterField("cohortrun", "number", models.PositiveIntegerField()),
        migrations.AlterField("reason", "programme", models.CharField(max_length=60)),
        migrations.AlterField("reason", "since", models.PositiveIntegerField()),
        migrations.AddConstraint(
            "cohortrun", models.UniqueConstraint(fields=["programme", "number"], name="cohortrun_number")
        ),
        migrations.AddConstraint(
            "reason",
            models.UniqueConstraint(
                fields=["programme", "person", "rule"], condition=Q(until=None), name="reason_one_open"
            ),
        ),
        migrations.AddConstraint(
            "reason",
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")), name="reason_ends_after_it_begins"
            ),
        ),
        migrations.AddIndex(
            "reason", models.Index(fields=["programme", "person", "since"], name="reason_of_programme")
        ),
        changes("identify_reason", "until"),
        migrations.CreateModel(
            name="Figure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("programme", models.CharField(max_length=60)),
                ("dimension", models.CharField(max_length=20)),
                ("value", models.TextField(blank=True)),
                ("people", models.PositiveIntegerField()),
                ("since", models.PositiveIntegerField()),
                ("until", models.PositiveIntegerField(null=True)),
                (
                    "practice",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.organisation",
                    ),
                ),
                (
                    "locality",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["programme", "practice", "locality", "dimension", "value"],
                        condition=Q(until=None),
                        nulls_distinct=False,
                        name="figure_one_open",
                    ),
                    models.CheckConstraint(
                        condition=Q(until=None) | Q(until__gt=F("since")), name="figure_ends_after_it_begins"
                    ),
                ],
                "indexes": [models.Index(fields=["programme", "since"], name="figure_of_programme")],
            },
        ),
        # Small numbers stand in it: staff see them by queries that leave these out, never by themselves.
        protect("identify_figure"),
        grant("identify_figure", "SELECT", "INSERT"),
        grant("identify_figure", "UPDATE", columns=("until",)),
    ]
