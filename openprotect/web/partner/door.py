"""The address in an e-mail to a partner."""

from django.urls import path

from openprotect.web.partner import referral

app_name = "partner_door"
urlpatterns = [path("r/<str:token>", referral.open_link, name="open")]
