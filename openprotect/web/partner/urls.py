"""One referral, for a partner without an account. No token stands in an address behind the door."""

from django.urls import path

from openprotect.web.partner import referral

app_name = "partner"
urlpatterns = [
    path("referral", referral.referral, name="referral"),
    path("referral/<slug:verb>", referral.answer, name="answer"),
]
