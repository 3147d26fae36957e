"""Who is asking. Each part of the site knows one kind of visitor.

A person's link and a colleague's account may be open in the same browser: what counts is the
part of the site that was asked, never whichever was signed in last.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from openprotect.governance import queries
from openprotect.governance.queries import StaffMember
from openprotect.governance.scope import Scope, enter, nobody, signing_in, system
from openprotect.journey.act import queries as act
from openprotect.web.sign_in import sessions

_PERSON = "person_proof"
_PARTNER = "partner_proof"
_SEEN = "person_seen"
_MEMBERSHIP = "membership"
SIGN_IN_PAGES = "/sign-in/"


@dataclass(frozen=True)
class PersonProof:
    """A personal link whose date of birth was given: what the session of a person holds."""

    link: str
    person: str
    check_in: str


@dataclass(frozen=True)
class PartnerProof:
    """A partner's link to one referral, without an account: the reference of the link that was followed."""

    link: str


def scope_of(request: HttpRequest, *, now: datetime) -> Scope:
    """The scope of this request: staff, person, partner or nobody."""
    match _area(request):
        case "public":
            return _person(request, now=now)
        case "staff" | "oversight" | "partner_staff":
            return _staff(request, now=now)
        case "partner":
            return _partner(request, now=now)
        case "sign_in":
            sessions.still_signed_in(request)
            return signing_in(now=now)
        case _:
            return nobody(now=now)


def remember_person(request: HttpRequest, proof: PersonProof) -> None:
    """From here on this browser is the person, until it rests for too long."""
    # A new session id: whoever planted the old one does not come in with the person.
    request.session.cycle_key()
    request.session[_PERSON] = asdict(proof)
    request.session[_SEEN] = time.time()


def person_proof(request: HttpRequest) -> PersonProof | None:
    """What was proven in this session, unless it rested for longer than the setting allows.

    Real seconds, not the service clock: a phone that was put down is put down in real time.
    """
    held = request.session.get(_PERSON)
    if not held or time.time() - request.session[_SEEN] > settings.PERSON_SESSION_SECONDS:
        return None
    if request.method == "POST":
        request.session[_SEEN] = time.time()
    return PersonProof(**held)


def person_before(request: HttpRequest) -> str:
    """Whose page has ended in this browser because it rested: not who is there."""
    held = request.session.get(_PERSON)
    return str(held["person"]) if held else ""


def forget_person(request: HttpRequest) -> None:
    """The phone may be somebody else's: after it, the link and the date are needed again."""
    request.session.pop(_PERSON, None)


def remember_partner(request: HttpRequest, proof: PartnerProof) -> None:
    """From here on this browser has the partner's link."""
    request.session.cycle_key()
    request.session[_PARTNER] = asdict(proof)


def is_stranger(request: HttpRequest, scope: Scope) -> bool:
    """Whether whoever asks is nobody, and was nobody before in this session: not signed in, and let in by no link."""
    session = getattr(request, "session", {})
    return scope.identity == "nobody" and not any(key in session for key in (SESSION_KEY, _PERSON, _PARTNER))


def remember_membership(request: HttpRequest, member: StaffMember) -> None:
    """From here on this browser acts under this membership and no other."""
    request.session[_MEMBERSHIP] = member.scope.membership


def membership_in(request: HttpRequest) -> int | None:
    """The membership that was chosen in this session, if any was."""
    held = request.session.get(_MEMBERSHIP)
    return held if isinstance(held, int) else None


def _area(request: HttpRequest) -> str:
    # Some of them are another library's, and have no area of their own.
    if request.path_info.startswith(SIGN_IN_PAGES):
        return "sign_in"
    try:
        return next(iter(resolve(request.path_info).namespaces), "")
    except Resolver404:
        return ""


def _person(request: HttpRequest, *, now: datetime) -> Scope:
    proof = person_proof(request)
    if proof is None:
        return nobody(now=now)
    return Scope("person", actor=f"link:{proof.link}", now=now, person=UUID(proof.person))


def _partner(request: HttpRequest, *, now: datetime) -> Scope:
    held = request.session.get(_PARTNER)
    if not held:
        return nobody(now=now)
    # The session is worth what the link is: each request asks again whether it opens anything.
    with enter(system("door", now=now)) as door:
        opened = act.link_opens(reference=UUID(str(held["link"])), scope=door) if "link" in held else None
    if opened is None:
        return nobody(now=now)
    return Scope(
        "partner",
        actor=f"referral:{opened.referral}",
        now=now,
        referral=opened.referral,
        organisation=opened.organisation,
    )


def _staff(request: HttpRequest, *, now: datetime) -> Scope:
    if not sessions.still_signed_in(request) or sessions.second_factor_missing(request):
        return nobody(now=now)
    member = queries.staff_member(int(request.user.pk or 0), now=now, membership=membership_in(request))
    return member.scope if member else nobody(now=now)
