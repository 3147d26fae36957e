"""Writes of governance: the audit trail, organisations and people who work, who may see whom."""

from openprotect.governance.actions.access import (
    grant_access,
)
from openprotect.governance.actions.access_stops import (
    ask_access_stop,
    decide_access_stop,
    settle_told,
    untold_decisions,
)
from openprotect.governance.actions.agreements import (
    end_agreement,
    sign_agreement,
    state_agreement,
)
from openprotect.governance.actions.audit import (
    ask_who_saw_letter,
    permit,
    record,
    record_denial,
    record_each,
    review_pattern,
    settle_who_saw_letters,
    waiting_who_saw_letters,
)
from openprotect.governance.actions.bases import (
    approve_basis,
    decide_end,
    end_basis,
    extend_basis,
    lift_hold,
    load_bases,
    place_hold,
    replace_basis,
    state_basis,
    warn_of_ends,
)
from openprotect.governance.actions.emergency import (
    answer_emergency_review,
    close_emergency_accesses,
    end_emergency_access,
    end_emergency_access_to,
    escalate_emergency_reviews,
    look_for_emergency,
    open_emergency_access,
    review_emergency_access,
    settle_emergency_notices,
)
from openprotect.governance.actions.exports import (
    ask_export,
    ask_own_records,
    claim_export,
    collect_export,
    delete_files,
    end_exports,
    keep_export,
    refuse_export,
)
from openprotect.governance.actions.extract import (
    take_in_extract,
)
from openprotect.governance.actions.organisations import (
    close_organisation,
    end_relation,
    merge_organisations,
    register_organisations,
    relate,
)
from openprotect.governance.actions.reorganising import (
    take_effect,
)
from openprotect.governance.actions.staff import (
    appoint,
    change_membership,
    define_role,
    end_membership,
    transfer,
)
from openprotect.governance.actions.teams import (
    close_team,
    form_team,
    set_hours,
)
from openprotect.governance.actions.trail import (
    hold_sending,
    note_anchor,
    refuse_while_held,
    resume_sending,
    seal_events,
)

__all__ = [
    "answer_emergency_review",
    "appoint",
    "approve_basis",
    "ask_access_stop",
    "ask_export",
    "ask_own_records",
    "ask_who_saw_letter",
    "change_membership",
    "claim_export",
    "close_emergency_accesses",
    "close_organisation",
    "close_team",
    "collect_export",
    "decide_access_stop",
    "decide_end",
    "define_role",
    "delete_files",
    "end_agreement",
    "end_basis",
    "end_emergency_access",
    "end_emergency_access_to",
    "end_exports",
    "end_membership",
    "end_relation",
    "escalate_emergency_reviews",
    "extend_basis",
    "form_team",
    "grant_access",
    "hold_sending",
    "keep_export",
    "lift_hold",
    "load_bases",
    "look_for_emergency",
    "merge_organisations",
    "note_anchor",
    "open_emergency_access",
    "permit",
    "place_hold",
    "record",
    "record_denial",
    "record_each",
    "refuse_export",
    "refuse_while_held",
    "register_organisations",
    "relate",
    "replace_basis",
    "resume_sending",
    "review_emergency_access",
    "review_pattern",
    "seal_events",
    "set_hours",
    "settle_emergency_notices",
    "settle_told",
    "settle_who_saw_letters",
    "sign_agreement",
    "state_agreement",
    "state_basis",
    "take_effect",
    "take_in_extract",
    "transfer",
    "untold_decisions",
    "waiting_who_saw_letters",
    "warn_of_ends",
]
