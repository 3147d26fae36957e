"""A referral as the partner's template draws it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from openprotect.journey.act.queries import ReferralPage, ReferralView
from openprotect.web.pages import HelpLine
from openprotect.web.shown import shown_due, shown_telephone
from openprotect.web.staff.forms import Form, written
from openprotect.web.staff.need_presenter import choices, writing

# The word of the address -> the word of the action.
VERBS: Mapping[str, str] = {"accept": "accept", "hand-back": "hand back", "report": "report"}
_DID = {"accept": "You accepted it", "hand back": "You handed it back", "report": "You reported what came of it"}


def read(verb: str, sent: QueryDict) -> Form:
    """What the partner's form sent. Its fields carry the verb, since all forms stand on one page."""
    outcome, text = sent.get("outcome", ""), written(sent, "reason" if verb == "hand-back" else "words")
    faults = {}
    if verb == "hand-back" and not text:
        faults["reason"] = "Write why you hand it back"
    if verb == "report" and not outcome:
        faults["outcome"] = "Select what came of it"
    return Form(sent, {"outcome": outcome if verb == "report" else "", "text": text}, faults)


def referrals(found: ReferralPage, now: datetime) -> dict[str, Any]:
    """The list for those who work for the partner, and the way to the next page."""
    address = reverse("partner_staff:referrals")
    return {
        "rows": [
            {
                "href": reverse("partner_staff:referral", args=[each.id]),
                "name": each.name,
                "category": each.category_label,
                "clock": shown_due(each.due_at, now),
                "overdue": each.due_at < now,
                "status": "Accepted" if each.accepted else "Not accepted yet",
            }
            for each in found.rows
        ],
        "onward": f"{address}?{urlencode({'after': found.after})}" if found.after else "",
    }


def referral(
    found: ReferralView, *, now: datetime, form: Form, address: str = "partner:answer", may: bool = True
) -> dict[str, Any]:
    """The page while it is open, with the forms that its state allows; after that only what was said.

    `address` takes the forms: by the link, or by the account of somebody who `may` answer.
    """
    each = found.referral
    common = {
        "organisation": found.organisation_name,
        "category": each.category_label,
        "help": HelpLine(found.phone, found.phone_hours),
        "errors": form.errors,
        "said": [
            {"what": _DID[step.what], "at": step.at, "text": step.text} for step in found.steps if step.what in _DID
        ],
    }
    if each.settled_at:
        return {**common, "settled": True, "outcome": found.outcome_label}
    return {
        **common,
        "name": each.name,
        "telephone": shown_telephone(each.telephone),
        "dialled": each.telephone,
        "address": each.address.splitlines(),
        "asked": each.asked,
        "due_at": each.due_at,
        "clock": shown_due(each.due_at, now),
        "accepted": each.status == "accepted",
        "forms": _forms(found, form, address) if may else {},
    }


def _forms(found: ReferralView, form: Form, address: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "accept" in found.possible:
        made["accept"] = {}
    if "report" in found.possible:
        made["report"] = {
            "outcome": choices("outcome", "What came of it?", found.outcomes, form),
            "words": writing("words", "Anything we should know (you can leave this out)", form),
        }
    if "hand back" in found.possible:
        hint = "For example, that it is outside your area. We find somebody else."
        made["hand_back"] = {
            "reason": writing("reason", "Why do you hand it back?", form, hint=hint),
            "open": "reason" in form.faults,
        }
    for verb, drawn in made.items():
        which = [verb.replace("_", "-")] if address == "partner:answer" else [found.referral.id, verb.replace("_", "-")]
        drawn["action"] = reverse(address, args=which)
    return made
