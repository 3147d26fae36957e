"""The whole system: where everybody stands, and who saw what."""

from django.urls import path

from openprotect.web.oversight import (
    access_stops,
    agreements,
    audit,
    bases,
    could_see,
    emergencies,
    exports,
    governance,
    ledger,
    organisations,
    own_audit,
    patterns,
    who_saw,
)

app_name = "oversight"
urlpatterns = [
    path("oversight/ledger", ledger.ledger, name="ledger"),
    path("oversight/governance", governance.governance, name="governance"),
    path("oversight/audit", audit.audit, name="audit"),
    path("oversight/could-see", could_see.could_see, name="could_see"),
    path("oversight/organisations", organisations.organisations, name="organisations"),
    path("oversight/organisations/<str:code>", organisations.organisation, name="organisation"),
    path("oversight/organisations/<str:code>/<slug:verb>", organisations.change, name="change_organisation"),
    path("oversight/agreements", agreements.agreements, name="agreements"),
    path("oversight/agreements/new", agreements.new, name="new_agreement"),
    path("oversight/agreements/<int:agreement>", agreements.agreement, name="agreement"),
    path("oversight/agreements/<int:agreement>/<slug:verb>", agreements.change, name="change_agreement"),
    path("oversight/exports", exports.exports, name="exports"),
    path("oversight/exports/<uuid:export>/file", exports.collect, name="collect_export"),
    path("oversight/bases", bases.bases, name="bases"),
    path("oversight/bases/new", bases.state, name="new_basis"),
    path("oversight/bases/<int:basis>", bases.basis, name="basis"),
    path("oversight/bases/<int:basis>/<str:choice>", bases.decide, name="basis_decide"),
    path("oversight/emergency-access", emergencies.emergencies, name="emergencies"),
    path("oversight/emergency-access/<int:access>", emergencies.emergency, name="emergency"),
    path("oversight/emergency-access/<int:access>/review", emergencies.review, name="review_emergency"),
    path("oversight/patterns", patterns.patterns, name="patterns"),
    path("oversight/patterns/review", patterns.review, name="review_pattern"),
    path("oversight/who-saw-letter", who_saw.letter, name="who_saw_letter"),
    path("oversight/our-patients", own_audit.own_audit, name="own_audit"),
    path("oversight/access-stops", access_stops.requests, name="access_stops"),
    path("oversight/access-stops/ask", access_stops.ask, name="ask_access_stop"),
    path("oversight/access-stops/<int:request_id>", access_stops.decide, name="access_stop"),
]
