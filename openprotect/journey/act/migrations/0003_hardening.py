"""What a row points at is the same person's; only columns that ever change may be changed. Staff of a partner see
what is referred to them."""

from django.db import migrations

from openprotect.governance.row_security import changes, one_person, staff_update, statement, whose, without

# A partner's staff see what is referred to the organisation they work for, and nothing else of the person.
PARTNER_STAFF = """
CREATE POLICY act_referral_of_function ON act_referral FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION op_referred_here(referral uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM act_referral r WHERE r.id = referral AND r.organisation_id = ANY (op_organisations()));
END
$$;
REVOKE ALL ON FUNCTION op_referred_here FROM PUBLIC;
GRANT EXECUTE ON FUNCTION op_referred_here TO {app};
CREATE POLICY act_referral_partner_staff_read ON act_referral FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.referrals') AND organisation_id = ANY (op_organisations()));
CREATE POLICY act_referral_partner_staff_update ON act_referral FOR UPDATE
    USING (op_identity() = 'staff' AND op_may('see.referrals') AND op_may('act.referrals')
           AND organisation_id = ANY (op_organisations()));
CREATE POLICY act_referralstep_partner_staff_read ON act_referralstep FOR SELECT
    USING (op_identity() = 'staff' AND op_may('see.referrals') AND op_referred_here(referral_id));
CREATE POLICY act_referralstep_partner_staff_insert ON act_referralstep FOR INSERT
    WITH CHECK (op_identity() = 'staff' AND op_may('act.referrals') AND op_referred_here(referral_id));
"""


class Migration(migrations.Migration):
    dependencies = [
        ("act", "0002_row_security"),
        ("triage", "0003_hardening"),
    ]

    operations = [
        whose("act_case"),
        whose("act_calltoaction"),
        whose("act_referral"),
        one_person("act_case", "member_id", "identify_member"),
        one_person("act_calltoaction", "member_id", "identify_member"),
        one_person("act_calltoaction", "case_id", "act_case"),
        one_person("act_step", "call_to_action_id", "act_calltoaction"),
        one_person("act_note", "call_to_action_id", "act_calltoaction"),
        one_person("act_referral", "call_to_action_id", "act_calltoaction"),
        one_person("act_referralstep", "referral_id", "act_referral"),
        changes("act_case", "closed_at"),
        changes(
            "act_calltoaction",
            "urgency",
            "rank",
            "why",
            "due_at",
            "version",
            "status",
            "accepted_by",
            "accepted_at",
            "closed_at",
            "outcome",
            "owner_team_id",
        ),
        changes("act_referral", "status", "outcome", "settled_at"),
        changes("act_referrallink", "sent_at"),
        without("act_case", "staff_insert", "staff_delete"),
        staff_update("act_case", "see.calls_to_action", "act.calls_to_action"),
        without("act_calltoaction", "staff_insert", "staff_delete"),
        staff_update("act_calltoaction", "see.calls_to_action", "act.calls_to_action"),
        without("act_step", "staff_update", "staff_delete"),
        without("act_note", "staff_update", "staff_delete"),
        without("act_referral", "staff_update", "staff_delete", "partner_insert"),
        without("act_referralstep", "staff_update", "staff_delete", "partner_update"),
        statement(PARTNER_STAFF),
    ]
