"""What is decided on the page of a basis about its end comes true: who is erased when, and who is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import chain, clock
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs import retention, sweeper, trail
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.people.facts import ContactPointGiven
from openprotect.people.models import ListPlace, ListVersion
from tests.factories.accounts import signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, answer, small_service, staff
from tests.factories.trail import judge_database

DAY = timedelta(days=1)
END = datetime(2020, 9, 29, 23, tzinfo=UTC)  # the end of 29 September in London
# Only the board has to do with them, on the basis for asking: no practice, no locality.
NADIA = replace(ADA, source_id="nadia", nhs_number="9990000077", given_name="Nadia", practice_code="",
                contact_points=(ContactPointGiven("mobile", "+447700900008"),))  # fmt: skip
NEEDY = replace(NADIA, source_id="needy", nhs_number="9990000034", given_name="Nina",
                contact_points=(ContactPointGiven("mobile", "+447700900003"),))  # fmt: skip


@pytest.fixture(scope="module")
def people(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> dict[str, UUID]:
    """Ada has a practice, which sees her for direct care; Nina needs food; nobody but the board sees Nadia."""
    invited = small_service(tmp_path_factory.mktemp("service"), ADA, NADIA, NEEDY)
    answer(invited["needy"], food="no_food")
    return {name: each.person for name, each in invited.items()}


@pytest.fixture
def undone(people: dict[str, UUID]) -> Iterator[None]:
    clock.set_clock(BEGINS, running=False)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_a_hold_and_a_later_decision_beat_it(undone: None, people: dict[str, UUID]) -> None:
    ended_by_page()
    decided("stop_and_delete", day="1", month="10")
    page = decided("archive_on_hold")
    assert "A legal hold keeps the records until it is lifted" in page
    now = END + 2 * DAY
    passes(now)
    assert here(now) == set(people.values())
    hold = one("SELECT id FROM governance_legalhold", now=now)
    by = staff("ig-lead", now)
    flow.perform(governance.lift_hold, hold=hold, words="Not wanted", by=by, now=now)
    passes(now + DAY)
    assert here(now + DAY) == set(people.values())  # the last decision was not to delete


def test_a_hold_on_the_basis_keeps_whom_the_decision_would_erase(undone: None, people: dict[str, UUID]) -> None:
    ended_by_page()
    decided("stop_and_delete", day="30", month="9")
    by, now = staff("ig-lead"), END + 2 * DAY
    held = {"name": "Claim", "reason": "A solicitor wrote", "basis": basis()}
    hold = flow.perform(governance.place_hold, **held, by=by, now=BEGINS)
    passes(now)
    assert here(now) == set(people.values())
    assert one("SELECT held FROM governance_disposal WHERE \"table\" = '' ORDER BY id DESC LIMIT 1", now=now) == 1
    flow.perform(governance.lift_hold, hold=hold, words="Settled", by=staff("ig-lead", now), now=now)
    passes(now + DAY)
    assert here(now + DAY) == {people["ada"], people["needy"]}


def test_a_hold_that_is_placed_while_disposal_runs_keeps(undone: None, people: dict[str, UUID]) -> None:
    ended_by_page()
    decided("stop_and_delete", day="30", month="9")
    now = END + 2 * DAY
    later = now + timedelta(seconds=1)  # disposal asks by the second at which it began
    held = {"name": "Claim", "reason": "A solicitor wrote", "basis": basis()}
    flow.perform(governance.place_hold, **held, by=staff("ig-lead", later), now=later)
    passes(now)
    assert here(now) == set(people.values())


def test_a_hold_on_a_basis_keeps_whoever_is_on_a_list_that_it_covers(undone: None, people: dict[str, UUID]) -> None:
    ended_by_page()
    decided("stop_and_delete", day="30", month="9")
    other = stated(system("test", now=BEGINS), people["nadia"])
    held = {"name": "Claim", "reason": "A solicitor wrote", "basis": other}
    flow.perform(governance.place_hold, **held, by=staff("ig-lead"), now=BEGINS)
    passes(END + 2 * DAY)
    assert here(END + 2 * DAY) == set(people.values())


def test_a_basis_that_nobody_approved_erases_nobody(undone: None, people: dict[str, UUID]) -> None:
    ended_by_page()
    by = staff("ig-lead")
    alone = stated(by, people["nadia"])
    choice = {"choice": "stop_and_delete", "words": "Gone", "delete_on": END.date()}
    flow.perform(governance.decide_end, basis=alone, **choice, by=by, now=BEGINS)
    passes(END + 2 * DAY)
    assert here(END + 2 * DAY) == set(people.values())


def test_who_is_due_no_more_when_their_batch_comes_stays(undone: None, people: dict[str, UUID]) -> None:
    ended_by_page()
    decided("stop_and_delete", day="30", month="9")
    now = END + 2 * DAY
    sweeper.sweep(now=now)
    by, why = system("retention", now=now), f"basis {basis()} ended: stop and delete"
    retention.erase([people["needy"], people["nadia"]], why=why, by=by)  # hers is open again
    assert here(now) == {people["ada"], people["needy"]}


def test_without_a_day_or_a_decision_nobody_is_erased(undone: None, people: dict[str, UUID]) -> None:
    page = ended_by_page()
    assert "Nothing is decided. What rests on it alone stops. Records stay for 8 years after the last entry" in page
    page = decided("stop_and_delete")
    assert "What rests on it alone stops. Records stay for 8 years after the last entry" in page
    assert "Nothing is decided" not in page
    now = END + 60 * DAY
    passes(now)
    assert here(now) == set(people.values())


def test_extending_undoes_a_decision_to_delete(undone: None, people: dict[str, UUID]) -> None:
    ended_by_page()
    decided("stop_and_delete", day="1", month="10")
    extended = lead().post(f"{address()}/extend", {"words": "Longer", **day("extend", "30", "10")})
    assert extended.status_code == 302
    asked = {"words": "Agreed", "extension": one("SELECT id FROM governance_basisextension")}
    for who in ("siro", "caldicott-guardian"):
        assert signed_in(who).post(f"{address()}/approve_extension", asked).status_code == 302
    now = END + 40 * DAY
    passes(now)
    assert here(now) == set(people.values())


def test_a_day_before_the_end_is_refused_and_what_was_typed_is_kept(undone: None, people: dict[str, UUID]) -> None:
    ended_by_page()
    early = lead().post(f"{address()}/stop_and_delete", {"words": "Gone <soon>", **day("stop_and_delete", "28", "9")})
    page = early.content.decode()
    assert early.status_code == 422
    assert "are deleted after its end: give its last day or a later one" in page
    assert "Gone &lt;soon&gt;" in page
    assert 'value="28"' in page
    unreal = lead().post(f"{address()}/stop_and_delete", {"words": "x", **day("stop_and_delete", "31", "9")})
    assert (unreal.status_code, "Enter a real day" in unreal.content.decode()) == (422, True)
    assert signed_in("siro").post(f"{address()}/stop_and_delete", {"words": "x"}).status_code == 404
    assert rows("SELECT 1 FROM governance_basischange WHERE what = 'stop_and_delete'") == []


# Last, since it stays: what verifies the trail reads what is committed.
def test_stop_and_delete_erases_from_its_day_whoever_rests_on_nothing_else(
    module_db: Urls, people: dict[str, UUID], settings: Any, tmp_path: Path
) -> None:
    settings.ANCHOR = tmp_path / "elsewhere" / "anchor.jsonl"
    clock.set_clock(BEGINS, running=False)
    ended_by_page()
    page = decided("stop_and_delete", day="1", month="10")
    assert "From 1 October 2020, people are erased once they rest on no other basis in force" in page
    passes(END + DAY / 2)  # 30 September: the day has not come
    assert here(END + DAY) == set(people.values())
    now = END + 2 * DAY
    passes(now)
    assert here(now) == {people["ada"], people["needy"]}
    assert one("SELECT why FROM governance_auditevent WHERE action = 'record erased'", now=now).startswith("basis ")
    # Her need is open with the board; when it is closed, nothing is left for which her record would be kept.
    for (need,) in rows("SELECT id FROM act_calltoaction WHERE status <> 'closed'", now=now):
        flow.perform(act.close, call_to_action=need, outcome="delivered", by=system("test", now=now), now=now)
    later = now + DAY
    passes(later)
    assert here(later) == {people["ada"]}
    trail.seal(now=later)
    trail.anchor(now=later)
    assert judge_database(module_db.app, settings.ANCHOR).code == chain.INTACT


def stated(by: Scope, person: UUID) -> int:
    """A basis that covers a list and gives nobody access, until the same end; this person is on the list."""
    with enter(system("test", now=BEGINS)):
        counts = dict.fromkeys(("changed", "unchanged", "duplicate", "rejected", "removed"), 0)
        version = ListVersion.objects.create(name="shielding", number=1, received_at=BEGINS, rows_in=1, new=1, **counts)
        ListPlace.objects.create(name="shielding", person_id=person, first_version=version)
    said = {"key": "lists-alone", "title": "Lists", "purpose": "evaluation", "owner": "The board",
            "sources": ["shielding"], "starts_at": BEGINS - DAY, "ends_at": END}  # fmt: skip
    found: int = flow.perform(governance.state_basis, **said, by=by, now=BEGINS)
    return found


def ended_by_page() -> str:
    """The basis for asking ends with 29 September 2020, a day sooner than it would."""
    ended = lead().post(f"{address()}/end", {"words": "The board decided", **day("end", "29", "9")})
    assert ended.status_code == 302, ended.content.decode()
    assert one("SELECT ends_at FROM governance_legalbasis WHERE id = %s", basis()) == END
    return lead().get(address()).content.decode()


def decided(choice: str, **typed: str) -> str:
    """What the page says after a decision about the end."""
    sent = {"words": "The board decided", **(day(choice, typed["day"], typed["month"]) if typed else {})}
    done = lead().post(f"{address()}/{choice}", sent)
    assert done.status_code == 302, done.content.decode()
    return lead().get(address()).content.decode()


def day(choice: str, day_: str, month: str) -> dict[str, str]:
    return {f"{choice}-day-day": day_, f"{choice}-day-month": month, f"{choice}-day-year": "2020"}


def passes(now: datetime) -> None:
    """The worker's sweep at a moment, retention among it."""
    clock.set_clock(now, running=False)
    sweeper.sweep(now=now)
    retention.dispose(now=now)


def here(now: datetime) -> set[UUID]:
    return {person for (person,) in rows("SELECT id FROM people_person", now=now)}


def basis() -> int:
    found: int = one("SELECT id FROM governance_legalbasis WHERE key = 'copi-general'")
    return found


def address() -> str:
    return f"/oversight/bases/{basis()}"


def lead() -> Client:
    return signed_in("ig-lead")
