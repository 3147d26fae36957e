"""Every permission there is, and what it lets somebody do, as the page of roles shows it.

A role is data: a name and some of these. One that stands here and nowhere in the code, or the other
way round, fails the architecture tests.
"""

from __future__ import annotations

from collections.abc import Mapping

# What members of staff may hold.
PERMISSIONS: Mapping[str, str] = {
    "see.person": "See that a person is in a programme, their practice and their locality",
    "see.identity": "See a person's name, date of birth and NHS number",
    "see.contact_points": "See a person's telephone numbers and addresses",
    "see.needs": "See what to mind about a person, such as large print or an interpreter",
    "see.reasons": "See why a person is at risk",
    "see.answers": "See a person's answers and what followed from them",
    "see.contacts": "See the messages to a person",
    "see.calls": "See the telephone calls to a person",
    "act.call": "Ring people and record what came of it",
    "see.calls_to_action": "See what needs action",
    "act.calls_to_action": "Accept, refer and close what needs action",
    "see.notes": "See notes",
    "see.every_need": "See what needs action in every team of the scope, not only the own one",
    "see.referrals": "See what was referred to the own organisation, and nothing else of the person",
    "act.referrals": "Accept, hand back and report on what was referred to the own organisation",
    "see.cohorts": "See cohorts as counts, what their definitions say, and what changed",
    "see.ledger": "See where everybody stands, as counts",
    "see.audit": "See who saw what, everywhere",
    "see.own_audit": "See who saw the patients of the own practice",
    "ask.access_stop": "Ask that an organisation's access to the practice's patients stops",
    "decide.access_stop": "Decide on requests that access stops",
    "manage.organisations": "Keep organisations, their relations and their teams",
    "manage.memberships": "Appoint people in the own organisation and those below it, and end it",
    "manage.roles": "Define what a role may do",
    "see.bases": "See legal bases and sharing agreements",
    "manage.bases": "State legal bases, change their parties and choose what happens at their end",
    "approve.bases": "Approve a legal basis",
    "manage.agreements": "Keep sharing agreements",
    "export.people": "Ask for a file of people under a sharing agreement",
    "act.rights": "Work requests of people about their records: access, rectification, erasure, objection, complaint",
    "use.emergency_access": "Open one person's record outside the own scope in an emergency",
    "review.emergency_access": "Review every emergency access",
    "see.risks": "See the register of risk decisions",
    "record.risks": "Write down a risk that wants a decision",
    "decide.risks": "Decide on a risk",
    "see.retention": "See how long everything is kept, and what is on hold",
    "manage.retention": "Put records on hold and lift it; as a second officer, erase what somebody else upheld",
}
# What reaches past the organisation of whoever holds it. Below a board nobody is given a role with one of
# these: an administrator of one practice would otherwise appoint a reader of everybody's audit trail.
EVERYWHERE: frozenset[str] = frozenset({
    "see.audit", "decide.access_stop", "manage.organisations", "manage.roles", "manage.bases", "approve.bases",
    "manage.agreements", "act.rights", "review.emergency_access", "record.risks", "decide.risks", "manage.retention",
})  # fmt: skip
# What only the named system actors do.
SYSTEM_PERMISSIONS: Mapping[str, str] = {
    "manage.access": "Say which organisation may see whom",
    "manage.lists": "Take in lists and people",
    "manage.programmes": "Publish packs and switch them on",
    "build.cohorts": "Keep who is in a cohort",
    "plan.contact": "Plan messages and calls",
    "send.messages": "Send messages",
    "open.check_ins": "Open and end check-ins",
    "triage.answers": "Decide on answers",
    "raise.calls_to_action": "Raise calls to action",
    "record.ledger": "Record the ledger of a day",
    "seal.audit": "Seal the audit trail and write its head down outside the database",
    "dispose.records": "Dispose of what has outlived its period",
    "hold.sending": "Hold all sending while the database may be an old copy, and let it go on",
}
