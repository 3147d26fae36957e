"""The whole system: where everybody stands, and who saw what."""

from django.urls import path

from openprotect.web.oversight import audit, governance, ledger

app_name = "oversight"
urlpatterns = [
    path("oversight/ledger", ledger.ledger, name="ledger"),
    path("oversight/governance", governance.governance, name="governance"),
    path("oversight/audit", audit.audit, name="audit"),
]
