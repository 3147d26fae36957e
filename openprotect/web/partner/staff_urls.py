"""Referrals to an organisation, for those who work there and have an account."""

from django.urls import path

from openprotect.web.partner import staff_referrals

app_name = "partner_staff"
urlpatterns = [
    path("referrals", staff_referrals.referrals, name="referrals"),
    path("referrals/<uuid:referral>", staff_referrals.referral, name="referral"),
    path("referrals/<uuid:referral>/<slug:verb>", staff_referrals.answer, name="answer"),
]
