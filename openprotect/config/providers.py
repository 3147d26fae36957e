"""Whom people who work here may prove themselves to: OpenID Connect providers, from a file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from openprotect.lib.errors import Fault

KEYS = {
    "key": "a short name such as cis2: small letters, digits and hyphens",
    "name": "what stands on the button, such as NHS Care Identity",
    "issuer": "an address that begins with https://",
    "client_id": "the id that the provider gave this service",
    "client_secret": "the secret that the provider gave this service, or none for a public client",
    "scope": "a list of texts, such as openid and email",
    "auth_params": "a table of texts that go with the request, such as acr_values",
    "token_auth_method": "client_secret_basic or client_secret_post",
}
OPTIONAL = {"client_secret", "scope", "auth_params", "token_auth_method"}


@dataclass(frozen=True)
class Provider:
    """One provider, as the library that asks it wants to be told."""

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scope: tuple[str, ...] = ("openid", "email")
    auth_params: dict[str, str] = field(default_factory=dict)
    token_auth_method: str = ""

    def app(self) -> dict[str, Any]:
        """As an app of django-allauth's settings. PKCE is not for anybody to switch off."""
        settings: dict[str, Any] = {
            "server_url": self.issuer,
            "scope": list(self.scope),
            "auth_params": dict(self.auth_params),
            "oauth_pkce_enabled": True,
        }
        if self.token_auth_method:
            settings["token_auth_method"] = self.token_auth_method
        return {
            "provider_id": self.key,
            "name": self.name,
            "client_id": self.client_id,
            "secret": self.client_secret,
            "settings": settings,
        }


def read(path: Path) -> tuple[tuple[Provider, ...], list[Fault]]:
    """The providers of a file, and everything that is wrong with it."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return (), [Fault(str(path), "", "", error.strerror or "nothing", "a file that can be read")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        found = re.search(r"line (\d+), column (\d+)", str(error))
        where, column = (f"line {found[1]}", found[2]) if found else ("", "")
        return (), [Fault(path.name, where, column, str(error).partition(" (")[0], "a TOML file")]
    tables = given.get("provider")
    if given.keys() - {"provider"} or not isinstance(tables, list) or not tables:
        return (), [Fault(path.name, "", "", ", ".join(given) or "nothing", "tables called [[provider]] alone")]
    faults: list[Fault] = []
    providers = [_provider(table, f"provider {number}", path.name, faults) for number, table in enumerate(tables, 1)]
    made = tuple(provider for provider in providers if provider)
    if len({provider.key for provider in made}) < len(made):
        faults.append(Fault(path.name, "", "key", "the same key twice", "a key for each provider"))
    return (made, []) if not faults else ((), faults)


def _provider(table: object, where: str, file: str, faults: list[Fault]) -> Provider | None:
    before = len(faults)
    if not isinstance(table, dict):
        faults.append(Fault(file, where, "", str(table), "a table"))
        return None
    unknown = sorted(str(name) for name in table.keys() - KEYS.keys())
    faults.extend(Fault(file, where, name, name, "one of " + ", ".join(KEYS)) for name in unknown)
    for name, expected in KEYS.items():
        value = table.get(name)
        if name not in table:
            if name not in OPTIONAL:
                faults.append(Fault(file, where, name, "", expected))
        elif not _right(name, value):
            shown = "what is not shown here" if name == "client_secret" else str(value)
            faults.append(Fault(file, where, name, shown, expected))
    if len(faults) > before:
        return None
    return Provider(**{**table, "scope": tuple(table.get("scope", ("openid", "email")))})


def _right(name: str, value: object) -> bool:
    if name == "scope":
        return isinstance(value, list) and all(isinstance(each, str) for each in value) and "openid" in value
    if name == "auth_params":
        return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    if not isinstance(value, str) or not value.strip():
        return False
    if name == "key":
        return re.fullmatch(r"[a-z0-9-]{1,30}", value) is not None
    if name == "token_auth_method":
        return value in ("client_secret_basic", "client_secret_post")
    if name == "issuer":
        pieces = urlsplit(value)
        local = pieces.hostname in ("127.0.0.1", "localhost")
        return bool(pieces.hostname) and (pieces.scheme == "https" or (pieces.scheme == "http" and local))
    return True
