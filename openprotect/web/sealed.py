"""Sealing what a session or a table may hold and nobody may read there."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


def seal(value: Any, *, purpose: str) -> str:
    """The value as a text that only we can read, and only for this purpose."""
    return _fernet(purpose).encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str, *, purpose: str, seconds: int | None = None) -> Any:
    """What was sealed; None where it is not ours, was changed, or is older than so many seconds."""
    try:
        return json.loads(_fernet(purpose).decrypt(sealed.encode(), ttl=seconds))
    except (InvalidToken, ValueError):
        return None


def _fernet(purpose: str) -> Fernet:
    key = hashlib.sha256(f"{purpose}:{settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
