"""Who saw whom: searched by the privacy officer, shown to practices and to the person; stops of access."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from openprotect.governance.row_security import grant, statement

# The functions below run as the owner, for whom the trail has to be open: they say who reads what of it.
OF_FUNCTIONS = """
CREATE POLICY governance_auditevent_of_functions ON governance_auditevent FOR SELECT TO CURRENT_USER USING (true);
"""

# A practice reads the events of its patients, of the time in which they were its patients: also of
# those who have left, of nobody before they came. The name behind an event is for colleagues only,
# so neither the actor nor the membership of another organisation's leaves the function.
OWN_AUDIT = """
CREATE FUNCTION governance_own_audit(
    since timestamptz, until timestamptz, before_at timestamptz, before_id bigint,
    wanted_organisation bigint, wanted_person uuid, automatic boolean, most integer
) RETURNS TABLE (
    id bigint, at timestamptz, identity text, actor text, organisation_id bigint, membership_id bigint, role text,
    basis_id bigint, purpose text, action text, object_type text, person_id uuid
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    mine bigint[] := op_organisations();
BEGIN
    IF op_identity() <> 'staff' OR NOT op_may('see.own_audit') THEN RETURN; END IF;
    RETURN QUERY
    SELECT e.id, e.at, e.identity::text,
           CASE WHEN e.organisation_id = ANY (mine) THEN e.actor::text ELSE '' END,
           e.organisation_id, CASE WHEN e.organisation_id = ANY (mine) THEN e.membership_id END, e.role::text, e.basis_id, e.purpose::text, e.action::text,
           e.object_type::text, e.person_id
    FROM governance_auditevent e
    WHERE e.at >= since AND e.at < until
      AND (before_at IS NULL OR (e.at, e.id) < (before_at, before_id))
      AND (wanted_organisation IS NULL OR e.organisation_id = wanted_organisation)
      AND (wanted_person IS NULL OR e.person_id = wanted_person)
      AND (automatic OR e.identity IN ('staff', 'partner'))
      AND e.person_id IS NOT NULL
      AND EXISTS (SELECT 1 FROM governance_accessgrant g
                  WHERE g.person_id = e.person_id AND g.organisation_id = ANY (mine) AND g.via = 'registration'
                    AND g.starts_at <= e.at AND (g.ends_at IS NULL OR g.ends_at > e.at))
    ORDER BY e.at DESC, e.id DESC
    LIMIT most;
END
$$;
REVOKE ALL ON FUNCTION governance_own_audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance_own_audit TO {app};
CREATE FUNCTION governance_own_audit_counts(since timestamptz) RETURNS TABLE (
    organisation_id bigint, people bigint, events bigint
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    mine bigint[] := op_organisations();
BEGIN
    IF op_identity() <> 'staff' OR NOT op_may('see.own_audit') THEN RETURN; END IF;
    -- The last row, without an organisation, counts everybody once.
    RETURN QUERY
    SELECT e.organisation_id, count(DISTINCT e.person_id), count(*)
    FROM governance_auditevent e
    WHERE e.at >= since AND e.identity IN ('staff', 'partner') AND e.person_id IS NOT NULL
      AND e.organisation_id IS NOT NULL
      AND EXISTS (SELECT 1 FROM governance_accessgrant g
                  WHERE g.person_id = e.person_id AND g.organisation_id = ANY (mine) AND g.via = 'registration'
                    AND g.starts_at <= e.at AND (g.ends_at IS NULL OR g.ends_at > e.at))
    GROUP BY GROUPING SETS ((e.organisation_id), ())
    ORDER BY 1 NULLS LAST;
END
$$;
REVOKE ALL ON FUNCTION governance_own_audit_counts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance_own_audit_counts TO {app};
"""

# A person reads by role and organisation who saw them, by day and purpose. No name, no id and no
# time of day leaves the function, so that nobody who rang is found by it.
WHO_SAW = """
CREATE FUNCTION governance_who_saw(person uuid) RETURNS TABLE (
    day date, organisation_id bigint, role text, purpose text, times bigint
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF op_identity() <> 'system' AND (op_identity() <> 'person' OR op_person() IS DISTINCT FROM person) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT (e.at AT TIME ZONE 'Europe/London')::date, e.organisation_id, e.role::text, e.purpose::text, count(*)
    FROM governance_auditevent e
    WHERE e.person_id = person AND e.identity IN ('staff', 'partner')
    GROUP BY 1, 2, 3, 4
    ORDER BY 1 DESC, 2, 3, 4;
END
$$;
REVOKE ALL ON FUNCTION governance_who_saw FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance_who_saw TO {app};
"""

STOPS = """
ALTER TABLE governance_accessstoprequest ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance_accessstoprequest FORCE ROW LEVEL SECURITY;
CREATE POLICY governance_accessstoprequest_system ON governance_accessstoprequest FOR ALL
    USING (op_identity() = 'system') WITH CHECK (op_identity() = 'system');
CREATE POLICY governance_accessstoprequest_staff_read ON governance_accessstoprequest FOR SELECT
    USING (op_identity() = 'staff' AND (op_may('decide.access_stop')
           OR op_may('ask.access_stop') AND practice_id = ANY (op_organisations())));
ALTER TABLE governance_accessstop ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance_accessstop FORCE ROW LEVEL SECURITY;
CREATE POLICY governance_accessstop_system ON governance_accessstop FOR ALL
    USING (op_identity() = 'system') WITH CHECK (op_identity() = 'system');
CREATE POLICY governance_accessstop_of_functions ON governance_accessstop FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY governance_accessstop_staff_read ON governance_accessstop FOR SELECT
    USING (op_identity() = 'staff' AND (op_may('decide.access_stop')
           OR op_may('ask.access_stop') AND practice_id = ANY (op_organisations())));
"""

# Whether an organisation's access to a person is stopped now: for that one person, or for all whom
# the practice that asked has registered, but for those whom the decision spared.
STOPPED = """
CREATE FUNCTION op_stopped(organisation bigint, person uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM governance_accessstop s
        WHERE s.organisation_id = organisation
          AND s.starts_at <= op_now() AND (s.ends_at IS NULL OR s.ends_at > op_now())
          AND (s.person_id = person
               OR s.person_id IS NULL AND NOT person = ANY (s.spared) AND EXISTS (
                   SELECT 1 FROM governance_accessgrant r
                   WHERE r.person_id = person AND r.organisation_id = s.practice_id AND r.via = 'registration'
                     AND r.starts_at <= op_now() AND (r.ends_at IS NULL OR r.ends_at > op_now()))));
END
$$;
REVOKE ALL ON FUNCTION op_stopped FROM PUBLIC;
GRANT EXECUTE ON FUNCTION op_stopped TO {app};
"""

# A stop hides whatever grants there are, old or new. Nobody has a stop, mostly: a look into an index
# that holds nothing comes first.
SEES = """
CREATE OR REPLACE FUNCTION op_sees(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM governance_accessgrant g JOIN governance_legalbasis b ON b.id = g.basis_id
        WHERE g.person_id = person AND g.organisation_id = ANY (op_organisations())
          AND g.starts_at <= op_now() AND (g.ends_at IS NULL OR g.ends_at > op_now())
          AND b.starts_at <= op_now() AND (b.ends_at IS NULL OR b.ends_at > op_now())
          AND NOT (EXISTS (SELECT 1 FROM governance_accessstop s WHERE s.organisation_id = g.organisation_id)
                   AND op_stopped(g.organisation_id, person)));
END
$$;
"""

REVIEWS = """
ALTER TABLE governance_patternreview ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance_patternreview FORCE ROW LEVEL SECURITY;
CREATE POLICY governance_patternreview_system ON governance_patternreview FOR ALL
    USING (op_identity() = 'system') WITH CHECK (op_identity() = 'system');
CREATE POLICY governance_patternreview_staff_read ON governance_patternreview FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.audit'));
ALTER TABLE governance_whosawletter ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance_whosawletter FORCE ROW LEVEL SECURITY;
CREATE POLICY governance_whosawletter_system ON governance_whosawletter FOR ALL
    USING (op_identity() = 'system') WITH CHECK (op_identity() = 'system');
"""


def to_organisation():
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.organisation"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0008_audit_chain"),
    ]

    operations = [
        # Newest first by the service's clock, whatever is asked for: so that a page of a million events
        # costs what a page of ten costs, and a day long ago costs what today costs.
        migrations.RemoveIndex("auditevent", "governance__person__1e3e20_idx"),
        migrations.RemoveIndex("auditevent", "governance__action_c6fcf9_idx"),
        migrations.AddIndex("auditevent", models.Index(fields=["person_id", "-at", "-id"], name="auditevent_person")),
        migrations.AddIndex("auditevent", models.Index(fields=["action", "-at", "-id"], name="auditevent_action")),
        migrations.AddIndex("auditevent", models.Index(fields=["actor", "-at", "-id"], name="auditevent_actor")),
        migrations.AddIndex(
            "auditevent", models.Index(fields=["organisation_id", "-at", "-id"], name="auditevent_organisation")
        ),
        migrations.AddIndex("auditevent", models.Index(fields=["-at", "-id"], name="auditevent_newest")),
        migrations.AddIndex(
            "auditevent",
            models.Index(
                fields=["-at", "-id"],
                condition=models.Q(action__in=("refused", "door refused")),
                name="auditevent_denied",
            ),
        ),
        migrations.CreateModel(
            name="AccessStopRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("practice", to_organisation()),
                ("organisation", to_organisation()),
                ("person_id", models.UUIDField(null=True)),
                ("reason", models.TextField()),
                ("asked_by", models.CharField(max_length=80)),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("granted", "Granted"),
                            ("in_part", "In Part"),
                            ("refused", "Refused"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_by", models.CharField(blank=True, max_length=80)),
                ("decided_at", models.DateTimeField(null=True)),
                ("words", models.TextField(blank=True)),
                ("reference", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["practice", "organisation", "person_id"],
                        condition=models.Q(status="open"),
                        nulls_distinct=False,
                        name="accessstoprequest_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(status="open", decided_at=None)
                        | ~models.Q(status="open") & models.Q(decided_at__isnull=False) & ~models.Q(words=""),
                        name="accessstoprequest_decided_with_words",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(practice=models.F("organisation")), name="accessstoprequest_of_another"
                    ),
                ],
                "indexes": [models.Index(fields=["practice", "-id"], name="accessstoprequest_practice")],
            },
        ),
        migrations.CreateModel(
            name="AccessStop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stops",
                        to="governance.accessstoprequest",
                    ),
                ),
                ("practice", to_organisation()),
                ("organisation", to_organisation()),
                ("person_id", models.UUIDField(null=True)),
                ("spared", django.contrib.postgres.fields.ArrayField(models.UUIDField(), default=list)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(ends_at=None) | models.Q(ends_at__gte=models.F("starts_at")),
                        name="accessstop_ends_after_it_starts",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PatternReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pattern", models.CharField(max_length=30)),
                ("actor", models.CharField(max_length=80)),
                ("person_id", models.UUIDField(null=True)),
                ("day", models.DateField()),
                ("up_to", models.BigIntegerField()),
                ("reviewed_by", models.CharField(max_length=80)),
                ("reviewed_at", models.DateTimeField()),
                ("words", models.TextField()),
            ],
            options={
                "indexes": [models.Index(fields=["pattern", "actor", "day"], name="patternreview_line")],
            },
        ),
        migrations.CreateModel(
            name="WhoSawLetter",
            fields=[
                ("reference", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("person_id", models.UUIDField()),
                ("asked_by", models.CharField(max_length=80)),
                ("asked_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["asked_at"], condition=models.Q(sent_at=None), name="whosawletter_waiting")
                ],
            },
        ),
        statement(OF_FUNCTIONS),
        statement(OWN_AUDIT),
        statement(WHO_SAW),
        statement(STOPS),
        grant(
            "governance_accessstoprequest",
            "SELECT",
            "INSERT",
            "UPDATE",
            columns=("status", "decided_by", "decided_at", "words", "told_at"),
        ),
        grant("governance_accessstop", "SELECT", "INSERT", "UPDATE", columns=("ends_at", "spared")),
        statement(STOPPED),
        statement(SEES),
        statement(REVIEWS),
        grant("governance_patternreview", "SELECT", "INSERT"),
        grant("governance_whosawletter", "SELECT", "INSERT", "UPDATE", columns=("sent_at",)),
    ]
