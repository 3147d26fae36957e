"""Those who care for somebody ask what the records say of them; the answers go by themselves after a day."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from openprotect.governance.row_security import changes, grant, many_rows, protect, statement

# As governance made it, with one more table whose rows go by themselves.
ROWS = """
CREATE OR REPLACE FUNCTION governance_dispose_rows(of_table text, before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone integer := 0;
BEGIN
    IF op_identity() <> 'system' OR before > op_now() - interval '1 day' THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the system disposes, and of nothing that is a day old';
    END IF;
    IF governance_all_held() THEN
        RETURN 0;
    END IF;
    IF of_table = 'check_in_doortry' THEN
        DELETE FROM check_in_doortry WHERE id IN
            (SELECT id FROM check_in_doortry WHERE at < before ORDER BY id LIMIT most);
    ELSIF of_table = 'check_in_draft' THEN
        DELETE FROM check_in_draft WHERE check_in_id IN
            (SELECT d.check_in_id FROM check_in_draft d JOIN check_in_checkin c ON c.id = d.check_in_id
             WHERE c.settled_at < before AND NOT people_held(d.person_id) LIMIT most);
    ELSIF of_table = 'outbox_message' THEN
        DELETE FROM outbox_message WHERE reference IN
            (SELECT reference FROM outbox_message
             WHERE accepted_at < before AND (person_id IS NULL OR NOT people_held(person_id)) LIMIT most);
    ELSIF of_table = 'act_referrallink' THEN
        DELETE FROM act_referrallink WHERE token_hash IN
            (SELECT l.token_hash FROM act_referrallink l JOIN act_referral r ON r.id = l.referral_id
             WHERE l.expires_at < before AND NOT people_held(r.person_id) LIMIT most);
    ELSIF of_table = 'identify_whyasked' THEN
        DELETE FROM identify_whyasked WHERE id IN
            (SELECT id FROM identify_whyasked WHERE asked_at < before AND NOT people_held(person_id) LIMIT most);
    ELSIF of_table = 'django_session' THEN
        DELETE FROM django_session WHERE session_key IN
            (SELECT session_key FROM django_session WHERE expire_date < now() - (op_now() - before) LIMIT most);
    ELSIF of_table = 'procrastinate_jobs' THEN
        DELETE FROM procrastinate_jobs WHERE id IN
            (SELECT j.id FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
             WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
             GROUP BY j.id HAVING max(e.at) < now() - (op_now() - before) LIMIT most);
    ELSE
        RAISE EXCEPTION 'nothing of % goes by itself', of_table;
    END IF;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0021_suspended"),
        ("identify", "0007_many_rows"),
        ("people", "0008_many_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WhyAsked",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("programme", models.CharField(max_length=60)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("answered", "Answered"), ("refused", "Refused")],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("settled_at", models.DateTimeField(null=True)),
                ("answer", models.JSONField(null=True)),
                ("refused_because", models.TextField(blank=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.membership"
                    ),
                ),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="people.person")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identify.cohortrun"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person", "programme", "-asked_at"], name="why_asked_of_person"),
                    models.Index(fields=["asked_at"], name="why_asked_at"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")),
                        fields=("person", "programme", "asked_by"),
                        name="why_asked_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer__isnull", True),
                                ("refused_because", ""),
                                ("settled_at", None),
                                ("state", "asked"),
                            ),
                            models.Q(
                                ("answer__isnull", False),
                                ("refused_because", ""),
                                ("settled_at__isnull", False),
                                ("state", "answered"),
                            ),
                            models.Q(
                                ("answer__isnull", True),
                                ("settled_at__isnull", False),
                                ("state", "refused"),
                                models.Q(("refused_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="why_asked_is_settled_once",
                    ),
                ],
            },
        ),
        protect("identify_whyasked", staff_read="see.reasons"),
        grant("identify_whyasked", "SELECT", "INSERT"),
        many_rows("identify_whyasked"),
        changes("identify_whyasked", "state", "settled_at", "answer", "refused_because"),
        statement(ROWS),
    ]
