from django.apps import AppConfig


class Programmes(AppConfig):
    name = "openprotect.programmes"
    label = "programmes"
    default_auto_field = "django.db.models.BigAutoField"
