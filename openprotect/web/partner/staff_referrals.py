"""What was referred to the reader's organisation: the list, and each referral as its link would show it.

Whoever works for a partner and has an account sees the referral alone, as somebody with its link does.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from openprotect.governance.actions import record, record_each
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.journey.act import actions, queries
from openprotect.web.pages import ScopedRequest
from openprotect.web.partner import presenter
from openprotect.web.partner.presenter import VERBS
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form


@require_GET
@needs("see.referrals")
def referrals(request: ScopedRequest) -> HttpResponse:
    """What waits for the reader's organisation, the first due first."""
    found = queries.referrals_here(scope=request.scope, after=request.GET.get("after", ""))
    record_each(
        "seen in referrals",
        by=request.scope,
        people=[each.person for each in found.rows],
        of="referral",
        ids=[str(each.id) for each in found.rows],
    )
    return staff_page(request, "partner/referrals.html", presenter.referrals(found, request.scope.now))


@require_GET
@needs("see.referrals")
def referral(request: ScopedRequest, referral: UUID) -> HttpResponse:
    """What is asked, and of whom; once it is settled only what was said."""
    return _shown(request, referral)


@require_POST
@needs("act.referrals")
def answer(request: ScopedRequest, referral: UUID, verb: str) -> HttpResponse:
    """Accept, hand back with a reason, or report an outcome."""
    if verb not in VERBS:
        raise NotThere()
    form = presenter.read(verb, request.POST)
    if form.errors:
        return _shown(request, referral, form)
    flow.perform(
        actions.answer_referral,
        referral=referral,
        verb=VERBS[verb],
        **form.values,
        by=request.scope,
        now=request.scope.now,
    )
    messages.success(request, "We have what you said.")
    return redirect("partner_staff:referral", referral)


def _shown(request: ScopedRequest, referral: UUID, form: Form | None = None) -> HttpResponse:
    found = queries.referral(referral, scope=request.scope)
    if found is None or found.referral.organisation_id not in request.scope.organisations:
        raise NotThere()
    record("viewed", by=request.scope, person=found.referral.person_id, of="referral", id=found.referral.id)
    context = presenter.referral(
        found,
        now=request.scope.now,
        form=form or Form(),
        address="partner_staff:answer",
        may=request.scope.may("act.referrals"),
    )
    return staff_page(request, "partner/staff_referral.html", context)
