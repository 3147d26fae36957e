from django.apps import AppConfig


class Learn(AppConfig):
    name = "openprotect.journey.learn"
    label = "learn"
    default_auto_field = "django.db.models.BigAutoField"
