"""The audit trail sealed into a hash chain, and sending held while the database may be an old copy."""

from django.db import migrations, models

from openprotect.governance.row_security import grant, reference, statement

# Who reads the trail reads its seals. Only functions of the owner write them, for whom the policies
# of writing are made.
POLICIES = "".join(
    """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY {table}_read ON {table} FOR SELECT
    USING (op_identity() = 'system' OR op_identity() = 'staff' AND op_may('see.audit'));
CREATE POLICY {table}_insert ON {table} FOR INSERT TO CURRENT_USER WITH CHECK (true);
GRANT SELECT ON {table} TO {app};
""".replace("{table}", table)
    for table in ("governance_auditseal", "governance_auditunsealed", "governance_auditcheckpoint")
)

ANCHORS = """
ALTER TABLE governance_auditanchor ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance_auditanchor FORCE ROW LEVEL SECURITY;
CREATE POLICY governance_auditanchor_read ON governance_auditanchor FOR SELECT
    USING (op_identity() = 'system' OR op_identity() = 'staff' AND op_may('see.audit'));
CREATE POLICY governance_auditanchor_insert ON governance_auditanchor FOR INSERT
    WITH CHECK (op_identity() = 'system');
GRANT SELECT, INSERT ON governance_auditanchor TO {app};
"""

# An event waits for its seal from the moment it is committed: whatever wrote it, and however late
# its transaction ends. The sealer never has to look for gaps among numbers, nor back into history.
WAITING = """
CREATE POLICY governance_auditunsealed_delete ON governance_auditunsealed FOR DELETE TO CURRENT_USER USING (true);
CREATE FUNCTION governance_wait_for_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO governance_auditunsealed (event_id) SELECT id FROM written;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION governance_wait_for_seal FROM PUBLIC;
CREATE TRIGGER governance_auditevent_waits AFTER INSERT ON governance_auditevent
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION governance_wait_for_seal();
SELECT set_config('openprotect.identity', 'system', true);
INSERT INTO governance_auditunsealed (event_id) SELECT id FROM governance_auditevent;
SELECT set_config('openprotect.identity', '', true);
"""

# The same as `governance/chain` says it. The text of a moment depends on two settings, which the
# function that seals fixes.
SEAL = """
CREATE FUNCTION governance_netstring(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN value IS NULL THEN '-,' ELSE octet_length(value)::text || ':' || value || ',' END $$;
CREATE FUNCTION governance_event_hash(e governance_auditevent) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(
        governance_netstring(e.id::text) || governance_netstring(e.at::text) || governance_netstring(e.identity)
        || governance_netstring(e.actor) || governance_netstring(e.organisation_id::text)
        || governance_netstring(e.membership_id::text) || governance_netstring(e.role)
        || governance_netstring(e.basis_id::text) || governance_netstring(e.purpose)
        || governance_netstring(e.action) || governance_netstring(e.person_id::text)
        || governance_netstring(e.object_type) || governance_netstring(e.object_id) || governance_netstring(e.why),
        'UTF8'))
$$;
CREATE FUNCTION governance_chained(before bytea, start bytea, link bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN sha256(coalesce(before, start) || link); END $$;
CREATE AGGREGATE governance_chain(start bytea, link bytea) (SFUNC = governance_chained, STYPE = bytea);
CREATE FUNCTION governance_seal_events(most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
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
            (SELECT event_id FROM governance_auditunsealed ORDER BY event_id LIMIT most)
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
REVOKE ALL ON FUNCTION governance_event_hash, governance_chained, governance_seal_events FROM PUBLIC;
REVOKE ALL ON FUNCTION governance_chain(bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance_seal_events TO {app};
"""

# The owner may do what the application may not. By accident it does not: what guards is a trigger.
# The one exception is the function that disposes of what has outlived its period.
UNCHANGED = """
CREATE FUNCTION governance_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(current_setting('openprotect.disposing', true), '') = 'yes' THEN
        RETURN NULL;
    END IF;
    RAISE insufficient_privilege USING
        MESSAGE = TG_OP || ' of ' || TG_TABLE_NAME || ': the audit trail is never changed';
END
$$;
""" + "".join(
    """
CREATE TRIGGER {table}_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION governance_never_changed();
""".replace("{table}", table)
    for table in (
        "governance_auditevent",
        "governance_auditseal",
        "governance_auditcheckpoint",
        "governance_auditanchor",
    )
)


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0007_agreements"),
    ]

    operations = [
        migrations.AddField(
            "installation", "uid", models.UUIDField(db_default=models.Func(function="gen_random_uuid"))
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event_id", models.BigIntegerField(unique=True)),
                ("format", models.SmallIntegerField()),
                ("sealed_at", models.DateTimeField()),
                ("event_hash", models.BinaryField()),
                ("chain_hash", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditUnsealed",
            fields=[("event_id", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("chain_hash", models.BinaryField()),
                ("cut_at", models.DateTimeField()),
                ("events", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditAnchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("place", models.CharField(choices=[("file", "File"), ("email", "Email")], max_length=10)),
                ("position", models.BigIntegerField()),
                ("head", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="SendingHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("set_at", models.DateTimeField()),
                ("because", models.CharField(max_length=300)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_by", models.CharField(blank=True, max_length=80)),
                ("lifted_why", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("lifted_at",),
                        name="sendinghold_one_open",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        statement(POLICIES),
        statement(ANCHORS),
        statement(WAITING),
        statement(SEAL),
        statement(UNCHANGED),
        reference("governance_sendinghold"),
        grant("governance_sendinghold", "SELECT", "INSERT"),
        grant("governance_sendinghold", "UPDATE", columns=("lifted_at", "lifted_by", "lifted_why")),
    ]
