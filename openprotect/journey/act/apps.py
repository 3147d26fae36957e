from django.apps import AppConfig


class Act(AppConfig):
    name = "openprotect.journey.act"
    label = "act"
    default_auto_field = "django.db.models.BigAutoField"
