from django.apps import AppConfig


class CheckIn(AppConfig):
    name = "openprotect.journey.check_in"
    label = "check_in"
    default_auto_field = "django.db.models.BigAutoField"
