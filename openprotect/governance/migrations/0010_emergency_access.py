"""One record outside somebody's own scope, for four hours at most, to them alone."""

import datetime
import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q, Value
from django.db.models.expressions import CombinedExpression

from openprotect.governance.row_security import grant, protect, statement

# One at a time: ranges of the built-in kind, so that no extension is needed. The access's own
# opener stands in each review, so that a plain check can say who may not review it.
TABLES = """
ALTER TABLE governance_emergencyaccess ADD CONSTRAINT emergencyaccess_one_at_a_time
    EXCLUDE USING gist (int8range(user_id, user_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&);
ALTER TABLE governance_emergencyaccess ADD CONSTRAINT emergencyaccess_and_user UNIQUE (id, user_id);
ALTER TABLE governance_emergencyreview ADD CONSTRAINT emergencyreview_opener
    FOREIGN KEY (access_id, opener_id) REFERENCES governance_emergencyaccess (id, user_id);
CREATE FUNCTION governance_emergency_only_shorter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ends_at > OLD.ends_at THEN
        RAISE EXCEPTION 'an emergency access only ever becomes shorter' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER governance_emergencyaccess_only_shorter BEFORE UPDATE ON governance_emergencyaccess
    FOR EACH ROW EXECUTE FUNCTION governance_emergency_only_shorter();
"""

# Their own, and everybody's for those who review.
POLICIES = """
CREATE POLICY governance_emergencyaccess_of_function ON governance_emergencyaccess FOR SELECT TO CURRENT_USER
    USING (true);
CREATE POLICY governance_emergencyaccess_staff_read ON governance_emergencyaccess FOR SELECT
    USING (op_identity() = 'staff' AND (user_id::text = op_actor() OR op_may('review.emergency_access')));
CREATE POLICY governance_emergencynotice_staff_read ON governance_emergencynotice FOR SELECT
    USING (op_identity() = 'staff' AND user_id::text = op_actor());
CREATE POLICY governance_emergencyreview_staff_read ON governance_emergencyreview FOR SELECT
    USING (op_identity() = 'staff' AND (opener_id::text = op_actor() OR op_may('review.emergency_access')));
"""

# The basis on which this user sees this person in an emergency now; NULL where they do not. The
# setting narrows: a page about others does not set it, and the table alone decides.
EMERGENCY = """
CREATE FUNCTION op_emergency() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('openprotect.emergency', true), '')::uuid $$;
CREATE FUNCTION op_emergency_basis(person uuid) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF op_emergency() IS DISTINCT FROM person OR op_identity() <> 'staff' OR NOT op_may('use.emergency_access') THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT e.basis_id FROM governance_emergencyaccess e
        JOIN governance_legalbasis b ON b.id = e.basis_id
        JOIN governance_membership m ON m.id = e.membership_id
        JOIN governance_user u ON u.id = e.user_id
        WHERE e.person_id = person AND e.user_id::text = op_actor()
          AND m.id::text = current_setting('openprotect.membership', true)
          AND e.starts_at <= op_now() AND e.ends_at > op_now()
          AND b.starts_at <= op_now() AND (b.ends_at IS NULL OR b.ends_at > op_now())
          AND m.starts_at <= op_now() AND (m.ends_at IS NULL OR m.ends_at > op_now())
          AND u.is_active
        LIMIT 1);
END
$$;
REVOKE ALL ON FUNCTION op_emergency_basis FROM PUBLIC;
GRANT EXECUTE ON FUNCTION op_emergency_basis TO {app};
"""

# A page that is not about a person in an emergency names none, and pays for one comparison.
SEES = """
CREATE OR REPLACE FUNCTION op_sees(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF op_emergency() IS NOT DISTINCT FROM person AND op_emergency_basis(person) IS NOT NULL THEN
        RETURN true;
    END IF;
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

# On which basis something was seen or done: the one that a job says it acts on; for staff, what
# gives their organisation sight of the person, else an emergency; for what runs by itself and for a
# partner, what the person's programme rests on. A person needs no basis for their own record.
RECORD = """
CREATE FUNCTION op_basis_of(person uuid) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    IF op_basis() IS NOT NULL OR person IS NULL OR op_identity() NOT IN ('staff', 'system', 'partner') THEN
        RETURN op_basis();
    END IF;
    SELECT g.basis_id INTO found
    FROM governance_accessgrant g JOIN governance_legalbasis b ON b.id = g.basis_id
    WHERE g.person_id = person
      AND (op_identity() = 'staff' AND g.organisation_id = ANY (op_organisations())
           OR op_identity() <> 'staff' AND g.via = 'programme')
      AND g.starts_at <= op_now() AND (g.ends_at IS NULL OR g.ends_at > op_now())
      AND b.starts_at <= op_now() AND (b.ends_at IS NULL OR b.ends_at > op_now())
    ORDER BY g.id LIMIT 1;
    RETURN coalesce(found, op_emergency_basis(person));
END
$$;
REVOKE ALL ON FUNCTION op_basis_of FROM PUBLIC;
CREATE OR REPLACE FUNCTION governance_record_events(
    action text, people uuid[], object_type text, objects text[], why text
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO governance_auditevent
        (at, identity, actor, organisation_id, membership_id, role, action, person_id, object_type, object_id, why,
         basis_id, purpose)
    SELECT op_now(), op_identity(), op_actor(),
           nullif(current_setting('openprotect.organisation', true), '')::bigint,
           nullif(current_setting('openprotect.membership', true), '')::bigint,
           coalesce(current_setting('openprotect.role', true), ''),
           action, t.p, object_type, coalesce(t.o, ''), why, b.id, coalesce(b.purpose, '')
    FROM (SELECT p, o, op_basis_of(p) AS basis FROM unnest(people, objects) AS given(p, o)) AS t
    LEFT JOIN governance_legalbasis b ON b.id = t.basis
$$;
"""


def _key(to: str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=to, **options)


def _id() -> tuple[str, models.Field]:
    return "id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0009_access_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmergencyAccess",
            fields=[
                _id(),
                ("person_id", models.UUIDField()),
                ("reason", models.CharField(max_length=40)),
                ("words", models.TextField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "ended_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("time", "Time"),
                            ("hand", "Hand"),
                            ("sign-out", "Sign Out"),
                            ("left", "Left"),
                            ("record", "Record"),
                        ],
                        max_length=10,
                    ),
                ),
                ("review_due_at", models.DateTimeField()),
                ("escalated_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("basis", _key("governance.legalbasis")),
                ("membership", _key("governance.membership")),
                ("user", _key(settings.AUTH_USER_MODEL, related_name="+")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person_id", "user"], name="governance__person__032566_idx"),
                    models.Index(
                        condition=Q(("settled_at", None)), fields=["review_due_at"], name="emergencyaccess_unsettled"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(
                            ("ends_at__gte", F("starts_at")),
                            (
                                "ends_at__lte",
                                CombinedExpression(F("starts_at"), "+", Value(datetime.timedelta(seconds=14400))),
                            ),
                        ),
                        name="emergencyaccess_four_hours",
                    ),
                    models.CheckConstraint(
                        condition=Q(Q(("words", ""), _negated=True), Q(("reason", ""), _negated=True)),
                        name="emergencyaccess_says_why",
                    ),
                    models.CheckConstraint(
                        condition=Q(("review_due_at__gt", F("starts_at"))), name="emergencyaccess_review_comes_later"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EmergencyNotice",
            fields=[
                _id(),
                (
                    "what",
                    models.CharField(choices=[("opened", "Opened"), ("overdue", "Overdue")], max_length=10),
                ),
                ("made_at", models.DateTimeField()),
                ("reference", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("access", _key("governance.emergencyaccess", related_name="notices")),
                ("user", _key(settings.AUTH_USER_MODEL, related_name="+")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("access", "user", "what"), name="emergencynotice_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="EmergencyReview",
            fields=[
                _id(),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("justified", "Justified"),
                            ("not_justified", "Not Justified"),
                            ("ask", "Ask"),
                            ("answer", "Answer"),
                        ],
                        max_length=15,
                    ),
                ),
                ("words", models.TextField()),
                ("at", models.DateTimeField()),
                ("access", _key("governance.emergencyaccess", related_name="reviews")),
                ("opener", _key(settings.AUTH_USER_MODEL, related_name="+")),
                ("user", _key(settings.AUTH_USER_MODEL, related_name="+")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(
                            Q(("outcome", "answer"), ("user", F("opener"))),
                            Q(Q(("outcome", "answer"), _negated=True), Q(("user", F("opener")), _negated=True)),
                            _connector="OR",
                        ),
                        name="emergencyreview_by_another",
                    ),
                    models.CheckConstraint(condition=Q(("words", ""), _negated=True), name="emergencyreview_has_words"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EmergencyTry",
            fields=[
                _id(),
                ("at", models.DateTimeField()),
                ("user", _key(settings.AUTH_USER_MODEL, related_name="+")),
            ],
            options={"indexes": [models.Index(fields=["user", "at"], name="governance__user_id_0780b9_idx")]},
        ),
        statement(TABLES),
        protect("governance_emergencyaccess"),
        grant(
            "governance_emergencyaccess",
            "SELECT",
            "INSERT",
            "UPDATE",
            columns=("ends_at", "ended_by", "escalated_at", "settled_at"),
        ),
        protect("governance_emergencynotice"),
        grant("governance_emergencynotice", "SELECT", "INSERT", "UPDATE", columns=("sent_at",)),
        protect("governance_emergencyreview"),
        grant("governance_emergencyreview", "SELECT", "INSERT"),
        protect("governance_emergencytry"),
        grant("governance_emergencytry", "SELECT", "INSERT"),
        statement(POLICIES),
        statement(EMERGENCY),
        statement(SEES),
        statement(RECORD),
    ]
