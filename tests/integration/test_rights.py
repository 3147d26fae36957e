"""What people ask about their records: routes, clocks, identity, and the file of everything that is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import transaction

from openprotect.config.database_urls import Urls
from openprotect.governance.actions import register_organisations
from openprotect.governance.errors import NotPermitted
from openprotect.governance.scope import enter, system
from openprotect.jobs import exports
from openprotect.journey import flow
from openprotect.journey.learn.held import HELD, NOT_GIVEN
from openprotect.people import rights
from openprotect.people.errors import (
    AlreadyAnswered,
    IdentityNotChecked,
    NobodyFound,
    NoExtension,
    NotAnOutcome,
    PersonIsNamed,
)
from tests.factories.accounts import appointed, signed_in
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, Invited, answer, small_service, staff

RESTRICTED = replace(ADA, source_id="cleo", nhs_number="9990000034", given_name="Cleo", restricted=True,
                     contact_points=(), practice_code="")  # fmt: skip
PEOPLE: dict[str, Invited] = {}


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    PEOPLE.update(small_service(tmp_path_factory.mktemp("service"), ADA, BASHIR, RESTRICTED))
    answer(PEOPLE["ada"], food="no_food")


@pytest.fixture(autouse=True)
def undone(service: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test does is undone after it, its files too."""
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_table_that_names_a_person_is_given_or_has_a_reason() -> None:
    naming = {
        table
        for (table,) in rows(
            "SELECT DISTINCT c.table_name FROM information_schema.columns c JOIN information_schema.tables t"
            " ON t.table_name = c.table_name AND t.table_schema = c.table_schema AND t.table_type = 'BASE TABLE'"
            " WHERE c.table_schema = 'public' AND c.column_name IN ('person_id', 'nhs_number')"
        )
    }
    assert naming | {"people_person"} == HELD.keys() | NOT_GIVEN.keys()
    assert HELD.keys().isdisjoint(NOT_GIVEN)


def test_the_file_holds_what_is_held_and_nothing_of_others() -> None:
    content = own_records("9990000018")
    for seen in ("999 000 0018".replace(" ", ""), "Ada", "1 High Street", "+447700900001", "Made for a test", "no food",
                 "Synthetic: not for care", "What do you hold?"):  # fmt: skip
        assert seen in content, seen
    for other in ("Bashir", "9990000026", "+447700900002", "<script>"):
        assert other not in content
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'own records exported'") == 1


def test_of_a_restricted_person_no_file_says_where_they_are() -> None:
    content = own_records("9990000034")
    assert "Your record is restricted" in content
    exports.sweep(now=BEGINS)
    assert {state for (state,) in rows("SELECT state FROM governance_export")} == {"ready"}
    assert "How to reach you" not in content
    assert "Surgery" not in content


def test_nothing_is_given_out_before_identity_was_checked() -> None:
    asked = received("access")
    with pytest.raises(IdentityNotChecked):
        do(rights.ask_file, asked)
    with pytest.raises(IdentityNotChecked):
        do(rights.answer, asked, outcome="given", words="Sent")
    do(rights.answer, asked, outcome="withdrawn", words="They rang")
    with pytest.raises(AlreadyAnswered):
        do(rights.note, asked, words="More")


def test_whose_records_it_is_has_to_be_known() -> None:
    asked = received("access", nhs_number="")
    do(rights.check_identity, asked, how="Passport")
    with pytest.raises(NobodyFound):
        do(rights.ask_file, asked)
    with pytest.raises(NobodyFound):
        do(rights.name_person, asked, nhs_number="9990000042")
    do(rights.name_person, asked, nhs_number="999 000 0018")
    # Once the identity is checked, no form makes it a request about somebody else.
    with pytest.raises(PersonIsNamed):
        do(rights.name_person, asked, nhs_number="999 000 0026")
    do(rights.ask_file, asked)


def test_an_objection_that_is_upheld_holds_at_once() -> None:
    asked = received("objection")
    do(rights.check_identity, asked, how="Rang back on the number that we hold")
    with pytest.raises(NotAnOutcome):
        do(rights.answer, asked, outcome="given", words="No")
    do(rights.answer, asked, outcome="upheld", words="Stopped")
    assert rows("SELECT purpose, kind FROM people_objection") == [("", "objects")]


def test_the_time_is_extended_once_and_in_time() -> None:
    asked = received("access")
    assert do(rights.extend, asked, why="Many records") == date(2020, 7, 7)
    with pytest.raises(NoExtension):
        do(rights.extend, asked, why="Again")
    with pytest.raises(NoExtension):
        do(rights.extend, received("complaint"), why="Long")
    with pytest.raises(NoExtension):
        do(rights.extend, received("access"), why="Late", now=BEGINS + timedelta(days=40))


def test_whoever_only_another_board_has_to_do_with_is_not_found() -> None:
    by = system("test", now=BEGINS)
    flow.perform(register_organisations, rows=[{"code": "U01", "name": "Other", "kind": "icb"}], by=by, now=BEGINS)
    appointed("other-lead", "U01", "ig_lead")
    theirs = received("access", username="other-lead")
    assert one("SELECT person_id FROM people_rightsrequest WHERE id = %s", theirs) is None
    with pytest.raises(NobodyFound):
        do(rights.name_person, theirs, username="other-lead", nhs_number="9990000018")
    assert one("SELECT person_id FROM people_rightsrequest WHERE id = %s", received("access")) == PEOPLE["ada"].person


def test_what_is_late_is_shown_as_late() -> None:
    access, complaint = received("access"), received("complaint")
    for day, expected in (
        (date(2020, 4, 14), (False, False)),  # 10 and 13 April were bank holidays
        (date(2020, 4, 15), (False, True)),
        (date(2020, 5, 7), (False, True)),
        (date(2020, 5, 8), (True, True)),
    ):
        now = datetime.combine(day, BEGINS.timetz())
        with enter(staff("ig-lead", now)) as scope:
            seen = {each.row.id: each for each in rights.requests(scope=scope)}
        assert (seen[access].overdue, seen[complaint].acknowledgement_overdue) == expected, day


def test_every_step_stays_and_only_who_may_takes_one() -> None:
    asked = received("rectification")
    do(rights.acknowledge, asked, words="By telephone")
    do(rights.note, asked, words="Asked the practice")
    assert [what for (what,) in rows("SELECT what FROM people_rightsstep WHERE request_id = %s ORDER BY id", asked)] == [
        "received", "acknowledged", "note",
    ]  # fmt: skip
    with pytest.raises(NotPermitted):
        do(rights.note, asked, username="call-handler", words="x")
    with enter(staff("practice-reviewer")) as scope:
        assert rights.request(asked, scope=scope) is None


def test_the_pages() -> None:
    lead = signed_in("ig-lead")
    wrong = lead.post("/oversight/requests/new", {"kind": "access", "who": "Ada <b>", "nhs_number": "123"})
    page = wrong.content.decode()
    assert wrong.status_code == 422
    for said in ("Enter what they ask for", "Enter a real date on which it was received", "some are lost",
                 "Ada &lt;b&gt;"):  # fmt: skip
        assert said in page
    made = lead.post("/oversight/requests/new", {
        "kind": "access", "who": "Ada Okafor", "reply_to": "1 High Street", "asked": "What do you hold?",
        "nhs_number": "999 000 0018", "received_on-day": "6", "received_on-month": "4", "received_on-year": "2020",
    })  # fmt: skip
    assert made.status_code == 302, made.content.decode()
    address = made.headers["Location"]
    assert "Answer by 6 May 2020" in lead.get(address).content.decode()
    assert lead.post(f"{address}/identity", {"how": ""}).status_code == 422
    assert lead.post(f"{address}/file").status_code == 409
    assert lead.post(f"{address}/identity", {"how": "Passport"}).status_code == 302
    assert lead.post(f"{address}/file").status_code == 302
    exports.sweep(now=BEGINS)
    # Whoever had it made does not give it out: a colleague does
    collect = f"/oversight/exports/{one('SELECT id FROM governance_export')}/file"
    shown = lead.get(address).content.decode()
    assert "a colleague who works requests" in shown
    assert "Collect the file" not in shown
    refused = lead.post(collect)
    assert (refused.status_code, "You had this file made" in refused.content.decode()) == (409, True)
    assert signed_in("practice-reviewer").post(collect).status_code == 404
    guardian = signed_in("caldicott-guardian")
    assert "Collect the file" in guardian.get(address).content.decode()
    file = guardian.post(collect)
    assert file.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "attachment" in file.headers["Content-Disposition"]
    assert lead.post(f"{address}/answer", {"outcome": "given", "answer": "Sent by post"}).status_code == 302
    listed = lead.get("/oversight/requests").content.decode()
    assert "Given" in listed
    assert signed_in("call-handler").get("/oversight/requests").status_code == 404


def own_records(nhs_number: str) -> str:
    asked = received("access", nhs_number=nhs_number)
    do(rights.check_identity, asked, how="Passport")
    export = do(rights.ask_file, asked)
    assert exports.make(export=export, now=BEGINS)
    return (settings.DATA / "exports" / str(export)).read_text()


def received(kind: str, nhs_number: str = "9990000018", username: str = "ig-lead") -> UUID:
    made: UUID = flow.perform(
        rights.receive_request, kind=kind, who="Ada Okafor", reply_to="By post", asked="What do you hold?",
        nhs_number=nhs_number, received_on=BEGINS.date(), by=staff(username), now=BEGINS,
    )  # fmt: skip
    return made


def do(action: Any, request: UUID, *, username: str = "ig-lead", now: datetime = BEGINS, **given: Any) -> Any:
    return flow.perform(action, request=request, **given, by=staff(username, now), now=now)
