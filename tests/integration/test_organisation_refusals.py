"""What organisations cannot be to each other is refused with a sentence, and nothing is written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import errors
from openprotect.governance.facts.organisations import Extract, OrganisationRow
from openprotect.governance.scope import system
from openprotect.journey import flow
from tests.factories.seen import one, rows
from tests.factories.small_service import BEGINS, open_service

MAY = date(2020, 5, 1)


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    open_service(tmp_path_factory.mktemp("service"))


@pytest.mark.parametrize(
    ("action", "arguments", "refusal", "says"),
    [
        ("relate", {"organisation": "T99", "kind": "part_of", "to": "T01"}, errors.UnknownOrganisation, "code T99"),
        ("relate", {"organisation": "T06", "kind": "part_of", "to": "T06"}, errors.NotItsOwnSuccessor, "T06 cannot"),
        ("relate", {"organisation": "T06", "kind": "located_in", "to": "T05"}, errors.RelationsContradict,
         "T06 is already located in T04 from 7 April 2020 to now on."),
        ("relate", {"organisation": "T06", "kind": "part_of", "to": "T01", "ends_on": date(2020, 4, 1)},
         errors.EndsBeforeItStarts, "1 April 2020, is before the first, 1 May 2020"),
        ("merge_organisations", {"codes": ("T04",), "into": "T04", "name": ""}, errors.NotItsOwnSuccessor, "T04"),
        ("merge_organisations", {"codes": ("T04",), "into": "T77", "name": ""}, errors.SuccessorNeedsAName, "T77"),
        ("merge_organisations", {"codes": ("T04", "T98"), "into": "T05", "name": ""}, errors.UnknownOrganisation, "T98"),
        ("merge_organisations", {"codes": ("T04",), "into": "no code", "name": "X"}, errors.NotACode, "'NO CODE' is no"),
        ("merge_organisations", {"codes": ("T04",), "into": "T77", "name": "x" * 100_000}, errors.NameTooLong, "100,000"),
        ("merge_organisations", {"codes": ("T04",), "into": "T77", "name": "X", "starts_on": date.min},
         errors.DayOutOfReach, "1 January 1 is no day"),
        ("close_organisation", {"organisation": "T04", "last_day": date.max}, errors.DayOutOfReach, "1 January 1880"),
        ("relate", {"organisation": "T06", "kind": "part_of", "to": "T01", "ends_on": date.max},
         errors.DayOutOfReach, "31 December 9999"),
        ("close_organisation", {"organisation": "T01"}, errors.TheSafetyNetStays, "surveillance"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(
    service: None, action: str, arguments: dict[str, Any], refusal: type[Exception], says: str
) -> None:
    defaults: dict[str, dict[str, Any]] = {
        "relate": {"starts_on": MAY, "ends_on": None},
        "merge_organisations": {"starts_on": MAY},
        "close_organisation": {"last_day": MAY},
    }
    count = "SELECT count(*) FROM governance_organisationrelation"
    before = one(count)
    with pytest.raises(refusal, match=says):
        flow.perform(
            getattr(governance, action), by=system("test", now=BEGINS), now=BEGINS, **{**defaults[action], **arguments}
        )
    assert one(count) == before


def test_a_code_that_is_given_twice_is_merged_once(service: None) -> None:
    flow.perform(
        governance.merge_organisations,
        codes=("T06", " t06"), into="T78", name="The successor", starts_on=MAY,
        by=system("test", now=BEGINS), now=BEGINS,
    )  # fmt: skip
    assert one("SELECT count(*) FROM governance_organisationrelation WHERE kind = 'succeeded_by'") == 1


TEXTS: list[tuple[dict[str, str], str]] = [
    ({"username": ""}, "The username is 0"), ({"username": "a\nb"}, "The username"), ({"username": "x" * 81}, "The username"),
    ({"name": " "}, "The name"), ({"name": "x" * 5_000}, "The name is 5,000"), ({"title": "x" * 81}, "The title"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "says"), TEXTS)
def test_nobody_is_appointed_with_words_that_fit_nowhere(service: None, given: dict[str, str], says: str) -> None:
    words = {"username": "new-one", "name": "New One", "title": "", **given}
    count = "SELECT count(*) FROM governance_user"
    before = one(count)
    with pytest.raises(errors.DoesNotFit, match=says):
        flow.perform(
            governance.appoint, **words, organisation=one("SELECT min(id) FROM governance_organisation"),
            role=one("SELECT min(name) FROM governance_role"), team=None, ends_at=None,
            by=system("test", now=BEGINS), now=BEGINS,
        )  # fmt: skip
    assert one(count) == before


def test_an_account_of_a_provider_is_one_persons(service: None) -> None:
    one_, other = (each for (each,) in rows("SELECT id FROM governance_user ORDER BY id LIMIT 2"))
    by = system("test", now=BEGINS)
    for address in ("no address", "x" * 5_000 + "@example.org"):
        with pytest.raises(errors.NotAnEmailAddress):
            flow.perform(governance.enter_email, user=one_, email=address, by=by, now=BEGINS)
    link = {"provider": "local", "subject": "s-1"}
    flow.perform(governance.link_account, user=one_, **link, by=by, now=BEGINS)
    with pytest.raises(errors.AccountBelongsToAnother):
        flow.perform(governance.link_account, user=other, **link, by=by, now=BEGINS)


def test_an_extract_makes_no_board_a_practice(service: None) -> None:
    row = OrganisationRow(1, "T01", "A SURGERY", "practice", "active", None, None, "", "")
    extract = Extract((row,), (), 0, "0" * 64, "")
    with pytest.raises(errors.ExtractContradicts) as refused:
        flow.perform(governance.take_in_extract, extract=extract, by=system("test", now=BEGINS), now=BEGINS)
    assert "row 1, column code: read 'T01'" in str(refused.value.faults[0])
    assert one("SELECT kind FROM governance_organisation WHERE code = 'T01'") == "icb"
