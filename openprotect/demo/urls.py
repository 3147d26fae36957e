"""The demo's own pages: mounted where settings.MODE is "demo", and nowhere else."""

from django.urls import path

from openprotect.demo import pages

app_name = "demo"
urlpatterns = [
    path("", pages.front, name="front"),
    path("demo/sign-in", pages.sign_in, name="sign_in"),
    path("demo/outbox", pages.outbox, name="outbox"),
    path("demo/outbox/<uuid:reference>", pages.message, name="message"),
    path("demo/letters/<uuid:reference>.pdf", pages.letter, name="letter"),
]
