"""The person's pages. A link is the door; nothing behind it has a token in its address."""

from django.urls import path

from openprotect.web.public import check_in, messages, who_saw

app_name = "public"
urlpatterns = [
    path("check-in/", check_in.resume, name="resume"),
    path("check-in/check-answers", check_in.check_answers, name="check_answers"),
    path("check-in/receipt", check_in.receipt, name="receipt"),
    path("check-in/<str:page_id>", check_in.topic, name="topic"),
    path("check-in/<str:page_id>/emergency", check_in.emergency, name="emergency"),
    path("who-saw-me", who_saw.who_saw, name="who_saw"),
    path("messages/stop", messages.stop, name="stop"),
    path("messages/stopped", messages.stopped, name="stopped"),
]
