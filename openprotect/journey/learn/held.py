"""Everything that is held about one person, table by table in plain words: what they get who ask to see their records.

The one register of tables that name a person. A table that is in neither mapping fails the tests.
Who of the staff wrote something is left out, for the safety of those who work; in which role and
organisation somebody looked is said. `where` marks what says where somebody can be found: of a
restricted person it is never written into a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any
from uuid import UUID

from django.db import connection

from openprotect.governance.scope import Scope, require
from openprotect.lib.london import LONDON, moment_in_words


@dataclass(frozen=True)
class Held:
    """One table: what it is about, what each column says, and what is read of it for a person."""

    title: str
    columns: tuple[str, ...]
    query: str
    where: bool = False


HELD: Mapping[str, Held] = {
    "people_personidentity": Held(
        "Who you are",
        ("NHS number", "Given name", "Family name", "Born", "Sex", "Ethnic category", "Deprivation decile of your area",
         "Language"),
        "SELECT nhs_number, given_name, family_name, date_of_birth, sex, ethnic_category, imd_decile, language"
        " FROM people_personidentity WHERE person_id = %s",
    ),
    "people_person": Held(
        "Where you are registered, and where we know of you from",
        ("GP practice", "Locality", "Known from", "Since", "Died on"),
        "SELECT p.name, l.name, n.source, n.created_at, n.died_on FROM people_person n"
        " LEFT JOIN governance_organisation p ON p.id = n.practice_id"
        " LEFT JOIN governance_organisation l ON l.id = n.locality_id WHERE n.id = %s",
        where=True,
    ),
    "people_contactpoint": Held(
        "How to reach you",
        ("Kind", "Number or address", "As it was given", "From", "Since", "Until", "Ended because"),
        "SELECT kind, value, as_given, source, starts_at, ends_at, ended_because FROM people_contactpoint"
        " WHERE person_id = %s ORDER BY starts_at, id",
        where=True,
    ),
    "people_need": Held(
        "What we mind", ("What", "More"), "SELECT kind, detail FROM people_need WHERE person_id = %s ORDER BY kind"
    ),
    "people_wish": Held(
        "What you asked about being contacted", ("What", "When"),
        "SELECT kind, recorded_at FROM people_wish WHERE person_id = %s ORDER BY id",
    ),
    "people_optout": Held(
        "National data opt-out", ("Opted out since", "Until"),
        "SELECT o.since, o.until FROM people_optout o JOIN people_personidentity i ON i.nhs_number = o.nhs_number"
        " WHERE i.person_id = %s ORDER BY o.id",
    ),
    "people_objection": Held(
        "Your objections to a use of your records", ("To", "What", "Your words", "When"),
        "SELECT CASE WHEN purpose = '' THEN 'every use beyond your own care' ELSE purpose END, kind, words, recorded_at"
        " FROM people_objection WHERE person_id = %s ORDER BY id",
    ),
    "people_rightsrequest": Held(
        "What you asked about your records", ("What", "Your words", "Received on", "Answered by", "Outcome"),
        "SELECT kind, asked, received_on, due_on, outcome FROM people_rightsrequest WHERE person_id = %s"
        " ORDER BY received_on",
    ),
    "people_rightsstep": Held(
        "What was done about it", ("When", "What", "Words"),
        "SELECT at, what, words FROM people_rightsstep WHERE person_id = %s ORDER BY at, id",
    ),
    "people_listplace": Held(
        "Lists that you are or were on", ("List", "Category", "Source", "Since"),
        "SELECT name, category, data_source, inception_date FROM people_listplace WHERE person_id = %s ORDER BY id",
    ),
    "people_listchange": Held(
        "What each version of a list changed", ("List", "Version", "What", "Received"),
        "SELECT v.name, v.number, c.outcome, v.received_at FROM people_listchange c"
        " JOIN people_listversion v ON v.id = c.version_id WHERE c.person_id = %s ORDER BY c.id",
    ),
    "identify_member": Held(
        "Programmes that you are or were in", ("Programme", "Joined", "Left", "Because"),
        "SELECT programme, joined_at, left_at, left_because FROM identify_member WHERE person_id = %s ORDER BY joined_at",
    ),
    "identify_reason": Held(
        "Why you are in them", ("Reason", "Record of", "Code", "Called"),
        "SELECT reason, evidence_date, code, term FROM identify_reason WHERE person_id = %s ORDER BY id",
    ),
    "identify_whyasked": Held(
        "What your records were read for, to tell those who care for you why you are in a programme or not",
        ("Programme", "Asked", "Answered", "What the records said"),
        "SELECT programme, asked_at, settled_at, answer FROM identify_whyasked WHERE person_id = %s ORDER BY asked_at",
        where=True,
    ),
    "contact_intent": Held(
        "Messages and calls that were planned", ("Step", "Due", "Status", "Stopped because"),
        "SELECT step, due_at, status, stopped_because FROM contact_intent WHERE person_id = %s ORDER BY due_at, id",
    ),
    "contact_attempt": Held(
        "Messages that were sent", ("How", "Which", "Language", "When", "Status"),
        "SELECT channel, message, language, claimed_at, status FROM contact_attempt WHERE person_id = %s"
        " ORDER BY claimed_at",
    ),
    "contact_call": Held(
        "Calls that were to be made", ("Why", "Raised", "Tries", "Status"),
        "SELECT why, raised_at, tries, status FROM contact_call WHERE person_id = %s ORDER BY raised_at",
    ),
    "contact_calltry": Held(
        "Calls that were made", ("When", "What came of it"),
        "SELECT at, outcome FROM contact_calltry WHERE person_id = %s ORDER BY at, id",
    ),
    "check_in_checkin": Held(
        "Check-ins", ("Opened", "Counts as missed from", "Status"),
        "SELECT opens_at, missed_at, status FROM check_in_checkin WHERE person_id = %s ORDER BY opens_at",
    ),
    "check_in_answerset": Held(
        "Your answers", ("When", "Answered by", "Receipt", "Answers"),
        "SELECT submitted_at, answered_by, receipt, answers FROM check_in_answerset WHERE person_id = %s"
        " ORDER BY submitted_at",
    ),
    "check_in_draft": Held(
        "Answers that were begun", ("When", "Answers"),
        "SELECT saved_at, answers FROM check_in_draft WHERE person_id = %s",
    ),
    "triage_decision": Held(
        "What followed from your answers, by the rules", ("When", "Outcome", "Rules that applied"),
        "SELECT decided_at, outcome, fired FROM triage_decision WHERE person_id = %s ORDER BY decided_at",
    ),
    "act_case": Held(
        "Cases", ("Opened", "Closed"),
        "SELECT opened_at, closed_at FROM act_case WHERE person_id = %s ORDER BY opened_at",
    ),
    "act_calltoaction": Held(
        "What was to be done for you", ("What", "Urgency", "Why", "Raised", "Due", "Status", "Outcome"),
        "SELECT category, urgency, why, raised_at, due_at, status, outcome FROM act_calltoaction WHERE person_id = %s"
        " ORDER BY raised_at",
    ),
    "act_step": Held(
        "What was done", ("When", "What", "More"),
        "SELECT at, what, detail FROM act_step WHERE person_id = %s ORDER BY at, id",
    ),
    "act_note": Held(
        "Notes", ("When", "Note"), "SELECT at, text FROM act_note WHERE person_id = %s ORDER BY at, id"
    ),
    "act_referral": Held(
        "Referrals to other organisations, with what they were given",
        ("To", "When", "For", "Name", "Telephone", "Address", "Asked of them", "Status", "Outcome"),
        "SELECT o.name, r.sent_at, r.category_label, r.name, r.telephone, r.address, r.asked, r.status, r.outcome"
        " FROM act_referral r JOIN governance_organisation o ON o.id = r.organisation_id WHERE r.person_id = %s"
        " ORDER BY r.sent_at",
        where=True,
    ),
    "act_referralstep": Held(
        "What became of them", ("When", "What", "Their words"),
        "SELECT at, what, text FROM act_referralstep WHERE person_id = %s ORDER BY at, id",
    ),
    "outbox_message": Held(
        "The text of messages to you", ("How", "To", "Subject", "Text", "When"),
        'SELECT channel, "to", subject, body, accepted_at FROM outbox_message WHERE person_id = %s ORDER BY accepted_at',
        where=True,
    ),
    "governance_accessgrant": Held(
        "Who may see you", ("Organisation", "Because of", "Legal basis", "Since", "Until"),
        "SELECT o.name, g.via, b.title, g.starts_at, g.ends_at FROM governance_accessgrant g"
        " JOIN governance_organisation o ON o.id = g.organisation_id JOIN governance_legalbasis b ON b.id = g.basis_id"
        " WHERE g.person_id = %s ORDER BY g.starts_at, g.id",
        where=True,
    ),
    "governance_auditevent": Held(
        "Who saw you or did something, by role and organisation", ("When", "Role", "Organisation", "What", "Purpose"),
        "SELECT e.at, coalesce(r.label, nullif(e.role, ''), e.identity), o.name, e.action, e.purpose"
        " FROM governance_auditevent e LEFT JOIN governance_role r ON r.name = e.role"
        " LEFT JOIN governance_organisation o ON o.id = e.organisation_id WHERE e.person_id = %s ORDER BY e.id",
        where=True,
    ),
    "governance_accessstoprequest": Held(
        "Requests of your practice that an organisation no longer sees you", ("Organisation", "Why", "When", "Status"),
        "SELECT o.name, s.reason, s.asked_at, s.status FROM governance_accessstoprequest s"
        " JOIN governance_organisation o ON o.id = s.organisation_id WHERE s.person_id = %s ORDER BY s.asked_at",
        where=True,
    ),
    "governance_emergencyaccess": Held(
        "Who opened your record in an emergency, by organisation", ("Organisation", "Reason", "Their words", "From", "Until"),
        "SELECT o.name, e.reason, e.words, e.starts_at, e.ends_at FROM governance_emergencyaccess e"
        " JOIN governance_membership m ON m.id = e.membership_id"
        " JOIN governance_organisation o ON o.id = m.organisation_id WHERE e.person_id = %s ORDER BY e.starts_at",
        where=True,
    ),
    "governance_whosawletter": Held(
        "Letters to you about who saw you", ("Asked for", "Sent"),
        "SELECT asked_at, sent_at FROM governance_whosawletter WHERE person_id = %s ORDER BY asked_at",
    ),
}  # fmt: skip
# Tables that name a person, or could, and are not written into the file; with the reason.
NOT_GIVEN: Mapping[str, str] = {
    "contact_link": "the hash of a link that the person has; it says nothing of them",
    "governance_accessstop": "what came of the request of the practice, which is given",
    "governance_patternreview": "the inquiry into somebody who works here; their personal data",
}

Section = tuple[Held, Sequence[Sequence[Any]]]


def held_about(person: UUID, *, scope: Scope) -> list[Section]:
    """Every table with what it says of a person; of a restricted person none that says where they are. System scope."""
    require(scope)
    with connection.cursor() as cursor:
        cursor.execute("SELECT restricted FROM people_person WHERE id = %s", [person])
        (restricted,) = cursor.fetchone()
        sections: list[Section] = []
        for held in HELD.values():
            if restricted and held.where:
                continue
            cursor.execute(held.query, [person])
            sections.append((held, cursor.fetchall()))
        return sections


def as_page(sections: Iterable[Section], *, scope: Scope, banner: str) -> bytes:
    """The file: one page that any browser shows and prints, with nothing in it from anywhere else."""
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>What is held about you</title>',
        "<style>body{font-family:Arial,sans-serif;margin:2em;line-height:1.4}table{border-collapse:collapse}"
        "td,th{border:1px solid #768692;padding:4px 8px;text-align:left;vertical-align:top;white-space:pre-wrap}"
        "</style></head><body>",
        f"<p><strong>{escape(banner)}</strong></p>" if banner else "",
        "<h1>What is held about you</h1>",
        f"<p>As it stood on {escape(moment_in_words(scope.now))}. Where a part has no lines, nothing is held there.</p>",
    ]
    given = list(sections)
    if len(given) < len(HELD):
        parts.append(
            "<p>Your record is restricted: where you live, how to reach you, your practice, and who may see you are"
            " not written into any file. Ask your GP practice, which keeps your record.</p>"
        )
    for held, rows in given:
        parts.append(f"<h2>{escape(held.title)}</h2>")
        if not rows:
            parts.append("<p>Nothing.</p>")
            continue
        heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in held.columns)
        parts.append(f"<table><thead><tr>{heads}</tr></thead><tbody>")
        parts += ["<tr>" + "".join(f"<td>{escape(_said(value))}</td>" for value in row) + "</tr>" for row in rows]
        parts.append("</tbody></table>")
    parts.append("</body></html>")
    return "\n".join(part for part in parts if part).encode()


def _said(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value.astimezone(LONDON):%-d %B %Y, %H:%M}"
        case date():
            return f"{value:%-d %B %Y}"
        case dict():
            return "\n".join(f"{key.replace('_', ' ')}: {_said(each)}" for key, each in value.items())
        case list() | tuple():
            return "; ".join(_said(each) for each in value)
        case str() if value.startswith(("{", "[")):
            return _json(value)
        case _:
            return str(value).replace("_", " ") if isinstance(value, str) and " " not in value else str(value)


def _json(text: str) -> str:
    # Django reads jsonb as text where a cursor of its own is used.
    try:
        return _said(json.loads(text))
    except ValueError:
        return text
