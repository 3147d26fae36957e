"""A basis that is approved ends later once both have approved that, and not before."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from openprotect.governance.row_security import grant, reference, statement

# As with the start: the action says so with a sentence, this for whatever else would write. A later end needs a
# question that is open and says this very end, and two approvals of it; what a file says needs none, but not of a
# basis that people approved on its page. A removal of the end is never asked for, and so never there.
APPROVED = """
CREATE OR REPLACE FUNCTION governance_basis_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.starts_at IS NULL AND NEW.starts_at IS NOT NULL AND NOT (
        SELECT count(DISTINCT a.approver) >= 2 AND count(DISTINCT a.by) >= 2 FROM governance_basisapproval a
        WHERE a.basis_id = NEW.id AND a.extension_id IS NULL AND a.by NOT IN
            (SELECT c.by FROM governance_basischange c WHERE c.basis_id = NEW.id AND c.what = 'stated'))
    THEN
        RAISE EXCEPTION 'a legal basis comes into force by two approvals' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.starts_at IS NULL AND coalesce(NEW.ends_at, 'infinity') > coalesce(OLD.ends_at, 'infinity')
        AND EXISTS (SELECT 1 FROM governance_basisapproval a WHERE a.basis_id = NEW.id)
    THEN
        RAISE EXCEPTION 'a legal basis is in force until the end that was approved' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.starts_at IS NOT NULL AND coalesce(NEW.ends_at, 'infinity') > coalesce(OLD.ends_at, 'infinity')
        AND NOT EXISTS (
            SELECT 1 FROM governance_basisextension e
            WHERE e.basis_id = NEW.id AND e.settled_at IS NULL AND e.ends_at = NEW.ends_at AND (
                (OLD.asked_from IS NULL AND starts_with(e.by, 'system:'))
                OR (SELECT count(DISTINCT a.approver) >= 2 AND count(DISTINCT a.by) >= 2
                    FROM governance_basisapproval a WHERE a.extension_id = e.id AND a.by <> e.by)))
    THEN
        RAISE EXCEPTION 'a legal basis is extended by two approvals' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0021_suspended"),
    ]

    operations = [
        migrations.CreateModel(
            name="BasisExtension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ends_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
                ("words", models.TextField()),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "basis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions",
                        to="governance.legalbasis",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(("settled_at", None)), fields=("basis",), name="basisextension_one_open_each"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="basisapproval",
            name="extension",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="approvals",
                to="governance.basisextension",
            ),
        ),
        reference("governance_basisextension"),
        grant("governance_basisextension", "SELECT", "INSERT"),
        grant("governance_basisextension", "UPDATE", columns=("settled_at",)),
        statement(APPROVED),
    ]
