"""A referral as a partner meets it: what is asked, accept or hand back, report what came of it.

Opening the link uses nothing up: mail scanners open links first.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from openprotect.governance.actions import record
from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.journey.act import actions, queries
from openprotect.web.errors import refused
from openprotect.web.identity import PartnerProof, remember_partner
from openprotect.web.pages import ScopedRequest, page
from openprotect.web.partner import presenter
from openprotect.web.partner.presenter import VERBS
from openprotect.web.staff.forms import Form
from openprotect.web.strangers import written_singly


@require_GET
def open_link(request: ScopedRequest, token: str) -> HttpResponse:
    """The door: from here on this browser has the referral. Unknown, expired and ended look the same."""
    opened = flow.perform(actions.open_referral, token=token, by=request.scope, now=request.scope.now)
    if opened is None:
        if written_singly(request, request.scope):
            flow.perform(actions.note_refused_link, token=token, by=request.scope, now=request.scope.now)
        return _no_referral_page(request)
    remember_partner(request, PartnerProof(str(opened.link)))
    return redirect("partner:referral")


@require_GET
def referral(request: ScopedRequest) -> HttpResponse:
    """What is asked, and of whom; once it is settled only what was said."""
    return _shown(request)


@require_POST
def answer(request: ScopedRequest, verb: str) -> HttpResponse:
    """Accept, hand back with a reason, or report an outcome."""
    if request.scope.referral is None:
        return _no_referral(request)
    if verb not in VERBS:
        raise NotThere()
    form = presenter.read(verb, request.POST)
    if form.errors:
        return _shown(request, form)
    flow.perform(
        actions.answer_referral,
        referral=request.scope.referral,
        verb=VERBS[verb],
        **form.values,
        by=request.scope,
        now=request.scope.now,
    )
    return redirect("partner:referral")


def _shown(request: ScopedRequest, form: Form | None = None) -> HttpResponse:
    found = queries.referral(request.scope.referral, scope=request.scope) if request.scope.referral else None
    if found is None:
        return _no_referral(request)
    record("viewed", by=request.scope, person=found.referral.person_id, of="referral", id=found.referral.id)
    context = presenter.referral(found, now=request.scope.now, form=form or Form())
    status = HTTPStatus.UNPROCESSABLE_ENTITY if context["errors"] else HTTPStatus.OK
    return page(request, "partner/referral.html", context, status=status)


def _no_referral(request: ScopedRequest) -> HttpResponse:
    return refused(_no_referral_page(request), NotThere())


def _no_referral_page(request: ScopedRequest) -> HttpResponse:
    return page(request, "partner/no_referral.html", status=HTTPStatus.NOT_FOUND)
