"""A basis that somebody states on a page is in force once both have approved it, and not before."""

from django.db import migrations, models
from django.db.models import F, Q

from openprotect.governance.row_security import statement

# Two approvers, who are two people, and neither of them whoever stated it: the action says so with a sentence,
# this for whatever else would write. Who came first cannot be undone, since approvals are append-only.
APPROVED = """
CREATE FUNCTION governance_basis_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.starts_at IS NULL AND NEW.starts_at IS NOT NULL AND NOT (
        SELECT count(DISTINCT a.approver) >= 2 AND count(DISTINCT a.by) >= 2 FROM governance_basisapproval a
        WHERE a.basis_id = NEW.id AND a.by NOT IN
            (SELECT c.by FROM governance_basischange c WHERE c.basis_id = NEW.id AND c.what = 'stated'))
    THEN
        RAISE EXCEPTION 'a legal basis comes into force by two approvals' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER governance_legalbasis_approved BEFORE UPDATE ON governance_legalbasis
    FOR EACH ROW EXECUTE FUNCTION governance_basis_approved();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0016_lifted"),
    ]

    operations = [
        migrations.AddField("legalbasis", "asked_from", models.DateTimeField(null=True)),
        migrations.AlterField("legalbasis", "starts_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "legalbasis",
            models.CheckConstraint(
                condition=Q(("starts_at__isnull", False), ("asked_from__isnull", False), _connector="OR"),
                name="legalbasis_begins",
            ),
        ),
        migrations.AddConstraint(
            "legalbasis",
            models.CheckConstraint(
                condition=Q(
                    ("asked_from", None), ("starts_at", None), ("starts_at__gte", F("asked_from")), _connector="OR"
                ),
                name="legalbasis_not_before_it_was_asked",
            ),
        ),
        migrations.AddConstraint(
            "legalbasis",
            models.CheckConstraint(
                condition=Q(("ends_at", None), ("asked_from", None), ("ends_at__gt", F("asked_from")), _connector="OR"),
                name="legalbasis_ends_after_it_was_asked",
            ),
        ),
        statement(APPROVED),
    ]
