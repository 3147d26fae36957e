"""Whoever becomes restricted has no address and no telephone left: not in a referral, nor in what was ended before."""

from django.db import migrations, models

from openprotect.governance.row_security import statement

# In the transaction that restricts, whatever it was: a referral that is with a partner shows a place, and people
# cannot know of referrals. Contact points end here, because one without a value must not stay open.
HIDES = """
CREATE FUNCTION act_restricted_hides() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE act_referral SET telephone = '', address = '' WHERE person_id = NEW.id;
    UPDATE people_contactpoint SET value = '', as_given = '', ends_at = coalesce(ends_at, op_now()),
        ended_because = CASE WHEN ends_at IS NULL THEN 'restricted' ELSE ended_because END
    WHERE person_id = NEW.id;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION act_restricted_hides FROM PUBLIC;
CREATE TRIGGER people_person_restricted AFTER UPDATE OF restricted ON people_person
    FOR EACH ROW WHEN (NEW.restricted AND NOT OLD.restricted) EXECUTE FUNCTION act_restricted_hides();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("act", "0004_partner_worklist"),
        ("people", "0005_hardening"),
    ]

    operations = [
        statement(HIDES),
        # For those who watch over every team: the most urgent first without looking at everything.
        migrations.AddIndex(
            "calltoaction",
            models.Index(
                fields=["-rank", "due_at", "id"], condition=~models.Q(status="closed"), name="calltoaction_everybody"
            ),
        ),
    ]
