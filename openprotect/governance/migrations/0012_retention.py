"""What has outlived its period goes: rows by themselves, the oldest part of the trail behind a checkpoint."""

from django.db import migrations, models

from openprotect.governance.row_security import statement

DISPOSALS = """
ALTER TABLE governance_disposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance_disposal FORCE ROW LEVEL SECURITY;
CREATE POLICY governance_disposal_read ON governance_disposal FOR SELECT
    USING (op_identity() = 'system' OR op_identity() = 'staff' AND op_may('see.retention'));
CREATE POLICY governance_disposal_insert ON governance_disposal FOR INSERT WITH CHECK (op_identity() = 'system');
GRANT SELECT, INSERT ON governance_disposal TO {app};
"""

HELD = """
CREATE FUNCTION governance_all_held() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM governance_legalhold h WHERE h.programme = '' AND h.basis_id IS NULL
                   AND h.starts_at <= op_now() AND (h.ends_at IS NULL OR h.ends_at > op_now()))
$$;
"""

# What may go by itself is written out here: the application names it, and cannot name anything else.
# Sessions and jobs live in real time, everything else by the service clock. `people_held` comes with
# the people.
ROWS = """
CREATE FUNCTION governance_dispose_rows(of_table text, before timestamptz, most integer) RETURNS integer
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
REVOKE ALL ON FUNCTION governance_dispose_rows, governance_all_held FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance_dispose_rows TO {app};
"""

CUT = """
CREATE POLICY governance_auditevent_cut ON governance_auditevent FOR DELETE TO CURRENT_USER USING (true);
CREATE POLICY governance_auditseal_cut ON governance_auditseal FOR DELETE TO CURRENT_USER USING (true);
CREATE FUNCTION governance_cut_trail(before timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first bigint;
    last bigint;
    head bytea;
    events bigint;
BEGIN
    IF op_identity() <> 'system' OR before > op_now() - interval '1 year' THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the system cuts the trail, and nothing of the last year';
    END IF;
    IF governance_all_held() OR NOT pg_try_advisory_xact_lock(2003300800) THEN
        RETURN 0;
    END IF;
    SELECT min(position) INTO first FROM governance_auditseal;
    -- The prefix in which everything has outlived its period: an old event behind a young one waits.
    SELECT s.position - 1 INTO last FROM governance_auditseal s JOIN governance_auditevent e ON e.id = s.event_id
    WHERE e.at >= before ORDER BY s.position LIMIT 1;
    IF last IS NULL THEN
        SELECT max(position) INTO last FROM governance_auditseal;
    END IF;
    last := least(last, first + most - 1);
    IF last IS NULL OR last < first THEN
        RETURN 0;
    END IF;
    SELECT chain_hash INTO head FROM governance_auditseal WHERE position = last;
    events := last - first + 1;
    INSERT INTO governance_auditcheckpoint (position, chain_hash, cut_at, events) VALUES (last, head, op_now(), events);
    PERFORM governance_record_events('audit trail cut', ARRAY[NULL]::uuid[], 'position', ARRAY[last::text],
                                     events || ' events');
    PERFORM set_config('openprotect.disposing', 'yes', true);
    DELETE FROM governance_auditevent WHERE id IN (SELECT event_id FROM governance_auditseal WHERE position <= last);
    DELETE FROM governance_auditseal WHERE position <= last;
    PERFORM set_config('openprotect.disposing', '', true);
    RETURN events;
END
$$;
REVOKE ALL ON FUNCTION governance_cut_trail FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance_cut_trail TO {app};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0011_risks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Disposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("table", models.CharField(blank=True, max_length=80)),
                ("rows", models.BigIntegerField()),
                ("held", models.BigIntegerField(default=0)),
            ],
        ),
        statement(DISPOSALS),
        statement(HELD),
        statement(ROWS),
        statement(CUT),
    ]
