"""Who was in on a day, and why, has an answer for ever; and a day without news adds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from openprotect.governance.scope import enter, system
from openprotect.journey.identify import queries
from openprotect.journey.identify.facts import Flow
from tests.factories.runs import reason, run_finds
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BASHIR, BEGINS, open_service, staff

pytestmark = pytest.mark.django_db
ADA_KNOWN = replace(ADA, sex="female", ethnic_category="M", imd_decile=2)
BOTH = (ADA_KNOWN, BASHIR)
DAYS = tuple(BEGINS + timedelta(days=day) for day in range(4))


@pytest.fixture
def service(tmp_path: Path) -> None:
    open_service(tmp_path)


def was_in(number: int, by: str = "") -> dict[str, list[str]]:
    """Rule by rule, by the name that the source has for a person."""
    scope = staff(by) if by else system("test", now=BEGINS)
    names = dict(rows("SELECT id, source_id FROM people_person"))
    with enter(scope):
        run = queries.run("covid-protect", number, scope=scope)
        assert run is not None
        found = queries.who_was_in(run, scope=scope)
        return {names[each.person]: [why.reason for why in each.reasons] for each in found}


def test_a_run_without_news_adds_no_row(service: None) -> None:
    for now in DAYS:
        run_finds(reason(ADA), reason(BASHIR), people=BOTH, now=now)
    assert one("SELECT count(*) FROM identify_cohortrun") == 4
    assert one("SELECT count(*) FROM identify_reason") == 2
    assert one("SELECT count(*) FROM identify_figure WHERE until IS NOT NULL") == 0
    assert [sorted(was_in(number)) for number in (1, 2, 3, 4)] == [["ada", "bashir"]] * 4


def test_each_day_is_answered_as_it_was(service: None) -> None:
    first, again = {"evidence_date": date(2020, 3, 1), "code": "1"}, {"evidence_date": date(2020, 4, 8), "code": "1"}
    run_finds(reason(ADA, **first), people=BOTH, now=DAYS[0])
    run_finds(reason(ADA, **again), reason(BASHIR), people=BOTH, now=DAYS[1])
    run_finds(reason(BASHIR), people=BOTH, now=DAYS[2])
    run_finds(reason(ADA, **first), reason(BASHIR), people=BOTH, now=DAYS[3])
    assert [sorted(was_in(number)) for number in (1, 2, 3, 4)] == [
        ["ada"], ["ada", "bashir"], ["bashir"], ["ada", "bashir"],
    ]  # fmt: skip
    scope = system("test", now=DAYS[3])
    with enter(scope):
        found = {day: queries.run_on("covid-protect", day.date(), scope=scope) for day in DAYS}
        assert [run and run.number for run in found.values()] == [1, 2, 3, 4]
        assert queries.run_on("covid-protect", DAYS[0].date() - timedelta(days=1), scope=scope) is None
        second = found[DAYS[1]]
        assert second is not None
        ada = one("SELECT id FROM people_person WHERE source_id = 'ada'")
        (alone,) = queries.who_was_in(second, person=ada, scope=scope)
        assert [why.evidence_date for why in alone.reasons] == [date(2020, 4, 8)]


def test_a_window_that_moves_is_no_news_and_is_told_as_of_the_day(service: None) -> None:
    for now, start in ((DAYS[0], "7 October 2019"), (DAYS[1], "8 October 2019")):
        said = f"2 issues since {start}, last on 1 March 2020"
        given = {"evidence_date": date(2020, 3, 1), "count": 2, "reason": said}
        run_finds(reason(ADA, "IMMUNO-2IN6M", "immunosuppression", **given), people=BOTH, now=now)
    assert one("SELECT count(*) FROM identify_reason") == 1
    assert was_in(1) == {"ada": ["2 issues since 7 October 2019, last on 1 March 2020"]}
    assert was_in(2) == {"ada": ["2 issues since 8 October 2019, last on 1 March 2020"]}


def test_two_rules_are_two_reasons_and_readers_see_their_own_people(service: None) -> None:
    run_finds(reason(ADA), reason(ADA, "CKD-5", "later-added"), reason(BASHIR), people=BOTH, now=BEGINS)
    assert was_in(1, "reviewer-t06") == {"ada": ["CKD-5 is true", "TRANSPLANT is true"]}
    assert was_in(1, "reviewer-t07") == {"bashir": ["TRANSPLANT is true"]}
    assert was_in(1, "call-handler") == {}


def test_people_are_counted_at_the_run_by_place_and_by_what_they_are(service: None) -> None:
    found = (reason(ADA), reason(ADA, "CKD-5", "later-added"), reason(BASHIR))
    run_finds(*found, people=BOTH, now=BEGINS, codelists={"transplant": "ab" * 32}, data_age={"events": "2020-04-06"})
    run_finds(*found, people=(replace(ADA_KNOWN, practice_code="T07"), BASHIR), now=DAYS[1])
    figures = "SELECT practice_id, dimension, value, people FROM identify_figure WHERE since <= %s AND (until IS NULL OR until > %s)"
    first = rows(figures, 1, 1)
    assert sorted((dimension, value, people) for _, dimension, value, people in first if dimension != "people") == [
        ("age", "70 to 79", 1), ("age", "70 to 79", 1),
        ("deprivation", "2", 1), ("deprivation", "unknown", 1),
        ("ethnicity", "Black or Black British", 1), ("ethnicity", "unknown", 1),
        ("group", "later-added", 1), ("group", "transplant", 1), ("group", "transplant", 1),
        ("groups", "later-added+transplant", 1), ("groups", "transplant", 1),
        ("rule", "CKD-5", 1), ("rule", "TRANSPLANT", 1), ("rule", "TRANSPLANT", 1),
        ("sex", "female", 1), ("sex", "unknown", 1),
    ]  # fmt: skip
    moved = {row for row in rows(figures, 2, 2) if row[1] in ("people", "sex")}
    (second,) = {practice for practice, *_ in moved}
    assert moved == {(second, "people", "", 2), (second, "sex", "female", 1), (second, "sex", "unknown", 1)}
    pinned = "SELECT codelists ->> 'transplant', data_age ->> 'events' FROM identify_cohortrun WHERE number = 1"
    assert rows(pinned) == [("ab" * 32, "2020-04-06")]


def test_who_came_in_and_went_out_between_two_runs(service: None) -> None:
    run_finds(reason(ADA), people=BOTH, now=DAYS[0])
    run_finds(reason(ADA, "CKD-5", "later-added"), reason(BASHIR), people=BOTH, now=DAYS[1])
    scope = system("test", now=DAYS[1])
    with enter(scope):
        a, b = (queries.run("covid-protect", number, scope=scope) for number in (1, 2))
        assert a
        assert b
        moves = queries.moves(a, b, queries.EVERYBODY, scope=scope)
    assert (moves.before, moves.after, moves.people) == (1, 2, Flow(1, 0))
    assert moves.by == {
        "rule": {"CKD-5": Flow(1, 0), "TRANSPLANT": Flow(1, 1)},
        "group": {"later-added": Flow(1, 0), "transplant": Flow(1, 1)},
        "locality": {"South locality": Flow(1, 0)},
        "practice": {"Second Surgery": Flow(1, 0)},
        "deprivation": {"unknown": Flow(1, 0)},
    }


def test_readers_care_for_the_people_of_their_practices_until_these_say_no(service: None) -> None:
    run_finds(reason(ADA), reason(BASHIR), people=BOTH, now=BEGINS)
    found = {}
    for name in ("reviewer-t06", "surveillance", "siro", "central-team"):
        scope = staff(name)
        with enter(scope):
            found[name] = queries.own_units("covid-protect", scope=scope)
    surgery = one("SELECT id FROM governance_organisation WHERE code = 'T06'")
    assert found["reviewer-t06"] == queries.Units(False, (surgery,))
    assert found["surveillance"] is not None
    assert found["surveillance"].everybody
    assert found["siro"] is None
    assert found["central-team"] is None
