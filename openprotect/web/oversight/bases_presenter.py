"""The register of legal bases, and one of them, in the words of its readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from openprotect.governance.facts import law
from openprotect.governance.queries import BasisView, Notice
from openprotect.governance.scope import Scope
from openprotect.journey.learn.open_loops import OpenLoops
from openprotect.lib.london import at, today
from openprotect.web.oversight import bases_ends
from openprotect.web.questionnaire import presenter
from openprotect.web.shown import shown_date, shown_moment
from openprotect.web.staff.forms import Form, written

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
    return f"Until {shown_end(view.basis.ends_at)}"


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
    in_force = view.state != "ended"
    forms: dict[str, Any] = {}
    approved = {a.approver for a in view.approvals}
    if in_force and scope.may("approve.bases") and scope.role in law.APPROVERS.keys() - approved:
        forms["approve"] = _drawn(view, "approve", form, asked, {})
    if in_force and scope.may("manage.bases"):
        if view.state == "awaiting approval" and not approved:
            forms["party"] = _party(view, form if asked == "party" else None)
        if basis.ends_at is not None:
            forms["extend"] = _drawn(view, "extend", form, asked, {"day": "New last day"})
            choices = [
                {"value": other.basis.id, "text": other.basis.title}
                for other in others
                if other.basis.id != basis.id and basis.purpose in (other.basis.purpose, *other.basis.purposes)
            ]
            if choices:
                forms["replace"] = _drawn(view, "replace", form, asked, {}, choices)
        if basis.review_date is not None:
            forms["review"] = _drawn(view, "review", form, asked, {"day": "Day of the next review"})
        forms["end"] = _drawn(view, "end", form, asked, {"day": "Last day, or nothing to end it now"})
        deleting = {"day": "From which day are they erased? Nothing for no day"}
        forms["stop_and_delete"] = _drawn(view, "stop_and_delete", form, asked, deleting)
        forms["archive_on_hold"] = _drawn(view, "archive_on_hold", form, asked, {})
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
        "approvals": [
            {
                "who": names.get(a.by, a.by),
                "as": law.APPROVERS.get(a.approver, a.approver),
                "at": a.at,
                "words": a.words,
            }
            for a in view.approvals
        ],
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
        "forms": forms,
        "ended": view.state == "ended",
    }


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


# --- Forms ---


def read(choice: str, sent: QueryDict) -> Form:
    """What a decision's form says: words always, a day or a basis where the decision needs one."""
    if choice == "party":
        return _read_party(sent)
    words = written(sent, "words")
    values: dict[str, Any] = {"words": words}
    faults = {}
    if choice in ("extend", "end", "stop_and_delete", "review"):
        name = f"{choice}-day"
        typed = any(sent.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year"))
        day = read_day(sent, name)
        if day is None and (typed or choice in ("extend", "review")):
            faults[first_field(choice)] = "Enter a real day, such as 30 6 2022"
        if choice == "stop_and_delete":
            values |= {"choice": choice, "delete_on": day}
        elif choice == "review":
            values["review_on"] = day
        else:
            values["ends_at"] = at(day + timedelta(days=1), time()) if day else None
    elif choice == "replace":
        chosen = sent.get("replaced_by", "")
        if not chosen.isdecimal() or len(chosen) > 18:
            faults[first_field(choice)] = "Select the basis that carries on"
        else:
            values["replaced_by"] = int(chosen)
    elif choice == "archive_on_hold":
        values["choice"] = choice
    if not words:
        faults[f"{choice}-words"] = "Write why"
    return Form(sent, values, faults)


def first_field(choice: str) -> str:
    """The id of the first field of a decision's form, where its error summary leads."""
    first = {"party": "party-organisation", "extend": "extend-day-day", "end": "end-day-day", "replace": "replace-by",
             "stop_and_delete": "stop_and_delete-day-day", "review": "review-day-day"}  # fmt: skip
    return first.get(choice, f"{choice}-words")


def _read_party(sent: QueryDict) -> Form:
    values = {name: written(sent, name) for name in ("organisation", "capacity", "power")}
    missing = {
        "organisation": "Enter the ODS code of an organisation",
        "capacity": "Select whether it controls or processes",
        "power": "Enter the statutory power that it acts by",
    }
    return Form(sent, values, {f"party-{name}": words for name, words in missing.items() if not values[name]})


def _party(view: BasisView, form: Form | None) -> dict[str, Any]:
    mine = form or Form()

    def field(name: str, label: str, **more: Any) -> dict[str, Any]:
        id_ = f"party-{name}"
        fault = {"errorMessage": {"text": mine.faults[id_]}} if id_ in mine.faults else {}
        return {"id": id_, "name": name, "label": {"text": label, "classes": "nhsuk-label--s"},
                "value": mine.sent.get(name, ""), **more, **fault}  # fmt: skip

    capacity = field("capacity", "", idPrefix="party-capacity")
    legend = {"text": "What is it?", "classes": "nhsuk-fieldset__legend--s"}
    items = [{"value": key, "text": text, "checked": capacity["value"] == key} for key, text in law.CAPACITIES.items()]
    return {
        "action": reverse("oversight:basis_decide", args=[view.basis.id, "party"]),
        "open": bool(mine.faults),
        "organisation": field("organisation", "ODS code of the organisation", classes="nhsuk-input--width-10"),
        "capacity": {**capacity, "fieldset": {"legend": legend}, "items": items},
        "power": field(
            "power", "Statutory power", hint={"text": "Such as: National Health Service Act 2006, section 13Z3"}
        ),
    }


def read_day(sent: QueryDict, name: str) -> date | None:
    """The day in three fields; None where it is none."""
    try:
        day, month, year = (int(sent.get(f"{name}-{part}", "").strip()) for part in ("day", "month", "year"))
        return date(year, month, day) if 1900 < year < 2200 else None
    except (ValueError, OverflowError):
        return None


def _drawn(
    view: BasisView,
    choice: str,
    form: Form | None,
    asked: str,
    days: Mapping[str, str],
    choices: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    mine = form if form and asked == choice else Form()

    def fault(name: str) -> dict[str, Any]:
        return {"errorMessage": {"text": mine.faults[name]}} if name in mine.faults else {}

    drawn: dict[str, Any] = {
        "action": reverse("oversight:basis_decide", args=[view.basis.id, choice]),
        "open": bool(mine.faults),
        "means": bases_ends.MEANS.get(choice, ""),
        "words": {
            "id": f"{choice}-words",
            "name": "words",
            "label": {"text": "Why, in your own words", "classes": "nhsuk-label--s"},
            "value": mine.sent.get("words", ""),
            "rows": 3,
            **fault(f"{choice}-words"),
        },
    }
    if days:
        name = f"{choice}-day"
        drawn["day"] = date_field(name, days["day"], mine.sent, mine.faults.get(first_field(choice)))
    if choices:
        drawn["replaced_by"] = {
            "idPrefix": "replace-by",
            "name": "replaced_by",
            "fieldset": {"legend": {"text": "Which basis carries on?", "classes": "nhsuk-fieldset__legend--s"}},
            "items": [
                {**item, "value": str(item["value"]), "checked": mine.sent.get("replaced_by") == str(item["value"])}
                for item in choices
            ],
            **fault(first_field(choice)),
        }
    return drawn


def date_field(name: str, legend: str, sent: QueryDict, fault: str | None) -> dict[str, Any]:
    """Day, month and year in three fields, as they were typed."""
    typed = "-".join(sent.get(f"{name}-{part}", "").strip() for part in ("year", "month", "day")) if sent else ""
    params: dict[str, Any] = presenter.date_input(name, typed, fault=bool(fault))
    params["fieldset"] = {"legend": {"text": legend, "classes": "nhsuk-fieldset__legend--s"}}
    params["hint"] = {"text": "For example, 30 6 2022"}
    if fault:
        params["errorMessage"] = {"text": fault}
    return params
