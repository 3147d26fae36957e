"""The whole system: where everybody stands, and who saw what."""

from django.urls import path

from openprotect.web.oversight import audit, ledger

app_name = "oversight"
urlpatterns = [
    path("oversight/ledger", ledger.ledger, name="ledger"),
    path("oversight/audit", audit.audit, name="audit"),
]
