"""The register of legal bases, and one of them, in the words of its readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.urls import reverse

from openprotect.governance.facts import law
from openprotect.governance.queries import BasisView, Notice
from openprotect.governance.scope import Scope
from openprotect.journey.learn.open_loops import OpenLoops
from openprotect.lib.london import at, today
from openprotect.web.oversight import bases_ends, bases_forms
from openprotect.web.shown import shown_date, shown_moment
from openprotect.web.staff.forms import Form

_TAGS = {
    "live": "nhsuk-tag--green",
    "awaiting approval": "nhsuk-tag--yellow",
    "not yet": "nhsuk-tag--blue",
    "ended": "nhsuk-tag--grey",
}
_STATES = {"live": "Live", "awaiting approval": "Awaiting approval", "not yet": "Not yet in force", "ended": "Ended"}
_SOON = 90  # days from which the tag warns; the words beside it say the days
CHANGES = {
    "stated": "Stated",
    "extend": "Extended",
    "replace": "To be replaced",
    "end": "Ended early",
    "review": "Reviewed",
    "stop_and_delete": "At its end: stop, and delete what identifies",
    "archive_on_hold": "At its end: archive on hold",
}


def register(views: Sequence[BasisView], notices: Sequence[Notice], scope: Scope) -> dict[str, Any]:
    """The list: what each is for, who answers for it, how long it holds."""
    return {
        "bases": [
            {
                "title": view.basis.title,
                "href": reverse("oversight:basis", args=[view.basis.id]),
                "purpose": purposes(view),
                "owner": view.basis.owner,
                "tag": tag(view),
                "until": last_day(view),
            }
            for view in views
        ],
        "warned": warned(notices),
        "may_state": scope.may("manage.bases"),
    }


def tag(view: BasisView) -> dict[str, str]:
    """Live, ends in so many days, or ended: in words, and a colour that says the same."""
    left = view.days_left
    if view.state == "live" and left is not None:
        days = f"Ends in {left} day{'' if left == 1 else 's'}"
        return {"text": days, "classes": "nhsuk-tag--orange" if left <= _SOON else _TAGS["live"]}
    return {"text": _STATES[view.state], "classes": _TAGS[view.state]}


def last_day(view: BasisView) -> str:
    """The last day it holds; an end at midnight is the day before."""
    if view.basis.ends_at is None:
        return f"No end; to be reviewed by {shown_date(view.basis.review_date)}"
    waits = f"; longer, until {shown_end(view.extension.ends_at)}, awaits approval" if view.extension else ""
    return f"Until {shown_end(view.basis.ends_at)}{waits}"


def shown_end(ends_at: datetime) -> str:
    """The moment of an end as people say it: "30 June 2022" where it is the end of that day."""
    before = ends_at - timedelta(seconds=1)
    return f"the end of {shown_date(before)}" if at_midnight(ends_at) else shown_moment(ends_at)


def at_midnight(moment: datetime) -> bool:
    """Whether a day begins in London at this moment."""
    return at(today(moment), time()) == moment


def purposes(view: BasisView) -> str:
    """What it is for, the main purpose first."""
    keys = dict.fromkeys([view.basis.purpose, *view.basis.purposes])
    return "; ".join(law.PURPOSES.get(key, key) for key in keys)


def one(
    view: BasisView,
    *,
    scope: Scope,
    names: Mapping[str, str],
    resting: Sequence[tuple[str, str, tuple[str, ...]]],
    others: Sequence[BasisView],
    loops: Mapping[str, Any],  # as `loops` gives it
    form: Form | None = None,
    asked: str = "",
) -> dict[str, Any]:
    """Everything that a basis says, each part on its own line; what rests on it; what can be decided."""
    basis = view.basis
    approved = {a.approver for a in view.approvals}
    extension = view.extension
    return {
        "errors": form.errors if form else (),
        "title": basis.title,
        "tag": tag(view),
        "lines": lines(view),
        "parties": [
            {
                "name": party.organisation.name,
                "capacity": law.CAPACITIES.get(party.capacity, party.capacity),
                "power": party.power,
            }
            for party in view.parties
        ],
        "approvals": _approvals(view.approvals, names),
        "unapproved": [name for key, name in law.APPROVERS.items() if key not in approved],
        "awaits": view.state == "awaiting approval",
        "changes": [
            {
                "what": CHANGES.get(change.what, change.what),
                "at": change.at,
                "who": names.get(change.by) or ("OpenProtect" if change.by.startswith("system") else change.by),
                "end": shown_end(change.ends_at) if change.ends_at else "",
                "by_what": change.replaced_by.title if change.replaced_by else "",
                "delete_on": change.delete_on,
                "words": change.words,
            }
            for change in view.changes
        ],
        "resting": [{"title": title, "parts": [_PARTS[part] for part in parts]} for _, title, parts in resting],
        "loops": loops,
        "extension": extension
        and {
            "until": shown_end(extension.ends_at),
            "who": names.get(extension.by, extension.by),
            "at": extension.at,
            "words": extension.words,
            "approvals": _approvals(view.extension_approvals, names),
            "lacks": [
                name for key, name in law.APPROVERS.items() if key not in {a.approver for a in view.extension_approvals}
            ],
        },
        "forms": bases_forms.forms(view, others, scope=scope, form=form, asked=asked),
        "ended": view.state == "ended",
    }


def _approvals(given: Sequence[Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "who": names.get(a.by, a.by),
            "as": law.APPROVERS.get(a.approver, a.approver),
            "at": a.at,
            "words": a.words,
        }
        for a in given
    ]


_PARTS = {
    "finding": "Finding people in the records",
    "asking": "Messages, check-ins and calls, and what the board's teams see",
    "caring": "Acting on what people say, and what practices and localities see",
}


def lines(view: BasisView) -> list[dict[str, str]]:
    """What the basis states, separately."""
    b = view.basis
    said = (
        ("What for", purposes(view)),
        ("UK GDPR Article 6", law.ARTICLE_6.get(b.article_6, "")),
        ("UK GDPR Article 9", law.ARTICLE_9.get(b.article_9, "")),
        ("Duty of confidence met by", law.CONFIDENCE.get(b.confidence, "")),
        ("Kinds of data", "; ".join(b.data_categories)),
        ("Sources", "; ".join(_source(source) for source in b.sources)),
        ("From", shown_moment(b.starts_at) if b.starts_at else _asked_from(b.asked_from)),
        ("Until", shown_end(b.ends_at) if b.ends_at else "No end"),
        ("Review by", shown_date(b.review_date)),
        ("Who answers for it", b.owner),
        ("Privacy notice", b.privacy_notice),
        ("Direct care", "Yes" if b.is_direct_care else "No"),
        ("National data opt-out", "Applies" if b.opt_out_applies else "Does not apply"),
        ("At its end", bases_ends.decided(view)),
    )
    return [{"key": key, "value": value or "Not stated"} for key, value in said if value or key != "At its end"]


def _asked_from(moment: datetime | None) -> str:
    return f"Both approvals, but not before {shown_moment(moment)}" if moment else "Both approvals"


_KINDS = {
    "need": "Needs action",
    "referral": "With a partner",
    "call": "Telephone calls",
    "check-in": "Check-ins",
}


def loops(view: BasisView, found: OpenLoops, scope: Scope) -> dict[str, Any]:
    """What is open and rests on the basis; nothing of one that is not in force."""
    if view.state != "live":
        return {}
    movable = any(line.kind in ("need", "referral") for line in found.lines) and view.basis.ends_at is not None
    return {
        "lines": [
            {"kind": _KINDS.get(line.kind, line.kind), "where": line.where, "number": line.number}
            for line in found.lines
        ],
        "needs": [
            {
                "href": reverse("staff:need", args=[need.id]),
                "why": need.why,
                "urgency": need.urgency,
                "team": need.team,
                "due_at": need.due_at,
            }
            for need in found.needs
        ],
        "hand_over": reverse("oversight:basis_hand_over", args=[view.basis.id])
        if movable and scope.may("manage.bases")
        else "",
    }


def warned(notices: Sequence[Notice]) -> list[dict[str, str]]:
    """The warnings of a reader, as links."""
    return [
        {
            "text": f"{notice.title} ends in {notice.days_left} day{'' if notice.days_left == 1 else 's'}",
            "href": reverse("oversight:basis", args=[notice.basis]),
        }
        for notice in notices
    ]


def _source(key: str) -> str:
    words = key.replace("_", " ").replace("-", " ")
    return f"GP{words[2:]}" if words.startswith("gp ") else words.capitalize()
