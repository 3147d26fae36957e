"""Each unusual pattern with a case that is one and a case that is none; then each is broken, and the cases say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance.errors import NotPermitted, WordsAreMissing
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.people import unusual
from tests.factories.seen import one
from tests.factories.small_service import ADA, BEGINS, FIRST, small_service, staff

NOON = datetime(2020, 4, 8, 11, 0, tzinfo=UTC)  # midday in London, where it is summer time
NOW = NOON + timedelta(days=2)
FEW = replace(unusual.thresholds(), people_in_an_hour=3, denials_in_a_day=2)
# Ada Okafor is a patient. Who works: somebody of her whole name, of her surname, and of another that ends alike.
WORKERS = {"self": "Dr Ada Okafor", "kin": "Sam Okafor", "other": "Bo Nokafor", "namesake": "Okafor Ada"}


@pytest.fixture(scope="module")
def ada(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> UUID:
    person = small_service(tmp_path_factory.mktemp("patterns"), ADA)["ada"].person
    practice = one("SELECT id FROM governance_organisation WHERE code = %s", FIRST)
    for username, name in WORKERS.items():
        flow.perform(
            governance.appoint,
            username=username,
            name=name,
            organisation=practice,
            role="reviewer",
            team=None,
            ends_at=None,
            by=system("test", now=BEGINS),
            now=BEGINS,
        )
    return person


@pytest.fixture
def undone(ada: UUID) -> Iterator[UUID]:
    """Ada, in a transaction of which nothing is left."""
    with transaction.atomic():
        yield ada
        transaction.set_rollback(True)


def test_whoever_has_the_persons_whole_name_opened_their_own_record(undone: UUID) -> None:
    for username in WORKERS:
        look(username, undone)
    assert who("own_record") == {"self"}
    assert who("same_surname") == {"kin"}


def test_a_look_at_somebody_else_is_neither(undone: UUID) -> None:
    look("self", UUID(int=7))
    assert who("own_record") == who("same_surname") == set()


@pytest.mark.parametrize(
    ("at", "unusual_then"),
    [
        ("2020-04-08T05:59:59Z", True),  # a second before 7am in London
        ("2020-04-08T06:00:00Z", False),
        ("2020-04-08T19:59:59Z", False),
        ("2020-04-08T20:00:00Z", True),
        ("2020-03-20T06:59:59Z", True),  # winter time
        ("2020-03-20T07:00:00Z", False),
    ],
)
def test_out_of_hours_goes_by_londons_clock(undone: UUID, at: str, unusual_then: bool) -> None:
    look("other", undone, at=datetime.fromisoformat(at))
    assert who("out_of_hours") == ({"other"} if unusual_then else set())


@pytest.mark.parametrize(("people", "minutes", "unusual_then"), [(4, 10, True), (3, 10, False), (4, 25, False)])
def test_very_many_people_within_an_hour(undone: UUID, people: int, minutes: int, unusual_then: bool) -> None:
    for number in range(people):
        # From a quarter to: the hour of the clock changes in between.
        look("other", UUID(int=number), at=NOON - timedelta(minutes=15) + timedelta(minutes=minutes * number))
    assert who("bulk") == ({"other"} if unusual_then else set())


def test_the_same_person_many_times_is_not_many(undone: UUID) -> None:
    for _ in range(9):
        look("other", undone)
    assert who("bulk") == set()


def test_a_crowd_is_shown_beside_the_median_of_the_role(undone: UUID) -> None:
    for username, people in (("other", 5), ("kin", 1), ("self", 1)):
        for number in range(people):
            look(username, UUID(int=number))
    (line,) = lines("bulk")
    assert (line.number, line.usual) == (5, 1)


@pytest.mark.parametrize(("times", "unusual_then"), [(3, True), (2, False)])
def test_many_refusals_on_one_day(undone: UUID, times: int, unusual_then: bool) -> None:
    for number in range(4):
        at = NOON + timedelta(days=0 if number < times else 1)
        act("other", "refused", None, at=at)
    assert who("denials") == ({"other"} if unusual_then else set())


def test_every_emergency_access(undone: UUID) -> None:
    act("other", "emergency access opened", undone)
    act("kin", "emergency access reviewed", undone)
    assert who("emergency") == {"other"}


def test_what_is_older_than_the_window_is_not_shown(undone: UUID) -> None:
    look("self", undone, at=NOW - timedelta(days=FEW.window_days, seconds=1))
    assert who("own_record") == set()


def test_a_line_that_was_looked_into_is_gone_until_more_is_added(undone: UUID) -> None:
    look("self", undone)
    (line,) = lines("own_record")
    look("self", undone, at=NOON + timedelta(days=1))  # another day, another line
    review(line, "Her sister of the same name. Spoke to both.")
    assert [each.day for each in lines("own_record")] == [line.day + timedelta(days=1)]
    look("self", undone, at=NOON + timedelta(hours=1))
    assert len(lines("own_record")) == 2


def test_it_is_looked_into_in_words_by_whoever_may(undone: UUID) -> None:
    look("self", undone)
    (line,) = lines("own_record")
    with pytest.raises(WordsAreMissing):
        review(line, "  ")
    with pytest.raises(NotPermitted):
        review(line, "Nothing", by=staff("practice-manager", NOW))
    with pytest.raises(NotPermitted), enter(staff("practice-manager", NOW)) as scope:
        unusual.unusual("bulk", scope=scope)


BREAKS = {
    "own_record": ("string_to_array(lower(u.name), ' ')", "ARRAY[lower(i.given_name)]"),
    "same_surname": ("length(i.family_name) + 1) = ' ' ||", "length(i.family_name)) = '' ||"),
    "out_of_hours": ("AT TIME ZONE 'Europe/London')::time", "AT TIME ZONE 'UTC')::time"),
    "bulk": ("count(DISTINCT e.person_id)", "count(e.person_id)"),
    "denials": ("HAVING count(*) >", "HAVING count(*) >="),
    "emergency": ("= 'emergency access opened'", "LIKE 'emergency access %%'"),
}


@pytest.mark.parametrize("pattern", unusual.PATTERNS)
def test_a_broken_pattern_is_noticed(undone: UUID, pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for username in WORKERS:
        look(username, undone, at=datetime(2020, 4, 8, 6, 30, tzinfo=UTC))
    for _ in range(9):
        look("kin", undone)
    for action in ("refused", "refused", "emergency access reviewed"):
        act("other", action, undone)
    before = who(pattern)
    old, new = BREAKS[pattern]
    assert old in unusual.PATTERNS[pattern]
    monkeypatch.setitem(unusual.PATTERNS, pattern, unusual.PATTERNS[pattern].replace(old, new))
    assert who(pattern) != before


def look(username: str, person: UUID, *, at: datetime = NOON) -> None:
    act(username, "viewed", person, at=at)


def act(username: str, action: str, person: UUID | None, *, at: datetime = NOON) -> None:
    with enter(replace(staff(username), now=at)) as by:
        governance.record(action, by=by, person=person)


def review(line: unusual.Line, words: str, *, by: Scope | None = None) -> None:
    flow.perform(
        governance.review_pattern,
        pattern=line.pattern,
        actor=line.actor,
        person=line.person,
        day=line.day,
        up_to=line.newest,
        words=words,
        by=by or staff("ig-lead", NOW),
        now=NOW,
    )


def lines(pattern: str) -> list[unusual.Line]:
    with enter(staff("ig-lead", NOW)) as scope:
        return unusual.unusual(pattern, scope=scope, given=FEW)


def who(pattern: str) -> set[str]:
    return {one("SELECT username FROM governance_user WHERE id = %s", int(line.actor)) for line in lines(pattern)}
