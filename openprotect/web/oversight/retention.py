"""How long everything is kept, what went, and what is on hold: placing a hold, and lifting it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from openprotect.governance import actions, queries
from openprotect.journey import flow
from openprotect.programmes import queries as programmes
from openprotect.web.oversight import retention_presenter as presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page
from openprotect.web.staff.forms import Form


@require_GET
@needs("see.retention")
def retention(request: ScopedRequest) -> HttpResponse:
    """Each rule with its tables, when disposal last ran and what it did, and the legal holds."""
    return _shown(request)


@require_POST
@needs("manage.retention")
def place(request: ScopedRequest) -> HttpResponse:
    """Put records on hold: from this second nothing of them is deleted."""
    form = presenter.placed(request.POST, _may_hold(request), now=request.scope.now)
    if form.errors:
        return _shown(request, form)
    flow.perform(actions.place_hold, **form.values, by=request.scope, now=request.scope.now)
    messages.success(request, "On hold. Nothing that it covers is deleted until it is lifted.")
    return redirect("oversight:retention")


@require_POST
@needs("manage.retention")
def lift(request: ScopedRequest, hold: int) -> HttpResponse:
    """Lift a hold: what has outlived its period goes when disposal next runs."""
    form = presenter.lifted(request.POST, hold)
    if form.errors:
        return _shown(request, form, lifting=hold)
    flow.perform(actions.lift_hold, hold=hold, **form.values, by=request.scope, now=request.scope.now)
    messages.success(request, "Lifted. What has outlived its period goes with the next disposal.")
    return redirect("oversight:retention")


def _may_hold(request: ScopedRequest) -> presenter.MayHold:
    bases = [(each.basis.id, each.basis.title) for each in queries.basis_register(scope=request.scope)]
    return presenter.MayHold(sorted(programmes.titles().items()), bases)


def _shown(request: ScopedRequest, form: Form | None = None, *, lifting: int = 0) -> HttpResponse:
    scope = request.scope
    holds = queries.holds(scope=scope)
    context = presenter.retention(
        queries.disposals(scope=scope),
        queries.last_disposal(scope=scope),
        holds,
        names=queries.user_names(name for each in holds for name in (each.by, each.lifted_by)),
        may_hold=_may_hold(request) if scope.may("manage.retention") else None,
        form=form or Form(),
        lifting=lifting,
        now=scope.now,
    )
    return staff_page(request, "oversight/retention.html", context)
