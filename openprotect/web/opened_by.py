"""Who may open each address: the permission that its view asks for, or the reason why it asks for none.

A view says so by its decorator (`needs`, `signed_in`, `proven`), or stands here. One that does neither fails
the tests, and so does the page `docs/reference/routes.md`, which is made of this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.urls import URLPattern, URLResolver

View = TypeVar("View", bound=Callable[..., Any])

# Addresses whose view has no decorator that says who may open it, with what keeps them.
OPEN: Mapping[str, str] = {
    "healthz": "anybody: says only that the database answers",
    "front": "anybody: what this is, and whom to ring",
    "door:start": "anybody: the door, the same for every token; what opens it is the date of birth",
    "door:stop": "anybody: the same door",
    "door:who_saw": "anybody: the same door",
    "partner_door:open": "anybody: unknown and expired tokens look the same",
    "partner:referral": "whoever opened the link to the referral",
    "partner:answer": "whoever opened the link to the referral",
    "staff:sign_out": "anybody: ends the session of this browser",
    "sign_in:works_as": "anybody who is signed in: chooses among their own memberships",
}
# Other people's pages for signing in, which nobody is signed in for.
SIGNING_IN = ("account_", "mfa_", "socialaccount_", "usersessions_", "openid_connect_", "cis2_", "sign_in:")


@dataclass(frozen=True)
class Route:
    """One address: its name, its path, the methods it answers ("" for any), and who may open it ("" for unsaid)."""

    name: str
    path: str
    methods: tuple[str, ...]
    rule: str


def ruled(view: View, rule: str) -> View:
    """Says on a view who may open it; the innermost says it best, so that one that was said stays."""
    vars(view)["rule"] = rule
    return view


def routes(patterns: Sequence[URLPattern | URLResolver], *, prefix: str = "", namespace: str = "") -> Iterator[Route]:
    """Every address behind these patterns."""
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = ":".join(filter(None, (namespace, each.namespace)))
            yield from routes(each.url_patterns, prefix=path, namespace=inner)
            continue
        name = ":".join(filter(None, (namespace, each.name)))
        rule = getattr(each.callback, "rule", "") or OPEN.get(name, "")
        if not rule and name.startswith(SIGNING_IN):
            rule = "anybody: signing in"
        yield Route(name, f"/{path}", _methods(each.callback), rule)


def _methods(view: Callable[..., Any]) -> tuple[str, ...]:
    """What `require_http_methods` keeps of a view, outermost first."""
    named = view.__code__.co_freevars if hasattr(view, "__code__") else ()
    cells = (
        {name: cell.cell_contents for name, cell in zip(named, view.__closure__ or (), strict=True)} if named else {}
    )
    return tuple(cells.get("request_method_list", ()))
