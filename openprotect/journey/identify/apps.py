from django.apps import AppConfig


class Identify(AppConfig):
    name = "openprotect.journey.identify"
    label = "identify"
    default_auto_field = "django.db.models.BigAutoField"
