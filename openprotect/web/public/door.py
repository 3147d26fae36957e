"""The addresses in messages. Who opens one is nobody until the date of birth is given."""

from django.urls import path

from openprotect.web.public import check_in

app_name = "door"
urlpatterns = [
    path("c/<str:token>", check_in.start, name="start"),
    path("c/<str:token>/who-saw", check_in.start, {"wish": "who-saw"}, name="who_saw"),
    path("c/<str:token>/stop", check_in.start, {"wish": "stop"}, name="stop"),
]
