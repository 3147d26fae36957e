"""Where somebody who works here says who they are, and as what they work."""

from django.urls import path

from openprotect.web.sign_in import works_as

app_name = "sign_in"
urlpatterns = [
    path("sign-in/work-as", works_as.works_as, name="works_as"),
]
