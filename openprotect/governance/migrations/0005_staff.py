"""Memberships: who employs somebody, who vouches for them, under whose supervision; never overwritten."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from openprotect.governance.row_security import statement

# Whoever was appointed before is employed where they work.
EMPLOYED = """
SELECT set_config('openprotect.identity', 'system', true);
UPDATE governance_user u SET home_id = (
    SELECT m.organisation_id FROM governance_membership m WHERE m.user_id = u.id
    ORDER BY m.ends_at IS NOT NULL, m.id LIMIT 1);
UPDATE governance_membership SET employer_id = organisation_id;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT set_config('openprotect.identity', '', true);
"""

# What was once true of a membership stays: it may end, or end earlier, and nothing else.
HISTORY = """
REVOKE UPDATE ON governance_membership FROM {app};
GRANT UPDATE (ends_at) ON governance_membership TO {app};
CREATE FUNCTION governance_membership_is_history() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.ends_at IS NULL OR OLD.ends_at < NEW.ends_at THEN
            RAISE EXCEPTION 'a membership is not made longer: begin another' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.employer_id IS DISTINCT FROM (SELECT home_id FROM governance_user WHERE id = NEW.user_id) THEN
        RAISE EXCEPTION 'the employer of a membership is the home organisation of its user'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER governance_membership_history BEFORE INSERT OR UPDATE ON governance_membership
    FOR EACH ROW EXECUTE FUNCTION governance_membership_is_history();
"""


def organisation() -> models.ForeignKey:
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.organisation"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_organisations"),
    ]

    operations = [
        migrations.AddField(
            "user",
            "home",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="employed",
                to="governance.organisation",
            ),
        ),
        migrations.AddField(
            "membership", "title", models.CharField(blank=True, max_length=80, default=""), preserve_default=False
        ),
        migrations.AddField("membership", "employer", organisation()),
        migrations.AddField(
            "membership",
            "supervisor",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="supervises",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        *(
            operation
            for kind in ("identity", "training", "dbs")
            for operation in (
                migrations.AddField(
                    "membership",
                    f"{kind}_by",
                    models.CharField(blank=True, max_length=120, default=""),
                    preserve_default=False,
                ),
                migrations.AddField("membership", f"{kind}_of", organisation()),
                migrations.AddField("membership", f"{kind}_on", models.DateField(null=True)),
            )
        ),
        statement(EMPLOYED),
        migrations.AlterField(
            "membership",
            "employer",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.organisation"
            ),
        ),
        migrations.AddConstraint(
            "membership",
            models.CheckConstraint(
                condition=Q(employer=F("organisation"))
                | Q(ends_at__isnull=False)
                & ~Q(identity_by="")
                & Q(identity_of__isnull=False, identity_on__isnull=False)
                & ~Q(training_by="")
                & Q(training_of__isnull=False, training_on__isnull=False)
                & ~Q(dbs_by="")
                & Q(dbs_of__isnull=False, dbs_on__isnull=False),
                name="membership_of_others_ends_and_is_vouched",
            ),
        ),
        migrations.AddConstraint(
            "membership",
            models.CheckConstraint(
                condition=Q(supervisor=None) | ~Q(supervisor=F("user")), name="membership_supervised_by_another"
            ),
        ),
        migrations.AddConstraint(
            "membership",
            models.UniqueConstraint(
                condition=Q(ends_at=None),
                fields=["user", "organisation", "role", "team"],
                name="membership_one_open",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            "membership", models.Index(fields=["organisation", "id"], name="membership_of_organisation")
        ),
        statement(HISTORY),
    ]
