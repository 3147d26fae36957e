"""Files of people under a sharing agreement: asked for here, made by the worker, collected here."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from openprotect.governance import actions, export_files, queries
from openprotect.governance.errors import NoExport
from openprotect.journey import flow
from openprotect.web.oversight import agreement_forms, agreements_presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import closed_in_emergency, needs, signed_in, staff_page
from openprotect.web.staff.forms import Form


@require_http_methods(["GET", "POST"])
@needs("export.people")
@closed_in_emergency
def exports(request: ScopedRequest) -> HttpResponse:
    """What the reader's organisation asked for, and the form to ask."""
    scope, form = request.scope, Form()
    if request.method == "POST":
        form = agreement_forms.export(request.POST)
        if not form.errors:
            flow.perform(actions.ask_export, **form.values, by=scope, now=scope.now)
            messages.success(request, "The file is being made. It stands here when it is ready.")
            return redirect("oversight:exports")
    context = agreements_presenter.exports(
        queries.agreements_to_export(scope=scope), queries.exports(scope=scope), scope, form
    )
    return staff_page(request, "oversight/exports.html", context)


@require_POST
@signed_in
@closed_in_emergency
def collect(request: ScopedRequest, export: UUID) -> HttpResponse:
    """The file, whole, for whoever asked for it: every collecting is recorded."""
    found = flow.perform(actions.collect_export, export=export, by=request.scope, now=request.scope.now)
    content = export_files.read(found.id, found.sha256)
    if content is None:
        raise NoExport(why="Its file is gone or is not what was made. Ask for it again.")
    kind = "text/csv" if found.file_name.endswith(".csv") else "text/html"
    response = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
