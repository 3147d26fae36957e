"""An OpenID Connect provider as a process: `python -m tests.factories.provider_process PORT '{"sub": ...}' ...`.

The library's own does not look at PKCE. This one asks for it, as the providers that count do.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import oidc_provider_mock
from oidc_provider_mock import User


def strict(people: list[dict[str, Any]]) -> flask.Flask:
    """The provider, which takes no code without the verifier of its challenge."""
    app = oidc_provider_mock.app(
        user_claims=[
            User(sub=each["sub"], claims={k: v for k, v in each.items() if k not in ("sub", "userinfo")})
            for each in people
        ]
    )
    challenges: dict[str, str] = {}

    @app.after_request
    def remember(response: flask.Response) -> flask.Response:
        code = parse_qs(urlsplit(response.headers.get("Location", "")).query).get("code")
        if flask.request.path == "/oauth2/authorize" and code:
            challenges[code[0]] = flask.request.args.get("code_challenge", "none was given")
        return response

    @app.before_request
    def compare() -> tuple[dict[str, str], int] | None:
        if flask.request.path != "/oauth2/token":
            return None
        made = hashlib.sha256(flask.request.form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(made).decode().rstrip("=") == challenges.get(flask.request.form.get("code", "")):
            return None
        return {"error": "invalid_grant"}, 400

    return app


if __name__ == "__main__":
    strict([json.loads(each) for each in sys.argv[2:]]).run("127.0.0.1", int(sys.argv[1]), threaded=True)
