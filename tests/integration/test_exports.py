"""Files of people: who is in one, who never is, who may have it, and when it is gone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, transaction

from openprotect.config.database_urls import Urls
from openprotect.governance import actions, export_files, queries
from openprotect.governance.errors import (
    AgreementNotInForce,
    NoExport,
    NotPermitted,
    NotTheGiver,
    NotThere,
    NotYoursToExport,
)
from openprotect.governance.scope import enter, system
from openprotect.jobs import exports
from openprotect.journey import flow
from openprotect.people.facts import ContactPointGiven
from tests.factories.agreed import agreed, organisation
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, small_service, staff

SECOND = timedelta(seconds=1)
RESTRICTED = replace(ADA, source_id="cleo", nhs_number="9990000034", given_name="Cleo", restricted=True,
                     contact_points=())  # fmt: skip
DEAD = replace(ADA, source_id="dov", nhs_number="9990000042", given_name="Dov", died_on=BEGINS.date(),
               contact_points=())  # fmt: skip
FORMULA = replace(
    BASHIR,
    family_name='=HYPERLINK("http://evil.example","x")',
    contact_points=(
        ContactPointGiven("mobile", "+447700900002"),
        ContactPointGiven("address", "@SUM(1)\n-2 Low Road"),
    ),
)


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    small_service(tmp_path_factory.mktemp("service"), ADA, FORMULA, RESTRICTED, DEAD)


@pytest.fixture(autouse=True)
def undone(service: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test does is undone after it, its files too."""
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_a_file_holds_what_the_agreement_names_of_whom_both_may_see() -> None:
    agreement = agreed()
    asked = ask(agreement)
    assert exports.make(export=asked, now=BEGINS)
    collected = collect(asked)
    content = export_files.read(collected.id, collected.sha256)
    assert content is not None
    assert content.startswith(b"\xef\xbb\xbf")
    header, *people = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert header == ["NHS number", "Given name", "Family name", "Address", "Telephone", "What to mind",
                      "Kinds of help needed"]  # fmt: skip
    assert people == [
        ["999 000 0018", "Ada", "Okafor", "1 High Street, Testtown, ZM1 1AA", "07700 900001; 01632 960111",
         "carer; large print", ""],
        ["999 000 0026", "Bashir", "'=HYPERLINK(\"http://evil.example\",\"x\")", "'@SUM(1), -2 Low Road",
         "07700 900002", "interpreter", ""],
    ]  # fmt: skip
    # And what became of everybody is counted and adds up
    assert rows("SELECT rows_in, exported, restricted, died, not_seen FROM governance_export") == [(4, 2, 1, 1, 0)]
    # And each person in it has an event, in the name of whoever asked, under the basis of the agreement
    events = rows(
        "SELECT person_id, actor, basis_id, purpose FROM governance_auditevent WHERE action = 'exported' ORDER BY id"
    )
    basis = one("SELECT basis_id FROM governance_sharingagreement")
    assert {event[1:] for event in events} == {(staff("surveillance").actor, basis, "direct_care")}
    assert len({event[0] for event in events}) == len(events) == 2
    why = one("SELECT why FROM governance_auditevent WHERE action = 'export collected'")
    assert why == f"agreement {agreement}, basis {basis}, 2 people"


def test_the_file_is_for_the_service_alone() -> None:
    asked = made()
    path = settings.DATA / "exports" / str(asked)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_asked_twice_it_is_made_once() -> None:
    asked = made()
    assert not exports.make(export=asked, now=BEGINS)
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'export made'") == 1


def test_the_sweep_makes_what_no_job_made() -> None:
    asked = ask(agreed())
    exports.sweep(now=BEGINS)
    assert state(asked) == "ready"


def test_who_may_not_have_it_is_refused() -> None:
    agreement = agreed()
    with pytest.raises(NotPermitted):
        ask(agreement, "practice-reviewer")
    with pytest.raises(NotThere):
        ask(999_999)
    elsewhere = system("test", now=BEGINS)
    others = agreed(giver=organisation("council"), receiver=organisation("voluntary"), by=elsewhere)
    with pytest.raises(NotTheGiver):
        ask(others)
    diagnoses = agreed(fields=("nhs_number", "reasons"))
    with pytest.raises(NotYoursToExport, match="why they are at risk"):
        ask(diagnoses)
    with pytest.raises(AgreementNotInForce):
        ask(agreed(sides=("giver",)))
    assert one("SELECT count(*) FROM governance_export") == 0


def test_nobody_else_collects_it() -> None:
    asked = made()
    for other in ("ig-lead", "call-handler"):
        with pytest.raises(NotThere):
            collect(asked, other)


def test_it_is_not_handed_out_before_it_is_made_or_after_it_expired() -> None:
    agreement = agreed()
    asked = ask(agreement)
    with pytest.raises(NoExport, match="not made yet"):
        collect(asked)
    exports.make(export=asked, now=BEGINS)
    expires = one("SELECT expires_at FROM governance_export WHERE id = %s", asked)
    collect(asked, now=expires - SECOND)
    with pytest.raises(NoExport, match="expired"):
        collect(asked, now=expires)
    exports.sweep(now=expires)
    assert (state(asked), export_files.lying()) == ("expired", set())


@pytest.mark.parametrize("what", ["agreement", "basis", "leaver", "inactive", "role"])
def test_what_it_rests_on_ends_and_it_is_gone(what: str) -> None:
    waiting, ready = ask(agreement := agreed()), made(agreement)
    later = BEGINS + timedelta(minutes=5)
    asker = replace(staff("surveillance"), now=later)
    ENDINGS[what](agreement, later)
    # At that second it is not handed out, and one that waits is not made
    with pytest.raises((NoExport, NotPermitted)):
        collect(ready, by=asker)
    assert not exports.make(export=waiting, now=later)
    # And the next sweep takes the file away
    exports.sweep(now=later)
    assert [state(waiting), state(ready)] == ["refused", "refused"]
    assert export_files.lying() == set()


def test_somebody_whose_record_is_restricted_since_leaves_with_the_file() -> None:
    export = made()
    exports.sweep(now=BEGINS)
    assert state(export) == "ready"
    _sql("UPDATE people_person SET restricted = true WHERE source_id = %s", ADA.source_id)
    exports.sweep(now=BEGINS)
    assert not (settings.DATA / "exports" / str(export)).exists()
    with pytest.raises(NoExport, match="restricted"):
        collect(export)


def test_a_file_that_was_changed_is_not_handed_out() -> None:
    asked = made()
    path = settings.DATA / "exports" / str(asked)
    path.write_bytes(path.read_bytes() + b"x")
    found = collect(asked)
    assert export_files.read(found.id, found.sha256) is None


def test_one_that_could_not_be_made_in_time_is_refused() -> None:
    asked = ask(agreed())
    exports.sweep(now=BEGINS + timedelta(hours=1))
    assert state(asked) == "refused"


def ask(agreement: int, username: str = "surveillance") -> UUID:
    return flow.perform(
        actions.ask_export, agreement=agreement, reason="Parcels of this week", by=staff(username), now=BEGINS
    )


def made(agreement: int | None = None) -> UUID:
    asked = ask(agreement or agreed())
    assert exports.make(export=asked, now=BEGINS)
    return asked


def collect(export: UUID, username: str = "surveillance", now: datetime = BEGINS, by: object = None):
    return flow.perform(
        actions.collect_export, export=export, by=by or staff(username, now), now=now if not by else by.now
    )


def state(export: UUID) -> str:
    with enter(system("test", now=BEGINS)) as scope:
        found = queries.export_by_id(export, scope=scope)
    assert found is not None
    return found.state


def _sql(statement: str, *values: object) -> None:
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount == 1


ENDINGS = {
    "agreement": lambda agreement, at: flow.perform(
        actions.end_agreement, agreement=agreement, why="Over", by=staff("ig-lead", at), now=at
    ),
    "basis": lambda _, at: _sql("UPDATE governance_legalbasis SET ends_at = %s WHERE key = 'direct-care'", at),
    "leaver": lambda _, at: _sql(
        "UPDATE governance_membership SET ends_at = %s WHERE user_id = %s", at, int(staff("surveillance").actor)
    ),
    "inactive": lambda _, __: _sql(
        "UPDATE governance_user SET is_active = false WHERE id = %s", int(staff("surveillance").actor)
    ),
    "role": lambda _, __: _sql(
        "UPDATE governance_role SET permissions = array_remove(permissions, 'export.people') WHERE name = 'surveillance'"
    ),
}  # fmt: skip
