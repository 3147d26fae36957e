"""Whom we have stopped asking because the legal basis for it has ended is not lost, nor contacted in error."""

from django.db import migrations

from openprotect.governance.row_security import statement

VIEW = """
CREATE OR REPLACE VIEW learn_person_state WITH (security_invoker = true) AS
WITH latest AS (
    SELECT DISTINCT ON (member_id) member_id, occurrence, status, missed_in_a_row
    FROM check_in_checkin WHERE opens_at <= op_now() AND status <> 'withdrawn'
    ORDER BY member_id, occurrence DESC
), missed_before AS (
    SELECT c.member_id, c.occurrence + 1 AS occurrence FROM check_in_checkin c WHERE c.status = 'missed'
), due AS (
    SELECT DISTINCT member_id FROM check_in_checkin WHERE status = 'open'
), ever_answered AS (
    SELECT DISTINCT member_id FROM check_in_checkin WHERE status = 'answered'
), reached_for AS (
    SELECT i.member_id, max(i.occurrence) AS occurrence FROM contact_intent i
    WHERE i.status IN ('sending', 'sent') GROUP BY i.member_id
), rung AS (
    SELECT DISTINCT c.member_id FROM contact_call c JOIN contact_calltry t ON t.call_id = c.id
), ringing AS (
    SELECT member_id FROM contact_call WHERE ended_at IS NULL
), needs AS (
    SELECT c.member_id,
           bool_or(c.status <> 'with_partner' AND c.source <> 'contact') AS open,
           bool_or(c.status = 'with_partner') AS with_partner,
           bool_or(c.source = 'contact') AS no_route
    FROM act_calltoaction c WHERE c.status <> 'closed' GROUP BY c.member_id
), owned AS (
    SELECT DISTINCT member_id FROM act_calltoaction WHERE source = 'contact'
), no_contact AS (
    SELECT person_id FROM (
        SELECT DISTINCT ON (person_id) person_id, kind FROM people_wish ORDER BY person_id, id DESC
    ) w WHERE kind = 'no_contact'
)
SELECT m.id AS member_id, m.person_id, m.programme, p.locality_id, p.practice_id,
    CASE
        WHEN p.died_on IS NOT NULL THEN 'died'
        WHEN n.open THEN 'call_to_action_open'
        WHEN n.with_partner THEN 'with_partner'
        WHEN m.left_because = 'basis_ended' AND n.no_route THEN 'no_route'
        WHEN m.left_because = 'basis_ended' THEN 'asking_ended'
        WHEN m.left_at IS NOT NULL AND (r.member_id IS NOT NULL OR rung.member_id IS NOT NULL)
            THEN 'contacted_in_error'
        WHEN m.left_at IS NOT NULL THEN 'no_longer_listed'
        WHEN no_contact.person_id IS NOT NULL THEN 'opted_out'
        WHEN n.no_route OR p.restricted AND owned.member_id IS NOT NULL THEN 'no_route'
        WHEN ringing.member_id IS NOT NULL THEN 'being_phoned'
        WHEN due.member_id IS NULL THEN 'lost'
        WHEN latest.status = 'missed' OR latest.status = 'open' AND missed_before.member_id IS NOT NULL
            THEN 'missed'
        WHEN latest.status = 'open' AND r.occurrence >= latest.occurrence THEN 'invited'
        WHEN ever_answered.member_id IS NOT NULL THEN 'answered'
        ELSE 'not_yet_contacted'
    END AS state
FROM identify_member m
JOIN people_person p ON p.id = m.person_id
LEFT JOIN latest ON latest.member_id = m.id
LEFT JOIN missed_before ON missed_before.member_id = m.id AND missed_before.occurrence = latest.occurrence
LEFT JOIN due ON due.member_id = m.id
LEFT JOIN ever_answered ON ever_answered.member_id = m.id
LEFT JOIN reached_for r ON r.member_id = m.id
LEFT JOIN rung ON rung.member_id = m.id
LEFT JOIN ringing ON ringing.member_id = m.id
LEFT JOIN needs n ON n.member_id = m.id
LEFT JOIN owned ON owned.member_id = m.id
LEFT JOIN no_contact ON no_contact.person_id = m.person_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("learn", "0003_person_state"),
        ("identify", "0003_bases"),
    ]

    operations = [
        statement(VIEW),
    ]
