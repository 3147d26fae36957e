"""Who works where, as what, until when: one membership at a time, and none of it is overwritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection
from django.db.utils import ProgrammingError
from django.test import Client

from openprotect.governance import actions as governance
from openprotect.governance import clock, queries
from openprotect.governance.errors import (
    AlreadyEnded,
    EndMissing,
    GrantsToThemselves,
    NoSuchPermission,
    NotPermitted,
    NotVouchedFor,
    OutsideYourOrganisation,
    ProvenOutsideThePages,
    SupervisesThemselves,
    UsernameBelongsToAnother,
)
from openprotect.governance.facts.staff import Vouched, Vouchers
from openprotect.governance.models import Credential, User
from openprotect.governance.permissions import PERMISSIONS
from openprotect.governance.scope import Scope, enter, signing_in, system
from openprotect.journey import flow
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, FIRST, SECOND, answer, small_service, staff

pytestmark = pytest.mark.usefixtures("db")
LATER = BEGINS + timedelta(days=21)


@pytest.fixture
def people(tmp_path: Path) -> Any:
    return small_service(tmp_path, ADA, BASHIR)


def organisation(code: str) -> int:
    return int(one("SELECT id FROM governance_organisation WHERE code = %s", code))


def appointed(username: str, code: str, role: str, *, by: Scope | None = None, **terms: Any) -> int:
    given = {"name": username.title(), "team": None, "ends_at": None, **terms}
    by = by or system("test", now=BEGINS)
    at = organisation(code)
    user: int = flow.perform(
        governance.appoint, username=username, organisation=at, role=role, by=by, now=BEGINS, **given
    )
    return user


def vouched(code: str) -> Vouchers:
    seen = Vouched("Dr Vouching", organisation(code), date(2020, 4, 1))
    return Vouchers(seen, seen, seen)


def signed_in(user: int) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=user))
    return client


# --- One membership at a time ---


def redeployed() -> int:
    """Reviewer in the one practice, and for three weeks a call handler of the board."""
    user = appointed("both", FIRST, "reviewer", title="Clinical lead, North")
    appointed("both", "T01", "call_handler", ends_at=LATER, vouchers=vouched(FIRST))
    return user


def test_what_one_may_see_is_never_joined_with_whom_the_other_may_see(people: Any) -> None:
    answer(people["bashir"])
    user = redeployed()
    # Nobody said which: no scope at all
    assert queries.staff_member(user, now=BEGINS) is None
    reviewer, handler = (each.scope for each in queries.memberships_of(user, now=BEGINS))
    assert (reviewer.organisations, handler.organisations) == ((organisation(FIRST),), (organisation("T01"),))
    # The reviewer reads answers, of their practice's patients alone; the handler sees everybody, and no answers
    assert answers_seen(reviewer) == []
    assert answers_seen(handler) == []
    # While whoever reviews at Bashir's practice does see them
    assert answers_seen(staff(f"reviewer-{SECOND.lower()}")) == [(people["bashir"].person,)]
    # And both at once, as it was before, would have shown them
    both = replace(
        reviewer,
        organisations=(*reviewer.organisations, *handler.organisations),
        permissions=reviewer.permissions | handler.permissions,
    )
    assert answers_seen(both) == [(people["bashir"].person,)]


def answers_seen(scope: Scope) -> list[Any]:
    with enter(scope), connection.cursor() as cursor:
        cursor.execute("SELECT person_id FROM check_in_answerset")
        return cursor.fetchall()


def test_they_choose_as_what_they_work_and_may_change_it(people: Any) -> None:
    client = signed_in(redeployed())
    asked = client.get("/staff/calls")
    assert (asked.status_code, asked["Location"]) == (302, "/sign-in/work-as?next=%2Fstaff%2Fcalls")
    choose = client.get(asked["Location"])
    assert choose.content.decode().count('type="radio"') == 2
    assert client.post("/sign-in/work-as", {}).status_code == 422
    ids = [row[0] for row in rows("SELECT m.id FROM governance_membership m ORDER BY m.id DESC LIMIT 2")]
    chosen = client.post("/sign-in/work-as", {"membership": str(ids[0]), "next": "/staff/calls"})
    assert chosen["Location"] == "/staff/calls"
    # A call handler rings people and opens no worklist
    assert client.get("/staff/calls").status_code == 200
    assert client.get("/staff/worklist").status_code == 404
    # As the clinical lead it is the other way round, and the title stands in the header
    client.post("/sign-in/work-as", {"membership": str(ids[1])})
    assert "Both, Clinical lead, North" in client.get("/staff/worklist").content.decode()
    assert client.get("/staff/calls").status_code == 404
    written = "SELECT membership_id FROM governance_auditevent WHERE action = 'works as' ORDER BY id"
    assert rows(written) == [(ids[0],), (ids[1],)]


def test_nobody_works_under_anothers_membership(people: Any) -> None:
    user = redeployed()
    other = staff("surveillance").membership
    assert queries.staff_member(user, now=BEGINS, membership=other) is None
    client = signed_in(user)
    assert client.post("/sign-in/work-as", {"membership": str(other)}).status_code == 422
    assert client.post("/sign-in/work-as", {"membership": "1", "next": "https://elsewhere.example/"}).status_code == 422


def test_an_address_elsewhere_leads_home(people: Any) -> None:
    client = signed_in(redeployed())
    mine = one("SELECT max(id) FROM governance_membership")
    chosen = client.post("/sign-in/work-as", {"membership": str(mine), "next": "//elsewhere.example/"})
    assert chosen["Location"] == "/staff/calls"


def test_what_ends_by_itself_is_over_at_that_moment(people: Any) -> None:
    user = redeployed()
    client = signed_in(user)
    mine = one("SELECT max(id) FROM governance_membership")
    client.post("/sign-in/work-as", {"membership": str(mine)})
    clock.set_clock(LATER - timedelta(seconds=1), running=False)
    assert client.get("/staff/calls").status_code == 200
    clock.set_clock(LATER, running=False)
    assert client.get("/staff/calls").status_code == 302  # to choose what is left


# --- On which terms ---


def test_somebody_from_elsewhere_has_an_end_and_is_vouched_for(people: Any) -> None:
    appointed("guest", FIRST, "reviewer")
    with pytest.raises(EndMissing):
        appointed("guest", "T01", "call_handler", vouchers=vouched(FIRST))
    with pytest.raises(NotVouchedFor, match="who they are, their training and the DBS check"):
        appointed("guest", "T01", "call_handler", ends_at=LATER)
    with pytest.raises(NotVouchedFor, match="for the DBS check:"):
        appointed("guest", "T01", "call_handler", ends_at=LATER, vouchers=replace(vouched(FIRST), dbs=None))
    appointed("guest", "T01", "call_handler", ends_at=LATER, vouchers=vouched(FIRST))
    assert one("SELECT dbs_by FROM governance_membership WHERE dbs_by <> ''") == "Dr Vouching"


@pytest.mark.parametrize(
    ("employer", "fault"),
    [("(SELECT home_id FROM governance_user WHERE id = %(user)s)", "vouched"), ("%(board)s", "home organisation")],
)
def test_the_database_refuses_the_same(people: Any, employer: str, fault: str) -> None:
    values = {"user": appointed("guest", FIRST, "reviewer"), "board": organisation("T01"), "now": BEGINS}
    insert = (
        "INSERT INTO governance_membership (user_id, organisation_id, role_id, title, employer_id, identity_by,"
        " training_by, dbs_by, starts_at) VALUES (%(user)s, %(board)s, 'reviewer', '', EMPLOYER, '', '', '', %(now)s)"
    )
    with pytest.raises(IntegrityError, match=fault), enter(system("test", now=BEGINS)):
        connection.cursor().execute(insert.replace("EMPLOYER", employer), values)


@pytest.mark.parametrize(
    "change", ["role_id = 'surveillance'", "title = 'Director'", "starts_at = starts_at - interval '1 day'"]
)
def test_what_was_true_is_not_written_over(people: Any, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), enter(system("test", now=BEGINS)):
        connection.cursor().execute(f"UPDATE governance_membership SET {change}")


def test_a_membership_is_not_made_longer_behind_our_back(people: Any) -> None:
    with pytest.raises(IntegrityError, match="begin another"), enter(system("test", now=BEGINS)):
        connection.cursor().execute("UPDATE governance_membership SET ends_at = NULL")


def test_a_change_ends_the_one_and_begins_another(people: Any) -> None:
    user = appointed("nurse", FIRST, "reviewer")
    old = one("SELECT id FROM governance_membership WHERE user_id = %s", user)
    by = system("test", now=BEGINS)
    terms: dict[str, Any] = {"team": None, "title": "Lead", "ends_at": None, "supervisor": None}
    flow.perform(governance.change_membership, membership=old, role="locality_lead", by=by, now=LATER, **terms)
    found = rows(
        "SELECT role_id, title, starts_at, ends_at FROM governance_membership WHERE user_id = %s ORDER BY id", user
    )
    assert found == [("reviewer", "", BEGINS, LATER), ("locality_lead", "Lead", LATER, None)]
    member = queries.staff_member(user, now=LATER)
    assert member is not None
    assert member.scope.role == "locality_lead"
    with pytest.raises(AlreadyEnded):
        flow.perform(governance.end_membership, membership=old, by=by, now=LATER)


def test_nobody_supervises_themselves(people: Any) -> None:
    user = appointed("nurse", FIRST, "reviewer")
    with pytest.raises(SupervisesThemselves):
        appointed("nurse", "T01", "call_handler", ends_at=LATER, vouchers=vouched(FIRST), supervisor=user)


def test_a_username_stays_one_persons(people: Any) -> None:
    appointed("nurse", FIRST, "reviewer")
    with pytest.raises(UsernameBelongsToAnother, match="Nurse"):
        appointed("nurse", FIRST, "reviewer", name="Somebody Else")


# --- Who may say so ---


def administrator_of(code: str) -> Scope:
    username = f"admin-{code.lower()}"
    user = appointed(username, code, "access_administrator")
    member = queries.staff_member(user, now=BEGINS)
    assert member is not None
    return member.scope


def test_an_administrator_appoints_in_their_organisation_and_those_below(people: Any) -> None:
    board, north = administrator_of("T01"), administrator_of("T04")
    appointed("a", FIRST, "reviewer", by=board)
    appointed("b", FIRST, "reviewer", by=north)
    for code in (SECOND, "T01", "T02"):  # beside, above, elsewhere
        with pytest.raises(OutsideYourOrganisation):
            appointed("c", code, "reviewer", by=north)
    theirs = staff("practice-reviewer").membership
    south = administrator_of("T05")
    with pytest.raises(OutsideYourOrganisation):
        flow.perform(governance.end_membership, membership=theirs, by=south, now=BEGINS)
    with pytest.raises(NotPermitted):
        appointed("d", FIRST, "reviewer", by=staff("practice-reviewer"))


def test_nobody_gives_themselves_anything(people: Any) -> None:
    admin = administrator_of("T01")
    with pytest.raises(GrantsToThemselves):
        appointed("admin-t01", "T01", "ig_lead", by=admin)
    terms: dict[str, Any] = {"team": None, "title": "", "ends_at": None, "supervisor": None}
    with pytest.raises(GrantsToThemselves):
        flow.perform(
            governance.change_membership, membership=admin.membership, role="siro", by=admin, now=BEGINS, **terms
        )
    more: dict[str, Any] = {"name": "access_administrator", "label": "Access administrator"}
    with pytest.raises(GrantsToThemselves):
        flow.perform(
            governance.define_role, permissions=[*admin.permissions, "see.answers"], by=admin, now=BEGINS, **more
        )
    flow.perform(governance.define_role, permissions=["manage.roles"], by=admin, now=BEGINS, **more)


def test_a_role_holds_permissions_that_there_are(people: Any) -> None:
    by = system("test", now=BEGINS)
    with pytest.raises(NoSuchPermission, match=r"see\.everything"):
        flow.perform(
            governance.define_role, name="x", label="X", permissions=["see.everything", "see.audit"], by=by, now=BEGINS
        )


def test_nobody_says_how_those_are_proven_who_see_beyond_one_organisation(people: Any) -> None:
    admin = administrator_of("T01")
    guardian = appointed("guardian", "T01", "caldicott_guardian")
    handler = appointed("handler", "T01", "call_handler")
    given: dict[str, Any] = {"now": BEGINS, "real_now": BEGINS}
    with pytest.raises(ProvenOutsideThePages):
        flow.perform(governance.hand_over_setup, user=guardian, by=admin, **given)
    with pytest.raises(ProvenOutsideThePages):
        flow.perform(governance.enter_email, user=guardian, email="me@example.org", by=admin, now=BEGINS)
    with pytest.raises(ProvenOutsideThePages):
        flow.perform(governance.link_account, user=guardian, provider="cis2", subject="me", by=admin, now=BEGINS)
    assert flow.perform(governance.hand_over_setup, user=handler, by=admin, **given)
    assert flow.perform(governance.hand_over_setup, user=guardian, by=system("command line", now=BEGINS), **given)


@pytest.mark.parametrize("by_a_change", [False, True])
def test_a_role_that_reaches_further_is_proven_anew(people: Any, by_a_change: bool) -> None:
    admin = administrator_of("T01")
    user = appointed("puppet", "T01", "call_handler", by=admin)
    given: dict[str, Any] = {"by": admin, "now": BEGINS}
    flow.perform(governance.enter_email, user=user, email="mine@example.org", **given)
    flow.perform(governance.link_account, user=user, provider="cis2", subject="mine", **given)
    token = flow.perform(governance.hand_over_setup, user=user, real_now=BEGINS, **given)
    password: dict[str, Any] = {"token": token, "password": "known to the administrator"}
    flow.perform(governance.set_password, **password, by=signing_in(now=BEGINS), now=BEGINS, real_now=BEGINS)
    if by_a_change:
        membership = int(one("SELECT id FROM governance_membership WHERE user_id = %s", user))
        terms: dict[str, Any] = {"team": None, "title": "", "ends_at": None, "supervisor": None}
        flow.perform(governance.change_membership, membership=membership, role="ig_lead", **terms, **given)
    else:
        appointed("puppet", "T01", "ig_lead", by=admin)
    with enter(signing_in(now=BEGINS)):
        assert not User.objects.get(pk=user).has_usable_password()
        assert not Authenticator.objects.filter(user_id=user).exists()
        assert not SocialAccount.objects.filter(user_id=user).exists()
        assert not Credential.objects.filter(user_id=user).exclude(email=None, setup_hash=None).exists()
    again = appointed("puppet", "T01", "siro", by=admin)
    flow.perform(
        governance.enter_email, user=again, email="theirs@example.org", by=system("test", now=BEGINS), now=BEGINS
    )
    appointed("puppet", "T01", "caldicott_guardian", by=admin)  # proven outside the pages already
    with enter(signing_in(now=BEGINS)):
        assert Credential.objects.filter(user_id=user, email="theirs@example.org").exists()


# --- The pages of an administrator ---


def administrator() -> Client:
    return signed_in(int(one("SELECT id FROM governance_user WHERE username = 'access-administrator'")))


def test_an_administrator_appoints_and_ends_by_page(people: Any) -> None:
    client = administrator()
    assert "Dr Priya Nair" in client.get("/oversight/people-who-work").content.decode()
    form = {"username": "new.nurse", "name": "New Nurse", "role": "reviewer", "title": "Lead, West"}
    at = str(organisation(FIRST))
    assert client.post("/oversight/people-who-work/appoint", {**form, "role": ""}).status_code == 422
    done = client.post("/oversight/people-who-work/appoint", {**form, "organisation": at, "email": "N@example.org"})
    assert done["Location"] == "/oversight/people-who-work"
    shown = client.get(done["Location"]).content.decode()
    assert "Lead, West (Clinical reviewer)" in shown
    made = one("SELECT max(id) FROM governance_membership")
    link = client.post(f"/oversight/people-who-work/{made}/invite").content.decode()
    assert "/sign-in/begin/" in link
    assert client.post(f"/oversight/people-who-work/{made}/sign-out").status_code == 302
    clock.set_clock(BEGINS + timedelta(minutes=1), running=False)
    assert client.post(f"/oversight/people-who-work/{made}/end").status_code == 302
    assert client.post(f"/oversight/people-who-work/{made}/end").status_code == 409
    assert "New Nurse" in client.get("/oversight/people-who-work?ended=yes").content.decode()


def test_the_form_refuses_somebody_from_elsewhere_without_end_and_vouchers(people: Any) -> None:
    client = administrator()
    form = {"username": "guest", "name": "Guest", "role": "reviewer", "organisation": str(organisation(FIRST))}
    guest = {**form, "home": "T02", "name": "Guest"}
    without = client.post("/oversight/people-who-work/appoint", guest)
    assert (without.status_code, "enter the day on which it ends" in without.content.decode()) == (422, True)
    end = {"until-day": "28", "until-month": "4", "until-year": "2020"}
    unvouched = client.post("/oversight/people-who-work/appoint", {**guest, **end}).content.decode()
    assert "Nobody vouches for who they are, their training and the DBS check" in unvouched
    assert 'value="Guest"' in unvouched  # what was typed stays
    seen = {}
    for kind in ("identity", "training", "dbs"):
        seen |= {f"{kind}_by": "Dr Vouching", f"{kind}_of": "t01"}
        seen |= {f"{kind}_on-day": "1", f"{kind}_on-month": "4", f"{kind}_on-year": "2020"}
    for wrong, said in (
        ({"dbs_of": "NOPE"}, "There is no organisation with the code NOPE"),
        ({"dbs_on-year": "9" * 30}, "Enter a day that there is"),
        ({"supervisor": "9" * 30}, "Select somebody from the list"),
        ({"organisation": str(organisation("T01") + 10**6)}, "Select where they work"),
    ):
        refused = client.post("/oversight/people-who-work/appoint", {**guest, **end, **seen, **wrong})
        assert (refused.status_code, said in refused.content.decode()) == (422, True)
    # Whoever vouches may work anywhere, most often where the guest is employed
    assert client.post("/oversight/people-who-work/appoint", {**guest, **end, **seen}).status_code == 302
    assert "Employed by Test County Council" in client.get("/oversight/people-who-work").content.decode()


def test_roles_are_shown_by_permission(people: Any) -> None:
    shown = administrator().get("/oversight/roles").content.decode()
    assert shown.count('scope="row"') == len(PERMISSIONS)
    assert "Clinical reviewer" in shown


def test_nobody_else_manages_who_works(people: Any) -> None:
    client = signed_in(int(one("SELECT id FROM governance_user WHERE username = 'practice-reviewer'")))
    for path in ("/oversight/people-who-work", "/oversight/people-who-work/appoint", "/oversight/roles"):
        assert client.get(path).status_code == 404
    north = appointed("admin-north", "T04", "access_administrator")
    beside = one(
        "SELECT id FROM governance_membership WHERE organisation_id = %s ORDER BY id LIMIT 1", organisation(SECOND)
    )
    assert signed_in(north).post(f"/oversight/people-who-work/{beside}/end").status_code == 404
