"""Secrets of accounts where only the sign-in pages reach them; browsers that are signed in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from openprotect.governance.row_security import grant, statement

# The hash of a password stood in a table that every identity reads.
MOVED = """
SELECT set_config('openprotect.identity', 'system', true);
INSERT INTO governance_credential (user_id, password) SELECT id, password FROM governance_user
    WHERE password NOT LIKE '!%' AND password <> '';
SET CONSTRAINTS ALL IMMEDIATE;
SELECT set_config('openprotect.identity', '', true);
"""

# Nobody who is only signed in reads these: whoever is being found out, by the pages that do it, and the system.
POLICIES = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'governance_credential', 'governance_staffsession', 'governance_signincache', 'mfa_authenticator',
        'account_emailaddress', 'account_emailconfirmation', 'socialaccount_socialaccount',
        'socialaccount_socialapp', 'socialaccount_socialtoken']
    LOOP
        EXECUTE format('ALTER TABLE %1$I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %1$I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %2$I ON %1$I FOR ALL USING (op_signs_in()) WITH CHECK (op_signs_in())',
                       name, name || '_sign_in');
    END LOOP;
END
$$;
"""

SIGNS_IN = """
CREATE FUNCTION op_signs_in() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT op_identity() = 'system' OR op_identity() = 'nobody' AND op_actor() = 'sign-in' $$;
"""

# What Django's cache in the database asks for: counts of failed tries and codes that were used.
CACHE = """
CREATE TABLE governance_signincache (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX governance_signincache_expires ON governance_signincache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0005_staff"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]
    run_before = [("governance", "0006_bases")]

    operations = [
        migrations.CreateModel(
            name="Credential",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("password", models.CharField(blank=True, max_length=128)),
                ("changed_at", models.DateTimeField(null=True)),
                ("email", models.EmailField(max_length=254, null=True, unique=True)),
                ("setup_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("setup_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StaffSession",
            fields=[
                ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["user", "-began_at"], name="staffsession_of_user")]},
        ),
        migrations.AddField("user", "session_epoch", models.PositiveIntegerField(default=0)),
        statement(MOVED),
        migrations.RemoveField("user", "password"),
        migrations.RemoveField("user", "last_login"),
        statement(CACHE),
        statement(SIGNS_IN),
        statement(POLICIES),
        grant("governance_credential", "SELECT", "INSERT", "UPDATE"),
        grant("governance_staffsession", "SELECT", "INSERT", "DELETE"),
        grant("governance_signincache", "SELECT", "INSERT", "UPDATE", "DELETE"),
        grant("mfa_authenticator", "SELECT", "INSERT", "UPDATE", "DELETE"),
        grant("socialaccount_socialaccount", "SELECT", "INSERT", "UPDATE", "DELETE"),
        grant("account_emailaddress", "SELECT"),
        grant("account_emailconfirmation", "SELECT"),
        grant("socialaccount_socialapp", "SELECT"),
        grant("socialaccount_socialtoken", "SELECT"),
    ]
