"""Rows of tables that say nothing of any person, so that probes show who reads and writes them."""

from __future__ import annotations

from typing import LiteralString

# In the order in which they point at one another.
SAID_OF_NOBODY: tuple[LiteralString, ...] = (
    "INSERT INTO governance_teamhours (team_id, weekday, opens, closes) SELECT id, 0, '08:00', '18:00' FROM governance_team"
    " ON CONFLICT DO NOTHING",
    "INSERT INTO governance_sharingagreement (title, purpose, fields, owner, starts_at, ends_at, review_on, stated_at,"
    " stated_by, ended_because, basis_id, giver_id, receiver_id) SELECT 'Food', 'direct_care', '{name}', 'Board', op_now(),"
    " op_now() + interval '1 year', '2020-06-01', op_now(), '', '', b.id, 1, 2 FROM governance_legalbasis b LIMIT 1",
    "INSERT INTO governance_agreementsignature (agreement_id, side, name, post, words, signed_on, recorded_at, recorded_by)"
    " SELECT id, 'giver', 'A Name', 'A Post', 'Agreed', '2020-04-01', op_now(), '' FROM governance_sharingagreement"
    " ON CONFLICT DO NOTHING",
    # A file asked for by each organisation.
    "INSERT INTO governance_export (id, reason, asked_at, state, refused_because, file_name, sha256, rows_in, exported,"
    " died, restricted, opted_out, objected, not_seen, asked_by_id, membership_id, organisation_id, agreement_id)"
    " SELECT gen_random_uuid(), 'Food', op_now(), 'asked', '', '', '', 0, 0, 0, 0, 0, 0, 0, m.user_id, m.id,"
    " m.organisation_id, a.id FROM governance_sharingagreement a"
    " CROSS JOIN (SELECT DISTINCT ON (organisation_id) * FROM governance_membership) m",
    # And one that answers a request about somebody's own data, at the board: others of its people read that.
    "INSERT INTO governance_export (id, request, reason, asked_at, state, refused_because, file_name, sha256, rows_in,"
    " exported, died, restricted, opted_out, objected, not_seen, asked_by_id, membership_id, organisation_id)"
    " SELECT gen_random_uuid(), gen_random_uuid(), 'Asked', op_now(), 'asked', '', '', '', 0, 0, 0, 0, 0, 0, 0,"
    " asked_by_id, membership_id, organisation_id FROM governance_export e JOIN governance_organisation o"
    " ON o.id = e.organisation_id WHERE o.kind = 'icb'",
    "INSERT INTO governance_risk (what, why_now, who_harmed, mitigations, stop_rule, kind, carried_by, activity_kind,"
    " activity_key, recorded_at, status, recorded_by_id) SELECT 'Calls late', 'Now', 'Some', 'More', 'Stop', 'clinical', '',"
    " 'none', '', op_now(), 'open', min(id) FROM governance_user",
    "INSERT INTO governance_riskstep (what, outcome, without_basis, words, at, by_id, risk_id)"
    " SELECT 'decided', 'stop', 'None needed', 'Not so', op_now(), recorded_by_id, id FROM governance_risk",
    "INSERT INTO governance_riskdissent (name, role, words, step_id) SELECT 'A Name', 'A Post', 'No', id FROM"
    " governance_riskstep",
    "INSERT INTO governance_riskdocument (title, kind, made_at, made_by_id) SELECT 'DPIA', 'dpia', op_now(), min(id)"
    " FROM governance_user",
    "INSERT INTO governance_documentversion (number, label, what_changed, made_at, made_by_id, document_id)"
    " SELECT 1, 'First', 'All', op_now(), made_by_id, id FROM governance_riskdocument",
    "INSERT INTO governance_documentasked (organisation_id, version_id) SELECT 1, id FROM governance_documentversion",
    "INSERT INTO governance_documentanswer (answer, words, at, by_id, organisation_id, version_id)"
    " SELECT 'accepted', '', op_now(), made_by_id, 1, id FROM governance_documentversion",
    "INSERT INTO governance_auditanchor (at, place, position, head) VALUES (op_now(), 'file', 1, 'x')",
    "INSERT INTO governance_sendinghold (set_at, because, lifted_by, lifted_why) VALUES (op_now(), 'Trouble', '', '')",
    "INSERT INTO governance_legalhold (name, reason, programme, starts_at, by) VALUES ('Inquiry', 'Asked', 'none', op_now(), '')",
    "INSERT INTO governance_basisapproval (approver, by, at, words, basis_id) SELECT 'siro', '', op_now(), 'Yes', min(id)"
    " FROM governance_legalbasis",
    "INSERT INTO governance_basisextension (ends_at, at, by, words, settled_at, basis_id) SELECT ends_at + interval '1 day',"
    " op_now(), '1', 'Longer', op_now(), id FROM governance_legalbasis WHERE ends_at IS NOT NULL LIMIT 1",
    "INSERT INTO governance_basiswarning (ends_at, days, at, basis_id, user_id) SELECT b.ends_at, 90, op_now(), b.id, u.id"
    " FROM (SELECT * FROM governance_legalbasis LIMIT 1) b, (SELECT min(id) AS id FROM governance_user) u",
)
