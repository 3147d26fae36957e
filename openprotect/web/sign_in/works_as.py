"""Under which of their memberships somebody works now: one at a time, never the sum of several."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from openprotect.governance import queries
from openprotect.governance.actions import record
from openprotect.governance.errors import NotPermitted
from openprotect.governance.queries import StaffMember
from openprotect.governance.scope import enter
from openprotect.web.errors import refused
from openprotect.web.identity import membership_in, remember_membership
from openprotect.web.pages import ScopedRequest, page
from openprotect.web.questionnaire.presenter import Error
from openprotect.web.sign_in import sessions
from openprotect.web.signed_in import first_page

FAULT = "Select as what you work now"


@require_http_methods(["GET", "POST"])
def works_as(request: ScopedRequest) -> HttpResponse:
    """Choose, or change it. Whoever has one membership has nothing to choose."""
    user = request.user
    if not user.is_authenticated:
        return refused(page(request, "staff/signed_out.html", status=403), NotPermitted())
    if sessions.second_factor_missing(request):
        return redirect("mfa_index")
    choices = queries.memberships_of(user.pk, now=request.scope.now)
    if not choices:
        return refused(page(request, "sign_in/no_membership.html", status=403), NotPermitted())
    if request.method == "GET":
        return page(request, "sign_in/works_as.html", _shown(request, choices))
    chosen = next((each for each in choices if str(each.scope.membership) == request.POST.get("membership")), None)
    if chosen is None:
        faults = (Error(FAULT, "#membership"),)
        return page(request, "sign_in/works_as.html", _shown(request, choices, faults), status=422)
    remember_membership(request, chosen)
    with enter(chosen.scope):
        record("works as", by=chosen.scope, of="membership", id=chosen.scope.membership)
    return redirect(_onward(request) or first_page(chosen.scope))


def _shown(request: ScopedRequest, choices: list[StaffMember], faults: tuple[Error, ...] = ()) -> dict[str, Any]:
    now = membership_in(request)
    return {
        "name": choices[0].name,
        "errors": faults,
        "next": _onward(request),
        "choices": {
            "idPrefix": "membership",
            "name": "membership",
            "fieldset": {"legend": {"text": "You work as", "classes": "nhsuk-fieldset__legend--m"}},
            "items": [
                {
                    "value": str(each.scope.membership),
                    "text": each.works_as,
                    "hint": {"text": each.organisation_name},
                    "checked": each.scope.membership == now,
                }
                for each in choices
            ],
            **({"errorMessage": {"text": FAULT}} if faults else {}),
        },
    }


def _onward(request: ScopedRequest) -> str:
    """The page that was asked for, if it is one of ours."""
    asked = request.POST.get("next", request.GET.get("next", ""))
    return asked if url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else ""
