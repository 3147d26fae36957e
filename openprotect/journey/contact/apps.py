from django.apps import AppConfig


class Contact(AppConfig):
    name = "openprotect.journey.contact"
    label = "contact"
    default_auto_field = "django.db.models.BigAutoField"
