"""What waits for a seal and is not there goes on waiting: the verifier names it, and the sealer removes no trace."""

from django.db import migrations

from openprotect.governance.row_security import statement

SEAL = """
CREATE OR REPLACE FUNCTION governance_seal_events(most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
DECLARE
    last bigint;
    head bytea;
    sealed integer;
    at timestamptz := op_now();
BEGIN
    IF op_identity() <> 'system' THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the system seals the audit trail';
    END IF;
    -- One sealer: whoever comes second leaves it to the first.
    IF NOT pg_try_advisory_xact_lock(2003300800) THEN
        RETURN 0;
    END IF;
    SELECT position, chain_hash INTO last, head FROM governance_auditseal ORDER BY position DESC LIMIT 1;
    IF last IS NULL THEN
        SELECT position, chain_hash INTO last, head FROM governance_auditcheckpoint ORDER BY position DESC LIMIT 1;
    END IF;
    IF last IS NULL THEN
        SELECT 0, sha256(convert_to('OpenProtect audit chain ' || uid::text, 'UTF8')) INTO last, head
        FROM governance_installation;
    END IF;
    WITH waiting AS (
        DELETE FROM governance_auditunsealed WHERE event_id IN
            (SELECT w.event_id FROM governance_auditunsealed w JOIN governance_auditevent e ON e.id = w.event_id
             ORDER BY w.event_id LIMIT most)
        RETURNING event_id
    ), numbered AS (
        SELECT last + row_number() OVER (ORDER BY e.id) AS position, e.id, governance_event_hash(e) AS event_hash
        FROM waiting w JOIN governance_auditevent e ON e.id = w.event_id
    )
    INSERT INTO governance_auditseal (position, event_id, format, sealed_at, event_hash, chain_hash)
    SELECT n.position, n.id, 1, at, n.event_hash, governance_chain(head, n.event_hash || convert_to(
        n.position::text || '|' || n.id::text || '|1|' || at::text, 'UTF8')) OVER (ORDER BY n.position)
    FROM numbered n;
    GET DIAGNOSTICS sealed = ROW_COUNT;
    RETURN sealed;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0013_hardening"),
    ]

    operations = [
        statement(SEAL),
    ]
