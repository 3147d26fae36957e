"""Pages for people who work here: who may open them, and what each of them shows of its reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.contrib import auth, messages
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from openprotect.governance import clock, queries
from openprotect.governance.actions import end_emergency_access, end_session, permit
from openprotect.governance.emergency_errors import (
    EmergencyUnderWay,
)
from openprotect.governance.errors import NotPermitted
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.web import kept
from openprotect.web.errors import refused
from openprotect.web.opened_by import ruled
from openprotect.web.pages import ScopedRequest, page
from openprotect.web.sign_in import sessions

Rest = ParamSpec("Rest")
KEPT = "You were signed out before this was sent. What you had typed is in the form below: check it, then send it."


@dataclass(frozen=True)
class Area:
    """A part of the site: the permission that opens it, its word in the menu, its first page.

    `behind` are the pages that are reached from it; `what` says what it is for where a page lists areas.
    """

    permission: str
    text: str
    name: str
    behind: tuple[str, ...] = ()
    what: str = ""


AREAS = (
    Area("see.calls_to_action", "Needs action", "staff:worklist", ("staff:need", "staff:why_listed")),
    Area("act.call", "Calls", "staff:calls", ("staff:call",)),
    Area("see.referrals", "Referrals", "partner_staff:referrals", ("partner_staff:referral",)),
    Area("see.ledger", "Everybody today", "oversight:ledger"),
    Area("use.emergency_access", "Emergency access", "staff:emergency", ("staff:emergency_record",)),
)
# What the page "Governance" leads to. Whoever may open one of them has that page in their menu.
GOVERNANCE = (
    Area(
        "see.cohorts",
        "Cohorts",
        "oversight:cohorts",
        ("oversight:cohort_definition", "oversight:cohort_compare", "oversight:cohort_was_in"),
        what="Who is at risk, in numbers; what the definition says, what changed, who was in on a day",
    ),
    Area("see.audit", "Who saw what", "oversight:audit", what="Every view, change and refusal, newest first"),
    Area(
        "see.audit",
        "Seal of the audit trail",
        "oversight:trail",
        what="How far it is sealed, and whether sending is on hold",
    ),
    Area(
        "see.retention",
        "How long everything is kept",
        "oversight:retention",
        ("oversight:place_hold", "oversight:lift_hold"),
        what="Each rule with its tables, what went, and what is on hold",
    ),
    Area(
        "see.audit",
        "Who could see whom",
        "oversight:could_see",
        what="Which organisations had access at a moment, to how many people, on which legal basis",
    ),
    Area(
        "manage.organisations",
        "Organisations",
        "oversight:organisations",
        ("oversight:organisation", "oversight:change_organisation"),
        what="What organisations are to each other, their teams and when these are there",
    ),
    Area(
        "manage.memberships",
        "People who work here",
        "oversight:people",
        ("oversight:appoint", "oversight:membership", "oversight:change_membership"),
        what="Who works where, as what, until when; appoint them, end it, sign them out",
    ),
    Area("manage.roles", "Roles", "oversight:roles", what="What each role may see and do"),
    Area(
        "see.bases",
        "Legal bases",
        "oversight:bases",
        ("oversight:basis", "oversight:basis_decide", "oversight:basis_hand_over", "oversight:new_basis"),
        what="Why records may be used, by whom, until when, and what rests on it",
    ),
    Area(
        "see.bases",
        "Sharing agreements",
        "oversight:agreements",
        ("oversight:agreement", "oversight:new_agreement", "oversight:change_agreement"),
        what="Who may give what to whom, on which legal basis, until when",
    ),
    Area(
        "act.rights",
        "Requests about records",
        "oversight:requests",
        ("oversight:request", "oversight:new_request", "oversight:change_request"),
        what="What people ask about their records, and by when it is answered",
    ),
    Area(
        "export.people",
        "Files of people",
        "oversight:exports",
        what="Ask for a file under a sharing agreement, and collect it",
    ),
    Area(
        "review.emergency_access",
        "Emergency access",
        "oversight:emergencies",
        ("oversight:emergency", "oversight:review_emergency"),
        what="Records opened outside somebody's own scope: who, why, what they saw, and the review",
    ),
    Area(
        "see.audit",
        "Unusual patterns",
        "oversight:patterns",
        ("oversight:review_pattern",),
        what="Own record, same surname, out of hours, very many people, many refusals, emergency access",
    ),
    Area(
        "act.rights",
        "Tell a person who saw them",
        "oversight:who_saw_letter",
        what="A letter by role and organisation, to the address that we have",
    ),
    Area(
        "see.own_audit",
        "Who saw our patients",
        "oversight:own_audit",
        what="By day: who, which patient, under which basis and purpose",
    ),
    Area(
        "ask.access_stop",
        "Ask for access to stop",
        "oversight:ask_access_stop",
        what="One request to the Caldicott guardian, and what became of earlier ones",
    ),
    Area(
        "decide.access_stop",
        "Requests that access stops",
        "oversight:access_stops",
        ("oversight:access_stop", "oversight:lift_access_stop"),
        what="What practices ask, with what is open for their patients",
    ),
    Area(
        "see.risks",
        "Risk decisions",
        "oversight:risks",
        ("oversight:risk", "oversight:new_risk", "oversight:decide_risk", "oversight:review_risk"),
        what="What could harm people, who decided what about it, and by when it is looked at again",
    ),
    Area(
        "see.risks",
        "Documents to accept",
        "oversight:documents",
        ("oversight:document", "oversight:new_document", "oversight:new_version", "oversight:answer_document"),
        what="Impact assessments and the like, which each organisation accepts for itself",
    ),
)


def signed_in(
    view: Callable[Concatenate[ScopedRequest, Rest], HttpResponse],
) -> Callable[Concatenate[ScopedRequest, Rest], HttpResponse]:
    """Opens a view to every member of staff; others are told that they are not signed in."""

    @wraps(view)
    def asked(request: ScopedRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if request.scope.identity != "staff":
            return _who_are_you(request)
        if request.method == "POST":
            kept.form_sent(request)
        return view(request, *args, **kwargs)

    return ruled(asked, "anybody who is signed in and works here now")


def _who_are_you(request: ScopedRequest) -> HttpResponse:
    """What is missing: a second factor, a membership to act under, or all of it. A form is kept meanwhile."""
    was_kept = kept.keep_form(request)
    if request.user.is_authenticated:
        if sessions.second_factor_missing(request):
            return redirect("mfa_index")
        if queries.memberships_of(request.user.pk, now=request.scope.now):
            where = urlencode({"next": request.get_full_path() if request.method == "GET" else ""})
            return redirect(f"{reverse('sign_in:works_as')}?{where}")
    onward = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
    context = {"kept": was_kept, "sign_in": f"{reverse('account_login')}?{onward}".rstrip("?")}
    signed_out = page(request, "staff/signed_out.html", context, status=HTTPStatus.FORBIDDEN)
    return refused(signed_out, NotPermitted())


def needs(
    permission: str,
) -> Callable[
    [Callable[Concatenate[ScopedRequest, Rest], HttpResponse]],
    Callable[Concatenate[ScopedRequest, Rest], HttpResponse],
]:
    """Opens a view to members of staff who hold the permission; for others it is not there."""

    def guarded(
        view: Callable[Concatenate[ScopedRequest, Rest], HttpResponse],
    ) -> Callable[Concatenate[ScopedRequest, Rest], HttpResponse]:
        @wraps(view)
        def asked(request: ScopedRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
            permit(permission, by=request.scope)
            return view(request, *args, **kwargs)

        return ruled(signed_in(asked), permission)

    return guarded


def closed_in_emergency(
    view: Callable[Concatenate[ScopedRequest, Rest], HttpResponse],
) -> Callable[Concatenate[ScopedRequest, Rest], HttpResponse]:
    """Marks a search, a list beyond the reader's own, or an export: shut while they have emergency access."""

    @wraps(view)
    def asked(request: ScopedRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if queries.in_emergency(scope=request.scope):
            raise EmergencyUnderWay()
        return view(request, *args, **kwargs)

    vars(asked)["closed_in_emergency"] = True
    return asked


def one_record(
    view: Callable[Concatenate[ScopedRequest, Rest], HttpResponse],
) -> Callable[Concatenate[ScopedRequest, Rest], HttpResponse]:
    """Marks a page about one person. Here alone does emergency access let its reader see.

    On every other page that person stays out of sight, for lists and searches too: the scope that
    the middleware entered does not name them.
    """

    @wraps(view)
    def asked(request: ScopedRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        emergency = queries.in_emergency(scope=request.scope)
        if emergency is None:
            return view(request, *args, **kwargs)
        request.scope = replace(request.scope, emergency=emergency.person)
        with enter(request.scope):
            return view(request, *args, **kwargs)

    return asked


def staff_page(
    request: ScopedRequest, template: str, context: Mapping[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """A page with the reader's menu, name, role and organisation. `errors` make it a 422."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    if context.get("errors"):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    given = {
        "navigation": [
            {"text": area.text, "href": reverse(area.name), "current": here in (area.name, *area.behind)}
            for area in open_to(request.scope)
        ],
        "account": _account(request.scope),
        "home": first_page(request.scope),
        "notices": [
            {"text": str(message), "done": message.level == messages.SUCCESS}
            for message in messages.get_messages(request)
        ],
        "emergency": queries.in_emergency(scope=request.scope),
        "reviews_waiting": _reviews_waiting(request, here),
        **context,
    }
    shown = page(request, template, given, status=status)
    return _with_what_was_typed(request, shown, template, given)


def _with_what_was_typed(
    request: ScopedRequest, shown: HttpResponse, template: str, given: dict[str, Any]
) -> HttpResponse:
    """The page with the form that was kept while its writer signed in again."""
    if shown.status_code != HTTPStatus.OK or kept.shown_again(request, shown.content.decode()) is None:
        return shown
    again = {**given, "notices": [*given["notices"], {"text": KEPT, "done": False}]}
    shown = page(request, template, again)
    shown.content = (kept.shown_again(request, shown.content.decode()) or "").encode()
    return shown


def open_to(scope: Scope) -> tuple[Area, ...]:
    """The parts of the site that this reader may open, as their menu shows them."""
    areas = tuple(area for area in AREAS if scope.may(area.permission))
    governance = governance_of(scope)
    if len(governance) > 1:
        behind = tuple(name for area in governance for name in (area.name, *area.behind))
        governance = (Area("", "Governance", "oversight:governance", behind),)
    return areas + governance


def governance_of(scope: Scope) -> tuple[Area, ...]:
    """The pages of governance that this reader may open."""
    return tuple(area for area in GOVERNANCE if scope.may(area.permission))


def first_page(scope: Scope) -> str:
    """Where this reader's work begins."""
    return next((reverse(area.name) for area in open_to(scope)), "/")


@require_POST
def sign_out(request: ScopedRequest) -> HttpResponse:
    """Ends the session; nothing of it is left in this browser."""
    if request.user.is_authenticated:
        given = {"session_key": request.session.session_key, "user": request.user.pk}
        flow.perform(end_session, by=request.scope, now=request.scope.now, **given)
    auth.logout(request)
    return redirect("/")


def _signed_out(request: HttpRequest | None, user: Any, **_: object) -> None:
    """Whatever way somebody signs out, what they have open in an emergency ends with it."""
    if user is None:
        return
    now = clock.now()
    by = Scope("staff", actor=str(user.pk), now=now)
    with enter(system("sign-out", now=now)), enter(by):
        flow.perform(end_emergency_access, ended_by="sign-out", by=by, now=now)


user_logged_out.connect(_signed_out, dispatch_uid="openprotect.emergency_access")


def _reviews_waiting(request: ScopedRequest, here: str) -> queries.ToReview | None:
    """On the first page of whoever reviews, and on the page of governance: what waits for them."""
    if here != "oversight:governance" and request.path != first_page(request.scope):
        return None
    return queries.to_review(scope=request.scope)


def _account(scope: Scope) -> list[dict[str, str]]:
    members = queries.memberships_of(int(scope.actor), now=scope.now)
    member = next((each for each in members if each.scope.membership == scope.membership), None)
    if member is None:
        return []
    several = len(members) > 1
    return [
        {"text": f"{member.name}, {member.works_as}"},
        {"text": member.organisation_name},
        *([{"text": "Work as something else", "href": reverse("sign_in:works_as")}] if several else []),
        {"text": "How you sign in", "href": reverse("mfa_index")},
        {"text": "Sign out", "action": reverse("staff:sign_out")},
    ]
