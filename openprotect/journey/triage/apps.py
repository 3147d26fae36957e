from django.apps import AppConfig


class Triage(AppConfig):
    name = "openprotect.journey.triage"
    label = "triage"
    default_auto_field = "django.db.models.BigAutoField"
