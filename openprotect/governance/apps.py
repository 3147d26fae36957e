from django.apps import AppConfig


class Governance(AppConfig):
    name = "openprotect.governance"
    label = "governance"
    default_auto_field = "django.db.models.BigAutoField"
