"""Legal bases on a real database: stated, refused, changed, warned of, and what stops when one ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from openprotect.governance import actions as governance
from openprotect.governance import basis_errors, clock, errors, queries
from openprotect.governance.facts.bases import Party
from openprotect.governance.facts.law import PURPOSES
from openprotect.governance.models import User
from openprotect.governance.scope import Scope, enter, system
from openprotect.interop.feeds.legal_bases import read_bases
from openprotect.jobs import telling
from openprotect.journey import flow
from openprotect.programmes import actions as programmes
from openprotect.programmes.errors import BasisIsMissing
from openprotect.programmes.loader import load_pack
from tests.factories import published_files
from tests.factories.approvals import approve, extend
from tests.factories.seen import one, rows
from tests.factories.small_service import BEGINS, PACK, open_service, staff
from tests.unit.governance.test_bases_rules import EXAMPLE

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ANNE = {"Traced_NHSNUMBER": "9990000018", "PatientFirstName": "Anne", "DateOfBirth": "19450331"}


@pytest.fixture
def opened(tmp_path: Path) -> int:
    return open_service(tmp_path)


def lead(now: datetime = BEGINS) -> Scope:
    return staff("ig-lead", now)


def state(by: Scope, now: datetime = BEGINS, **said: Any) -> int:
    given = {
        "key": "new",
        "title": "A new basis",
        "purpose": "evaluation",
        "owner_role": "ig_lead",
        "starts_at": now,
        "ends_at": now + 365 * DAY,
    }
    found: int = flow.perform(governance.state_basis, by=by, now=now, **{**given, **said})
    return found


def approved(by: Scope, **said: Any) -> int:
    found = state(by, **said)
    approve(found)
    return found


def basis_of(key: str) -> int:
    found: int = one("SELECT id FROM governance_legalbasis WHERE key = %s", key)
    return found


# --- Stating ---


def test_a_basis_without_an_owner_or_an_end_is_refused(opened: int) -> None:
    by = lead()
    for missing, refusal in (
        ({"owner_role": ""}, basis_errors.BasisHasNoOwner),
        ({"ends_at": None}, basis_errors.BasisHasNoEnd),
        ({"ends_at": None, "is_direct_care": True}, basis_errors.BasisHasNoEnd),
        ({"ends_at": BEGINS}, basis_errors.BasisEndsTooEarly),
        ({"purpose": "curiosity"}, basis_errors.UnknownToTheLaw),
        ({"article_9": "z"}, basis_errors.UnknownToTheLaw),
    ):
        with pytest.raises(refusal):
            state(by, **missing)
    assert rows("SELECT 1 FROM governance_legalbasis WHERE key = 'new'") == []


@pytest.mark.parametrize(("column", "value"), [("owner", ""), ("ends_at", None), ("ends_at", "2020-01-01")])
def test_the_database_refuses_it_too(opened: int, column: str, value: object) -> None:
    basis = state(lead())
    update = {"owner": "UPDATE governance_legalbasis SET owner = %s WHERE id = %s",
              "ends_at": "UPDATE governance_legalbasis SET ends_at = %s WHERE id = %s"}[column]  # fmt: skip
    with (
        pytest.raises(IntegrityError, match="legalbasis_"),
        transaction.atomic(),
        enter(system("test", now=BEGINS)),
        connection.cursor() as cursor,
    ):
        cursor.execute(update, [value, basis])


def test_only_those_who_may_state_approve_and_change(opened: int) -> None:
    basis = state(lead())
    with pytest.raises(errors.NotPermitted):
        state(staff("siro"), key="other")
    with pytest.raises(errors.NotPermitted):
        flow.perform(governance.approve_basis, basis=basis, words="Fine", by=lead(), now=BEGINS)
    with pytest.raises(basis_errors.WhyIsMissing):
        flow.perform(governance.approve_basis, basis=basis, words=" ", by=staff("siro"), now=BEGINS)
    approve(basis)
    with enter(lead()) as scope:
        view = queries.basis(basis, scope=scope)
    assert view is not None
    assert [a.approver for a in view.approvals] == ["siro", "caldicott_guardian"]


def test_a_basis_counts_nowhere_until_two_others_have_approved_it(opened: int, tmp_path: Path) -> None:
    # Given a basis that is to be in force since yesterday, for which there is a grant and an agreement to be made
    basis = state(lead(), starts_at=BEGINS - DAY, purpose="evaluation", sources=["a-list"])
    flow.perform(governance.end_basis, basis=basis_of("planning-and-evaluation"), ends_at=None, words="x",
                 by=lead(BEGINS + DAY), now=BEGINS + DAY)  # fmt: skip
    now = BEGINS + 2 * DAY
    person = uuid4()
    with enter(system("test", now=now)), connection.cursor() as cursor:
        cursor.execute("INSERT INTO governance_accessgrant (person_id, organisation_id, via, basis_id, starts_at)"
                       " VALUES (%s, %s, 'programme', %s, %s)", [person, lead().organisation, basis, BEGINS])  # fmt: skip

    def counts() -> list[object]:
        with enter(lead(now)), connection.cursor() as cursor:
            cursor.execute("SELECT op_sees(%s)", [person])
            return [
                *cursor.fetchone(),
                queries.is_live(basis, now=now),
                queries.live_basis(source="a-list", now=now) == basis,
                "evaluation" in queries.live_purposes(now=now),
                queries.use_under(basis, scope=lead(now)).live(now),
                basis in [each.id for each in queries.bases_to_agree_on(scope=lead(now))],
            ]

    def standing() -> str:
        with enter(lead(now)) as scope:
            return next(view.state for view in queries.basis_register(scope=scope) if view.basis.id == basis)

    # Then nothing sees, sends, gives or runs under it, before and after the first approval
    assert counts() == [False] * 6
    approve(basis, "siro", now=now)
    assert (standing(), counts()) == ("awaiting approval", [False] * 6)
    # And no end that somebody has approved is put off, nor an organisation added
    with pytest.raises(basis_errors.ApprovedAsItIs):
        flow.perform(governance.extend_basis, basis=basis, ends_at=now + 900 * DAY, words="x", by=lead(now), now=now)
    with pytest.raises(basis_errors.PartiesAreApproved, match="To add"):
        flow.perform(governance.add_party, basis=basis, organisation="T02", power="x", capacity="processor",
                     by=lead(now), now=now)  # fmt: skip
    # And with the second it is in force from then on, not from the day that was asked for
    approve(basis, "caldicott-guardian", now=now)
    assert (standing(), counts()) == ("live", [True] * 6)
    assert rows("SELECT starts_at, asked_from FROM governance_legalbasis WHERE id = %s", basis) == [(now, BEGINS - DAY)]
    assert rows("SELECT action FROM governance_auditevent WHERE object_id = %s ORDER BY id DESC LIMIT 2",
                str(basis)) == [("basis in force",), ("basis approved",)]  # fmt: skip


def test_the_two_who_approve_are_two_people_and_neither_is_the_stater(opened: int) -> None:
    # Given somebody who states, and is SIRO as well
    states = replace(staff("siro"), permissions=staff("siro").permissions | {"manage.bases"})
    basis = state(states)
    with pytest.raises(basis_errors.ApprovedByItsStater):
        approve(basis, "siro")
    # And of another basis, a guardian who is made SIRO
    other = state(lead(), key="other")
    approve(other, "caldicott-guardian")
    both = replace(staff("caldicott-guardian"), role="siro")
    with pytest.raises(basis_errors.ApprovedAlready):
        flow.perform(governance.approve_basis, basis=other, words="Again", by=both, now=BEGINS)
    # Then neither is in force, and the database does not let the application say so
    with (
        pytest.raises(IntegrityError, match="two approvals"),
        transaction.atomic(),
        enter(system("test", now=BEGINS)),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE governance_legalbasis SET starts_at = asked_from WHERE id = %s", [other])
    with enter(lead()):
        assert not queries.is_live(basis, now=BEGINS)
        assert not queries.is_live(other, now=BEGINS)


def test_a_file_says_who_approved(opened: int, tmp_path: Path) -> None:
    file = tmp_path / "bases.toml"
    given = EXAMPLE.read_text(encoding="utf-8").split("[[basis.extension]]")[0].replace("copi-general", "from-file")
    approval = '[[basis.approval]]\napprover = "{}"\nby = "{}"\non = 2020-03-20\nwords = "Agreed."\n'
    file.write_text(given + approval.format("siro", "A. Director") + approval.format("siro", "A. Director"))
    with pytest.raises(basis_errors.BasesHaveFaults) as refused:
        read_bases(file)
    assert [fault.expected for fault in refused.value.faults] == ["each by another approver, who is another person"]
    file.write_text(given + approval.format("siro", "A. Director") + approval.format("caldicott_guardian", "B. Doctor"))
    flow.perform(governance.load_bases, bases=read_bases(file), by=system("test", now=BEGINS), now=BEGINS)
    with enter(lead()) as scope:
        view = queries.basis(basis_of("from-file"), scope=scope)
    assert view is not None
    assert (view.state, [each.by for each in view.approvals]) == ("live", ["A. Director", "B. Doctor"])


def test_a_basis_of_the_same_name_is_not_taken_for_the_one_there_is(opened: int) -> None:
    state(lead())
    with pytest.raises(basis_errors.BasisKeyTaken, match="'A new basis'"):
        state(lead(), ends_at=BEGINS + 9 * DAY)
    with pytest.raises(basis_errors.PowerIsMissing):
        state(lead(), key="powerless", parties=[Party(lead().organisation or 0, " ", "controller")])


def test_an_organisation_is_put_under_a_basis_with_its_power(opened: int) -> None:
    client = Client()
    client.force_login(User.objects.get(username="ig-lead"))
    clock.set_clock(BEGINS, running=False)
    address = f"/oversight/bases/{state(lead())}"
    said = {"organisation": "t01", "capacity": "processor", "power": "Care Act 2014, section 6"}
    for wrong, sentence in (
        ({"organisation": "NOPE"}, "There is no organisation with the code NOPE"),
        ({"capacity": "owner"}, "&#39;owner&#39; is not a known capacity"),
        ({"power": " "}, "Enter the statutory power"),
    ):
        refused = client.post(f"{address}/party", {**said, **wrong})
        assert (refused.status_code, sentence in refused.content.decode()) == (422, True)
    assert client.post(f"{address}/party", said).status_code == 302
    shown = client.get(address).content.decode()
    assert one("SELECT name FROM governance_organisation WHERE code = 'T01'") in shown
    assert "Power: Care Act 2014, section 6" in shown
    again = client.post(f"{address}/party", said)
    assert (again.status_code, "stands under" in again.content.decode()) == (422, True)
    guardian = Client()
    guardian.force_login(User.objects.get(username="caldicott-guardian"))
    assert guardian.post(f"{address}/party", {**said, "organisation": "T02"}).status_code == 404


# --- Changing ---


def test_the_end_in_force_at_a_past_moment_stays_answerable(opened: int) -> None:
    end = BEGINS + 100 * DAY
    basis = approved(lead(), ends_at=end)
    later, now = BEGINS + 200 * DAY, BEGINS + 50 * DAY
    extend(basis, later, lead(now))
    with enter(lead(now)):
        assert queries.end_in_force(basis, now - DAY) == end
        assert queries.end_in_force(basis, now) == later
    for change, refusal in (
        ({"ends_at": later}, basis_errors.EndIsNotLater),
        ({"ends_at": later + DAY, "words": ""}, basis_errors.WhyIsMissing),
    ):
        with pytest.raises(refusal):
            flow.perform(governance.extend_basis, **{"basis": basis, "words": "x", **change}, by=lead(now), now=now)
    after = later + DAY
    with pytest.raises(basis_errors.BasisHasEnded):
        flow.perform(
            governance.extend_basis, basis=basis, ends_at=after + DAY, words="Too late", by=lead(after), now=after
        )


def test_a_basis_ends_early_at_once(opened: int) -> None:
    basis = approved(lead())
    now = BEGINS + 5 * DAY
    with pytest.raises(basis_errors.EndIsNotEarlier):
        flow.perform(governance.end_basis, basis=basis, ends_at=now - DAY, words="x", by=lead(now), now=now)
    flow.perform(governance.end_basis, basis=basis, ends_at=None, words="Not needed any more", by=lead(now), now=now)
    with enter(lead(now)):
        assert not queries.is_live(basis, now=now)
        assert queries.is_live(basis, now=now - timedelta(seconds=1))


def test_what_replaces_a_basis_serves_its_purpose_without_a_gap(opened: int) -> None:
    old = approved(lead(), ends_at=BEGINS + 50 * DAY)
    other = approved(lead(), key="other", purpose="direct_care", title="For something else")
    gap = approved(lead(), key="gap", title="After a gap", starts_at=BEGINS + 60 * DAY)
    waits = state(lead(), key="waits", title="Not approved", starts_at=BEGINS + 40 * DAY)
    fits = approved(lead(), key="fits", title="In time", starts_at=BEGINS + 40 * DAY)
    for wrong in (other, gap, waits, old, 0):
        with pytest.raises(basis_errors.ReplacementDoesNotFit):
            flow.perform(governance.replace_basis, basis=old, replaced_by=wrong, words="Next", by=lead(), now=BEGINS)
    flow.perform(governance.replace_basis, basis=old, replaced_by=fits, words="Next", by=lead(), now=BEGINS)
    after = BEGINS + 51 * DAY
    with enter(lead(after)):
        assert queries.successor(old, now=after) == fits


def test_archive_on_hold_is_a_hold_that_beats_deletion(opened: int) -> None:
    basis, by = state(lead()), lead()
    with enter(by):
        assert not queries.on_hold(basis=basis, now=BEGINS)
    flow.perform(
        governance.decide_end, basis=basis, choice="archive_on_hold", words="The inquiry asks", by=by, now=BEGINS
    )
    hold = one("SELECT id FROM governance_legalhold")
    with enter(by):
        assert queries.on_hold(basis=basis, now=BEGINS)
        assert not queries.on_hold(programme="covid-protect", now=BEGINS)
    later = BEGINS + DAY
    flow.perform(governance.lift_hold, hold=hold, words="Over", by=lead(later), now=later)
    everything = flow.perform(governance.place_hold, name="Inquiry", reason="Asked to keep", by=lead(later), now=later)
    assert everything
    with enter(lead(later)):
        assert queries.on_hold(programme="covid-protect", now=later)


def test_warnings_are_given_once_each_to_the_owners_and_stand_until_decided(opened: int) -> None:
    end = BEGINS + 120 * DAY
    basis = approved(lead(), ends_at=end)
    for day in range(121):
        now = BEGINS + day * DAY
        flow.perform(governance.warn_of_ends, by=system("worker", now=now), now=now)
    assert flow.perform(governance.warn_of_ends, by=system("worker", now=now), now=now) == 0
    given = rows(
        "SELECT days, ends_at - at, user_id FROM governance_basiswarning WHERE basis_id = %s ORDER BY id", basis
    )
    assert [(days, left.days) for days, left, _ in given] == [(90, 90), (56, 56), (30, 30), (7, 7)]
    assert {user for *_, user in given} == {int(lead().actor)}
    now = end - 6 * DAY
    with enter(lead(now)) as scope:
        assert queries.notices(int(scope.actor), scope=scope)[0].basis == basis
    flow.perform(governance.decide_end, basis=basis, choice="stop_and_delete", words="Done", by=lead(now), now=now)
    with enter(lead(now)) as scope:
        assert basis not in {notice.basis for notice in queries.notices(int(scope.actor), scope=scope)}


def test_a_warning_is_written_about_once(opened: int) -> None:
    approved(lead(), ends_at=BEGINS + 30 * DAY)
    by = system("worker", now=BEGINS)
    flow.perform(governance.warn_of_ends, by=by, now=BEGINS)
    assert telling.warn_owners(now=BEGINS) == 1
    assert telling.warn_owners(now=BEGINS + DAY) == 0
    ((to, subject, body),) = rows('SELECT "to", subject, body FROM outbox_message')
    assert to == one("SELECT email FROM governance_organisation WHERE id = %s", lead().organisation)
    assert "ends on" in subject
    assert "extend it, replace" in body


# --- Files ---


def test_the_notices_are_loaded_with_the_ends_that_are_known(opened: int) -> None:
    notices = read_bases(EXAMPLE)

    def load(now: datetime) -> int:
        new: int = flow.perform(governance.load_bases, bases=notices, by=system("test", now=now), now=now)
        return new

    assert load(BEGINS) == 3  # the demo has stated the general one
    assert str(one("SELECT ends_at::date FROM governance_legalbasis WHERE key = 'copi-biobank'")) == "2020-09-30"
    later = datetime(2022, 3, 1, tzinfo=UTC)
    assert load(later) == 0
    ends = {end for (end,) in rows("SELECT ends_at FROM governance_legalbasis WHERE key LIKE 'copi-%%'")}
    assert ends == {datetime(2022, 6, 30, 23, tzinfo=UTC)}
    with enter(system("test", now=later)):
        known = queries.end_in_force(basis_of("copi-general"), datetime(2020, 9, 1, tzinfo=UTC))
    assert known == datetime(2021, 3, 31, 23, tzinfo=UTC)


def test_a_file_that_names_nobody_here_changes_nothing(opened: int) -> None:
    notices = [replace(each, said={**each.said, "owner_role": "nobody"}) for each in read_bases(EXAMPLE)]
    by = system("test", now=BEGINS)
    with pytest.raises(basis_errors.BasesHaveFaults, match="4 fault"):
        flow.perform(governance.load_bases, bases=notices, by=by, now=BEGINS)


# --- What rests on it ---


def test_a_list_is_received_under_the_basis_that_covers_its_source(opened: int, tmp_path: Path) -> None:
    published_files.receive(published_files.shielded_list(tmp_path / "list.csv", ANNE), now=BEGINS)
    basis = basis_of("copi-general")
    assert rows("SELECT basis_id FROM governance_auditevent WHERE action = 'list received'") == [(basis,)]
    now = BEGINS + DAY
    flow.perform(governance.end_basis, basis=basis, ends_at=None, words="Over", by=lead(now), now=now)
    with pytest.raises(basis_errors.NoLiveBasis, match="shielded-patient-list"):
        published_files.receive(published_files.shielded_list(tmp_path / "next.csv", ANNE, version="SPL-0002"), now=now)


@pytest.mark.parametrize("purpose", ["direct_care", "communicable_disease", "risk_stratification"])
def test_a_programme_whose_basis_is_missing_is_not_switched_on(opened: int, purpose: str) -> None:
    now = BEGINS + DAY
    with enter(lead(now)):
        basis = queries.require_basis(purpose=purpose, now=now)
    by = system("test", now=now)
    pack = load_pack(PACK)
    again = flow.perform(programmes.publish_pack, pack=pack, by=by, now=now)
    flow.perform(programmes.switch_on, version=again, by=by, now=now)
    flow.perform(governance.end_basis, basis=basis, ends_at=now, words="Ended", by=lead(now), now=now)
    with pytest.raises(BasisIsMissing, match=PURPOSES[purpose]):
        flow.perform(programmes.switch_on, version=again, by=by, now=now)
