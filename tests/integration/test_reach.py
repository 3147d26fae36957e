"""What an administrator gives or changes ends where their organisation does, and so does what others try."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from openprotect.governance import actions as governance
from openprotect.governance import queries
from openprotect.governance.errors import (
    GrantsToThemselves,
    NoSuchTeam,
    NotThere,
    OutsideYourOrganisation,
    ReachesEverywhere,
)
from openprotect.governance.facts.bases import Party
from openprotect.governance.models import Credential, Membership, Role, User
from openprotect.governance.scope import Scope, enter, signing_in, system
from openprotect.journey import flow
from tests.factories.accounts import appointed
from tests.factories.agreed import agreed
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, FIRST, SECOND, small_service, staff

pytestmark = pytest.mark.usefixtures("db")
DAY = timedelta(days=1)
OTHER_BOARD = (
    {"code": "U01", "name": "Other Board", "kind": "icb"},
    {"code": "U02", "name": "Other Surgery", "kind": "practice", "parent": "U01"},
    {"code": "U03", "name": "Nobody's Surgery", "kind": "practice"},
)


@pytest.fixture
def admin(tmp_path: Path) -> Scope:
    """The access administrator of one board; another board has a practice in which somebody works."""
    small_service(tmp_path, ADA)
    by = system("test", now=BEGINS)
    flow.perform(governance.register_organisations, rows=OTHER_BOARD, by=by, now=BEGINS)
    appointed("other-reviewer", "U02", "reviewer")
    return staff("access-administrator")


def organisation(code: str) -> int:
    return int(one("SELECT id FROM governance_organisation WHERE code = %s", code))


def given(code: str, role: str, by: Scope, team: int | None = None) -> Any:
    terms: dict[str, Any] = {"username": f"new-{code.lower()}-{role}", "name": "New", "ends_at": None, "team": team}
    return flow.perform(governance.appoint, organisation=organisation(code), role=role, by=by, now=BEGINS, **terms)


def test_a_role_that_reaches_everywhere_is_given_at_a_board_alone(admin: Scope) -> None:
    for role in ("ig_lead", "caldicott_guardian", "siro", "access_administrator"):
        with pytest.raises(ReachesEverywhere):
            given(FIRST, role, admin)
    given("T01", "ig_lead", admin)
    given(FIRST, "practice_manager", admin)
    theirs = staff("practice-reviewer").membership
    terms: dict[str, Any] = {"team": None, "title": "", "ends_at": None, "supervisor": None}
    with pytest.raises(ReachesEverywhere):
        flow.perform(governance.change_membership, membership=theirs, role="ig_lead", by=admin, now=BEGINS, **terms)


def test_a_role_that_is_widened_is_proven_anew_by_whoever_holds_it(admin: Scope) -> None:
    # Given two who hold a role at the board that reaches no further, one of them beside a role that does
    widens = replace(admin, permissions=admin.permissions | {"manage.roles"})
    role: dict[str, Any] = {"name": "clerk", "label": "Clerk"}
    flow.perform(governance.define_role, **role, permissions=["see.needs"], by=widens, now=BEGINS)
    one_, other = appointed("one", "T01", "clerk"), appointed("other", "T01", "clerk")
    appointed("other", "T01", "siro")
    for user in (one_, other):
        flow.perform(
            governance.enter_email, user=user, email=f"{user}@test.example", by=system("test", now=BEGINS), now=BEGINS
        )
    # When it is given more that ends at the board, nobody proves anything
    flow.perform(governance.define_role, **role, permissions=["see.needs", "see.person"], by=widens, now=BEGINS)
    assert proven(one_, other) == {one_, other}
    # And when it reaches beyond, whoever was set up as somebody who does not is proven no more
    flow.perform(governance.define_role, **role, permissions=["see.needs", "see.audit"], by=widens, now=BEGINS)
    assert proven(one_, other) == {other}
    assert rows("SELECT object_id FROM governance_auditevent WHERE action = 'proofs forgotten'") == [(str(one_),)]


def test_a_role_is_not_widened_while_it_is_held_where_it_may_not_be_given(admin: Scope) -> None:
    widens = replace(admin, permissions=admin.permissions | {"manage.roles"})
    role = Role.objects.get(name="reviewer")  # in another board's practice
    more = [*role.permissions, "see.audit"]
    with pytest.raises(ReachesEverywhere):
        flow.perform(governance.define_role, name="reviewer", label="Reviewer", permissions=more, by=widens, now=BEGINS)
    assert Role.objects.get(name="reviewer").permissions == role.permissions


def test_nobody_is_transferred_with_a_role_that_reaches_further_than_where_they_go(admin: Scope) -> None:
    moved = appointed("moved", "T01", "ig_lead")
    with pytest.raises(ReachesEverywhere):
        flow.perform(governance.transfer, user=moved, organisation=organisation(FIRST), by=admin, now=BEGINS)
    assert Membership.objects.get(user=moved, ends_at=None).organisation_id == organisation("T01")
    handler = appointed("handler", "T01", "call_handler")
    flow.perform(governance.transfer, user=handler, organisation=organisation("T04"), by=admin, now=BEGINS + DAY)
    assert Membership.objects.get(user=handler, ends_at=None).organisation_id == organisation("T04")


def proven(*users: int) -> set[int]:
    with enter(system("test", now=BEGINS)):
        return set(Credential.objects.filter(user__in=users).exclude(email=None).values_list("user_id", flat=True))


def test_nobody_is_put_into_another_organisations_team(admin: Scope) -> None:
    make: dict[str, Any] = {"by": system("test", now=BEGINS), "now": BEGINS}
    own, others = (
        flow.perform(governance.form_team, organisation=organisation(code), duty="reach", name="Reach", **make)
        for code in (FIRST, SECOND)
    )
    with pytest.raises(NoSuchTeam):
        given(FIRST, "reviewer", admin, team=others)
    given(FIRST, "reviewer", admin, team=own)


def test_nobody_adds_to_a_role_that_they_hold_under_another_membership(admin: Scope) -> None:
    appointed("access-administrator", "T01", "call_handler", name="Lee Turner")
    by = queries.staff_member(int(admin.actor), now=BEGINS, membership=admin.membership)
    assert by is not None
    with enter(by.scope), pytest.raises(GrantsToThemselves):
        governance.define_role(
            name="call_handler", label="Call handler", permissions=["see.audit"], by=by.scope, now=BEGINS
        )


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("merge_organisations", {"codes": ["U02"], "into": "T01", "name": "", "starts_on": BEGINS.date()}),
        ("merge_organisations", {"codes": ["U01"], "into": "T01", "name": "", "starts_on": BEGINS.date()}),
        ("merge_organisations", {"codes": [FIRST], "into": "U01", "name": "", "starts_on": BEGINS.date()}),
        ("relate", {"organisation": "U02", "kind": "located_in", "to": "T04", "starts_on": BEGINS.date(), "ends_on": None}),
        ("relate", {"organisation": "U01", "kind": "part_of", "to": "T01", "starts_on": BEGINS.date(), "ends_on": None}),
        ("close_organisation", {"organisation": "U02", "last_day": BEGINS.date()}),
    ],
)  # fmt: skip
def test_what_another_board_answers_for_is_not_taken_over(admin: Scope, action: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(OutsideYourOrganisation):
        flow.perform(getattr(governance, action), by=admin, now=BEGINS, **arguments)


def test_the_teams_and_relations_of_another_board_stay_as_they_are(admin: Scope) -> None:
    make: dict[str, Any] = {"by": system("test", now=BEGINS), "now": BEGINS}
    at = organisation("U02")
    team = flow.perform(governance.form_team, organisation=at, duty="reach", name="Reach", **make)
    relation = one("SELECT id FROM governance_organisationrelation WHERE organisation_id = %s", at)
    tries: tuple[tuple[str, dict[str, Any]], ...] = (
        ("form_team", {"organisation": at, "duty": "more", "name": "More"}),
        ("close_team", {"team": team}),
        ("set_hours", {"team": team, "hours": [], "open_on_bank_holidays": True}),
        ("end_relation", {"relation": relation, "ends_on": BEGINS.date() + timedelta(days=1)}),
    )
    for action, arguments in tries:
        with pytest.raises(OutsideYourOrganisation):
            flow.perform(getattr(governance, action), by=admin, now=BEGINS, **arguments)


def test_agreements_bases_and_stops_of_others_alone_are_not_decided(admin: Scope) -> None:
    for role in ("ig_lead", "caldicott_guardian"):
        appointed(f"other-{role}", "U01", role)
    agreement = agreed(giver=organisation("T01"))
    theirs = staff("other-ig_lead")
    for action, arguments in (
        ("end_agreement", {"agreement": agreement, "why": "x"}),
        ("end_basis", {"basis": our_basis(), "ends_at": None, "words": "It ends."}),
    ):
        with pytest.raises(OutsideYourOrganisation):
            flow.perform(getattr(governance, action), by=theirs, now=BEGINS, **arguments)
    asked = flow.perform(
        governance.ask_access_stop, organisation=organisation("T02"), person=None, reason="Stop",
        by=staff("practice-manager"), now=BEGINS,
    )  # fmt: skip
    guardian = staff("other-caldicott_guardian")
    with enter(guardian):
        assert queries.access_stop_requests(scope=guardian) == []
        assert queries.access_stop_request(asked, scope=guardian) is None
    decision: dict[str, Any] = {"request": asked, "verdict": "refused", "words": "No."}
    # It is to them as if it were not there, and the page answers as for one that is not
    with pytest.raises(NotThere):
        flow.perform(governance.decide_access_stop, by=guardian, now=BEGINS, **decision)
    with pytest.raises(NotThere):
        flow.perform(governance.lift_access_stop, request=asked, words="x", by=guardian, now=BEGINS)
    client = Client()
    client.force_login(User.objects.get(username="other-caldicott_guardian"))
    for last, said in (("decide", {"verdict": "refused", "words": "No."}), ("lift", {"why": "x"})):
        answers = [client.post(f"/oversight/access-stops/{each}/{last}", said) for each in (asked, 987_654)]
        assert {(each.status_code, each.content) for each in answers} == {(404, answers[0].content)}
    flow.perform(governance.decide_access_stop, by=staff("caldicott-guardian"), now=BEGINS, **decision)
    flow.perform(governance.end_agreement, agreement=agreement, why="Done", by=staff("ig-lead"), now=BEGINS)


def our_basis() -> int:
    """A basis to which only the one board is a party."""
    stated: dict[str, Any] = {
        "key": "ours", "title": "Ours", "purpose": "evaluation", "owner": "IG lead",
        "starts_at": BEGINS, "ends_at": BEGINS + timedelta(days=90),
        "parties": [Party(organisation("T01"), "NHS Act 2006", "controller")],
    }  # fmt: skip
    made: int = flow.perform(governance.state_basis, by=system("test", now=BEGINS), now=BEGINS, **stated)
    return made


def test_what_nobody_answers_for_is_taken_on(admin: Scope) -> None:
    joins: dict[str, Any] = {"kind": "part_of", "to": "T01", "starts_on": BEGINS.date(), "ends_on": None}
    flow.perform(governance.relate, organisation="U03", by=admin, now=BEGINS, **joins)
    given("U03", "reviewer", admin)


def test_tries_under_made_up_names_do_not_push_out_the_count_of_an_account() -> None:
    with enter(signing_in(now=BEGINS)):
        cache.set("a-count", [1, 2, 3, 4, 5], 900)
        for each in range(310):
            cache.set(f"b-made-up-{each}", [1], 900)
        assert cache.get("a-count") == [1, 2, 3, 4, 5]
