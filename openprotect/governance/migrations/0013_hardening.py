"""What every other app's hardening stands on: nobody but the service calls a function with the owner's rights."""

from django.db import migrations

from openprotect.governance.row_security import statement

# Readers of the settings stay open to all: policies call them as whoever asks, and they say nothing
# that the session did not say itself. Whatever else is ours is called by the application alone.
NOT_PUBLIC = """
DO $$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prosecdef AND proowner = current_user::regrole
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', each);
    END LOOP;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0012_retention"),
    ]

    operations = [
        statement(NOT_PUBLIC),
    ]
