"""A basis that is approved ends later once two others have approved that, by whatever way somebody asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import basis_errors, clock, errors, queries
from openprotect.governance.scope import Scope, enter, system
from openprotect.interop.feeds.legal_bases import read_bases
from openprotect.journey import flow
from tests.factories.accounts import signed_in
from tests.factories.approvals import approve, approve_extension, extend
from tests.factories.seen import one, rows
from tests.factories.small_service import BEGINS, open_service, staff
from tests.unit.governance.test_bases_rules import EXAMPLE

DAY = timedelta(days=1)
END = BEGINS + 100 * DAY
LATER = BEGINS + 300 * DAY
GIVEN = {"key": "new", "title": "A new basis", "purpose": "evaluation", "owner_role": "ig_lead",
         "starts_at": BEGINS, "ends_at": END}  # fmt: skip


@pytest.fixture(scope="module")
def basis(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> int:
    """A basis that a lead stated and both have approved."""
    open_service(tmp_path_factory.mktemp("service"))
    found: int = flow.perform(governance.state_basis, **GIVEN, by=lead(), now=BEGINS)
    approve(found)
    return found


@pytest.fixture(autouse=True)
def undone(basis: int) -> Iterator[None]:
    clock.set_clock(BEGINS, running=False)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_it_ends_later_with_the_second_approval_and_not_before(basis: int) -> None:
    ask(basis)
    assert (ends(basis), live(basis, END)) == (END, False)
    approve_extension(basis, "siro", now=BEGINS + DAY)
    assert (ends(basis), live(basis, END)) == (END, False)
    approve_extension(basis, "caldicott-guardian", now=BEGINS + 2 * DAY)
    assert (ends(basis), live(basis, END)) == (LATER, True)
    # And the history says from when the later end was in force, and who asked for it
    with enter(lead()):
        assert queries.end_in_force(basis, BEGINS + 2 * DAY - timedelta(seconds=1)) == END
        assert queries.end_in_force(basis, BEGINS + 2 * DAY) == LATER
    query = "SELECT by, words FROM governance_basischange WHERE basis_id = %s AND what = 'extend'"
    assert rows(query, basis) == [(lead().actor, "The work goes on")]
    query = "SELECT action, actor FROM governance_auditevent WHERE object_id = %s ORDER BY id DESC"
    assert [action for action, _ in rows(query, str(basis))][:4] == [
        "basis: extend", "basis: extension approved", "basis: extension approved", "basis: extension asked for",
    ]  # fmt: skip


def test_the_two_are_two_people_and_neither_asked(basis: int) -> None:
    asks = replace(staff("siro"), permissions=staff("siro").permissions | {"manage.bases"})
    ask(basis, by=asks)
    with pytest.raises(basis_errors.ExtensionIsAskedByYou):
        approve_extension(basis, "siro", now=BEGINS)
    approve_extension(basis, "caldicott-guardian", now=BEGINS)
    both = replace(staff("caldicott-guardian"), role="siro")
    with pytest.raises(basis_errors.ApprovedAlready):
        flow.perform(governance.approve_extension, basis=basis, extension=asked(basis), words="x", by=both, now=BEGINS)
    with pytest.raises(errors.NotPermitted):
        flow.perform(
            governance.approve_extension, basis=basis, extension=asked(basis), words="x", by=lead(), now=BEGINS
        )
    assert ends(basis) == END


def test_what_one_has_approved_is_not_swapped_for_something_longer(basis: int) -> None:
    ask(basis)
    approve_extension(basis, "siro", now=BEGINS)
    before = asked(basis)
    ask(basis, LATER + 900 * DAY)
    # Then the guardian, whose page still shows the shorter one, approves nothing
    with pytest.raises(basis_errors.ExtensionIsSettled):
        flow.perform(governance.approve_extension, basis=basis, extension=before, words="x",
                     by=staff("caldicott-guardian"), now=BEGINS)  # fmt: skip
    # And the longer one needs the SIRO again
    approve_extension(basis, "caldicott-guardian", now=BEGINS)
    assert ends(basis) == END


@pytest.mark.parametrize(
    "decision",
    [
        (governance.end_basis, {"ends_at": END - DAY}),
        (governance.decide_end, {"choice": "stop_and_delete"}),
        (governance.decide_end, {"choice": "archive_on_hold"}),
    ],
)
def test_a_later_decision_about_the_end_takes_its_place(basis: int, decision: tuple[Any, dict[str, Any]]) -> None:
    ask(basis)
    before = asked(basis)
    action, said = decision
    flow.perform(action, basis=basis, **said, words="Rather not", by=lead(), now=BEGINS)
    with pytest.raises(basis_errors.ExtensionIsSettled):
        flow.perform(
            governance.approve_extension, basis=basis, extension=before, words="x", by=staff("siro"), now=BEGINS
        )


def test_nothing_is_approved_of_a_basis_that_has_ended(basis: int) -> None:
    ask(basis)
    approve_extension(basis, "siro", now=BEGINS)
    with pytest.raises(basis_errors.BasisHasEnded):
        approve_extension(basis, "caldicott-guardian", now=END)


def test_the_database_lets_nobody_put_an_end_off_alone(basis: int) -> None:
    ask(basis)
    approve_extension(basis, "siro", now=BEGINS)
    waits: int = flow.perform(governance.state_basis, **{**GIVEN, "key": "waits"}, by=lead(), now=BEGINS)
    approve(waits, "siro")
    of_the_file = one("SELECT id FROM governance_legalbasis WHERE key = 'copi-general'")
    for which, end, said in (
        (basis, LATER, "extended by two"),  # one of the two
        (basis, LATER + DAY, "extended by two"),  # nobody asked for it
        (basis, None, "extended by two"),  # no end at all
        (of_the_file, LATER, "extended by two"),
        (waits, LATER, "end that was approved"),
    ):
        with pytest.raises(IntegrityError, match=said), transaction.atomic():
            write("UPDATE governance_legalbasis SET ends_at = %s WHERE id = %s", end, which)
    # Nor by a word of the system for what people approved on a page
    write("UPDATE governance_basisextension SET settled_at = op_now()")
    write("INSERT INTO governance_basisextension (basis_id, ends_at, at, by, words)"
          " VALUES (%s, %s, op_now(), 'system:test', 'x')", basis, LATER)  # fmt: skip
    with pytest.raises(IntegrityError, match="extended by two"), transaction.atomic():
        write("UPDATE governance_legalbasis SET ends_at = %s WHERE id = %s", LATER, basis)
    # And an end that comes earlier needs nobody
    write("UPDATE governance_legalbasis SET ends_at = %s WHERE id = %s", END - DAY, basis)


def test_before_anybody_approved_a_basis_its_end_is_the_staters(basis: int) -> None:
    waits: int = flow.perform(governance.state_basis, **{**GIVEN, "key": "waits"}, by=lead(), now=BEGINS)
    ask(waits)
    assert ends(waits) == LATER
    assert rows("SELECT 1 FROM governance_basisextension") == []


# --- Files ---


def test_a_basis_of_a_file_is_extended_by_two_on_its_page_and_by_its_file_at_once(basis: int) -> None:
    notices, early = read_bases(EXAMPLE), datetime(2020, 7, 1, tzinfo=UTC)
    of_the_file = one("SELECT id FROM governance_legalbasis WHERE key = 'copi-general'")
    ask(of_the_file, LATER)
    assert ends(of_the_file) < LATER
    load(notices, datetime(2020, 9, 1, tzinfo=UTC))
    assert early < ends(of_the_file) == datetime(2021, 3, 31, 23, tzinfo=UTC)
    extend(of_the_file, LATER + 300 * DAY, lead(datetime(2020, 9, 2, tzinfo=UTC)))
    assert ends(of_the_file) == LATER + 300 * DAY


def test_a_file_does_not_undo_that_somebody_ended_its_basis(basis: int) -> None:
    notices, now = read_bases(EXAMPLE), datetime(2020, 9, 10, tzinfo=UTC)
    load(notices, now - DAY)
    of_the_file = one("SELECT id FROM governance_legalbasis WHERE key = 'copi-general'")
    flow.perform(governance.end_basis, basis=of_the_file, ends_at=now + DAY, words="Enough", by=lead(now), now=now)
    for later in (now, now + 3 * DAY):
        load(notices, later)
        assert ends(of_the_file) == now + DAY


def test_a_file_does_not_extend_what_people_approved_on_a_page(basis: int, tmp_path: Path) -> None:
    file, now = tmp_path / "bases.toml", BEGINS + 50 * DAY
    file.write_text(
        'basis = [{key = "new", title = "A new basis", purpose = "evaluation", owner_role = "ig_lead",'
        " from = 2020-04-07, until = 2020-07-15,"
        ' extension = [{known = 2020-05-01, until = 2022-01-31, words = "Longer"}]}]',
        encoding="utf-8",
    )
    with pytest.raises(basis_errors.StatedOnAPage, match="stated on a page"):
        load(read_bases(file), now)
    assert ends(basis) == END


# --- Its page ---


def test_whoever_approves_a_basis_approves_the_end_that_they_read(basis: int) -> None:
    waits: int = flow.perform(governance.state_basis, **{**GIVEN, "key": "waits"}, by=lead(), now=BEGINS)
    siro = signed_in("siro")
    field = re.compile(r'name="read" value="([^"]+)"')
    read = field.findall(siro.get(address(waits)).content.decode())[0]
    ask(waits)  # at once: nobody has approved it yet
    refused = siro.post(f"{address(waits)}/approve", {"words": "A <hundred> days", "read": read})
    shown = refused.content.decode()
    assert (refused.status_code, "was changed after you opened this page" in shown) == (422, True)
    assert "A &lt;hundred&gt; days" in shown
    assert rows("SELECT 1 FROM governance_basisapproval WHERE basis_id = %s", waits) == []
    given = {"organisation": "T02", "power": "A statute", "capacity": "processor"}
    flow.perform(governance.add_party, basis=waits, **given, by=lead(), now=BEGINS)
    for stale in ("", *field.findall(shown)):
        assert siro.post(f"{address(waits)}/approve", {"words": "Yes", "read": stale}).status_code == 422
    read = field.findall(siro.get(address(waits)).content.decode())[0]
    assert siro.post(f"{address(waits)}/approve", {"words": "Yes", "read": read}).status_code == 302


def test_the_page_shows_what_is_asked_for_and_lets_the_two_approve_it(basis: int) -> None:
    client = signed_in("ig-lead")
    day = {"extend-day-day": "31", "extend-day-month": "1", "extend-day-year": "2021"}
    assert client.post(f"{address(basis)}/extend", {"words": "Until <summer>", **day}).status_code == 302
    page = client.get(address(basis)).content.decode()
    for said in ("A later end is asked for", "until the end of 31 January 2021", "Until &lt;summer&gt;",
                 "Not yet approved by: Senior information risk owner, Caldicott guardian"):  # fmt: skip
        assert said in page
    assert "Approve the later end" not in page
    assert "awaits approval" in client.get("/oversight/bases").content.decode()
    sent = {"words": "", "extension": str(asked(basis))}
    siro = signed_in("siro")
    assert f'name="extension" value="{asked(basis)}"' in siro.get(address(basis)).content.decode()
    assert siro.post(f"{address(basis)}/approve_extension", sent).status_code == 422
    for who, stands in (("siro", True), ("caldicott-guardian", False)):
        done = signed_in(who).post(f"{address(basis)}/approve_extension", {**sent, "words": "Agreed"})
        assert done.status_code == 302, done.content.decode()
        page = signed_in(who).get(address(basis)).content.decode()
        assert ("A later end is asked for" in page) is stands
        assert "Approve the later end" not in page
    assert ends(basis) == datetime(2021, 2, 1, tzinfo=UTC)
    gone = signed_in("siro").post(f"{address(basis)}/approve_extension", {**sent, "words": "Agreed"})
    assert (gone.status_code, "does not wait any more" in gone.content.decode()) == (409, True)


def ask(basis: int, ends_at: datetime = LATER, *, by: Scope | None = None) -> None:
    words, by = "The work goes on", by or lead()
    flow.perform(governance.extend_basis, basis=basis, ends_at=ends_at, words=words, by=by, now=by.now)


def asked(basis: int) -> int:
    query = "SELECT id FROM governance_basisextension WHERE basis_id = %s AND settled_at IS NULL"
    found: int = one(query, basis)
    return found


def ends(basis: int) -> datetime:
    found: datetime = one("SELECT ends_at FROM governance_legalbasis WHERE id = %s", basis)
    return found


def live(basis: int, now: datetime) -> bool:
    with enter(lead(now)):
        return queries.is_live(basis, now=now)


def load(notices: Any, now: datetime) -> None:
    flow.perform(governance.load_bases, bases=notices, by=system("command line", now=now), now=now)


def write(query: str, *values: object) -> None:
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute(query, values)


def lead(now: datetime = BEGINS) -> Scope:
    return staff("ig-lead", now)


def address(basis: int) -> str:
    return f"/oversight/bases/{basis}"
