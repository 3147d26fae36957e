"""Start-up: the last app that Django readies fills the ports."""

from django.apps import AppConfig


class Config(AppConfig):
    name = "openprotect.config"
    label = "config"

    def ready(self) -> None:
        from openprotect.config import wiring

        wiring.connect()
