"""The national extract as it was published in October 2019: it comes in whole, again, and with what changed."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance.errors import ExtractContradicts
from openprotect.governance.facts.organisations import ExtractTotals
from openprotect.governance.scope import system
from openprotect.interop.feeds.organisation_extract import find_files, read_extract
from openprotect.journey import flow
from tests.factories.seen import one, rows

PUBLISHED = Path(__file__).parents[3] / "shared/data/organisations"
OCTOBER = datetime(2019, 10, 14, 9, 0, tzinfo=UTC)
APRIL = datetime(2020, 4, 2, 9, 0, tzinfo=UTC)
PREDECESSORS = ("06M", "06V", "06W", "06Y", "07J")


@pytest.fixture(scope="module")
def published(module_db: Urls) -> ExtractTotals:
    """The whole extract, once for all tests here, in their order."""
    if not PUBLISHED.is_dir():
        pytest.skip(f"the published extract is not at {PUBLISHED}")
    return take_in(PUBLISHED, OCTOBER)


def test_it_comes_in_whole(published: ExtractTotals) -> None:
    assert str(published.organisations) == (
        "14,303 = 14,303 new + 0 changed + 0 unchanged + 0 kept + 0 duplicate + 0 set aside"
    )
    # 2,637 organisations have a commissioner in it and stand in no file: nobody knows what they were.
    assert str(published.relations) == (
        "47,822 = 42,207 new + 0 changed + 0 unchanged + 0 kept + 0 duplicate + 5,615 set aside"
    )
    assert dict(rows("SELECT kind, count(*) FROM governance_organisation GROUP BY 1", now=OCTOBER)) == {
        "practice": 8201, "other": 6102, "commissioner": published.named,
    }  # fmt: skip
    assert one("SELECT count(*) FROM governance_auditevent WHERE action LIKE '%% imported'", now=OCTOBER) == 2


def test_a_practice_belongs_to_its_commissioner_of_now(published: ExtractTotals) -> None:
    history = rows(
        "SELECT t.code, r.starts_on::text, r.ends_on::text, r.in_force, t.id = o.parent_id"
        " FROM governance_organisationrelation r JOIN governance_organisation o ON o.id = r.organisation_id"
        " JOIN governance_organisation t ON t.id = r.to_id WHERE o.code = 'A81001' ORDER BY r.starts_on",
        now=OCTOBER,
    )
    assert history == [
        ("4QP36", "1999-04-01", "2001-03-31", False, False),
        ("5E1", "2001-04-01", "2013-03-31", False, False),
        ("00K", "2013-04-01", None, True, True),
    ]


def test_the_same_again_changes_nothing(published: ExtractTotals) -> None:
    again = take_in(PUBLISHED, OCTOBER + timedelta(days=1))
    assert (again.organisations.unchanged, again.relations.unchanged) == (14303, 42207)
    assert (again.named, again.withdrawn, again.relations.set_aside) == (0, 0, 5615)
    assert one("SELECT count(*) FROM governance_organisationrelation", now=OCTOBER) == 42207


def test_a_later_one_keeps_the_past(published: ExtractTotals, tmp_path: Path) -> None:
    later = tmp_path / "later"
    later.mkdir()

    def closed(cells: list[str]) -> list[list[str]]:
        if cells[0] != "A81001":
            return [cells]
        return [[*cells[:1], "THE DENSHAM SURGERY (NEW)", *cells[2:]]]

    def moved(cells: list[str]) -> list[list[str]]:
        if cells[0] != "A81001" or cells[1] != "00K":
            return [cells]
        return [["A81001", "00K", "W", "20130401", "20191031", "1"], ["A81001", "00D", "W", "20191101", "", "0"]]

    rewrite(PUBLISHED / "epraccur.csv", later / "epraccur.csv", closed)
    rewrite(PUBLISHED / "epcmem.csv", later / "epcmem.csv", moved)
    totals = take_in(later, OCTOBER + timedelta(days=7))
    assert (totals.organisations.changed, totals.relations.changed, totals.relations.new) == (1, 1, 1)
    commissioner = (
        "SELECT t.code FROM governance_organisation o JOIN governance_organisation t ON t.id = o.parent_id"
        " WHERE o.code = 'A81001'"
    )
    assert one(commissioner, now=OCTOBER) == "00K"  # November has not come
    done = flow.perform(governance.take_effect, by=system("worker", now=APRIL), now=APRIL)
    assert (one(commissioner, now=APRIL), done) == ("00D", 0)


@pytest.fixture(scope="module")
def merged(published: ExtractTotals) -> set[str]:
    """On 1 April 2020, 06M, 06V, 06W, 06Y and 07J became 26A; returns their practices of the day before."""
    take_in(PUBLISHED / "epcmem.csv", APRIL)  # as published, whatever a test here changed
    practices = {code for (code,) in commissioned_by(*PREDECESSORS)}
    by = system("test", now=APRIL)
    first = datetime(2020, 4, 1, tzinfo=UTC).date()
    flow.perform(
        governance.merge_organisations,
        codes=PREDECESSORS, into="26A", name="NHS NORFOLK AND WAVENEY CCG", starts_on=first, by=by, now=APRIL,
    )  # fmt: skip
    return practices


def test_five_commissioners_become_one(merged: set[str]) -> None:
    practices = merged
    assert len(practices) == 163
    assert {code for (code,) in commissioned_by("26A")} == practices
    assert commissioned_by(*PREDECESSORS) == []
    ends = rows(
        "SELECT DISTINCT r.ends_on::text FROM governance_organisationrelation r JOIN governance_organisation t"
        " ON t.id = r.to_id JOIN governance_organisationrelation n ON n.organisation_id = r.organisation_id"
        " AND n.starts_on = '2020-04-01' WHERE t.code = ANY (%s) AND r.ends_on > '2020-01-01'",
        list(PREDECESSORS),
    )
    assert ends == [("2020-03-31",)]
    # The extract of October does not know of it, and does not undo it.
    again = take_in(PUBLISHED / "epcmem.csv", APRIL)
    assert again.relations.kept == 163
    assert (again.relations.new, again.relations.changed, again.withdrawn) == (0, 0, 0)
    assert {code for (code,) in commissioned_by("26A")} == practices


def test_what_contradicts_an_entry_of_ours_is_refused(merged: set[str], tmp_path: Path) -> None:
    with pytest.raises(ExtractContradicts) as refused:
        take_in(written(tmp_path / "epcmem.csv", '"D82001","06L","W","20200501","","0"\r\n'), APRIL)
    (fault,) = refused.value.faults
    assert str(fault).startswith("epcmem.csv, row 1, column from: read '20200501', expected a day on which D82001")


def take_in(path: Path, now: datetime) -> ExtractTotals:
    extract = read_extract(*find_files([path]))
    return flow.perform(governance.take_in_extract, extract=extract, by=system("test", now=now), now=now)


def rewrite(source: Path, target: Path, change: Callable[[list[str]], list[list[str]]]) -> None:
    with source.open(newline="") as old, target.open("w", newline="") as new:
        writer = csv.writer(new, quoting=csv.QUOTE_ALL)
        for cells in csv.reader(old):
            writer.writerows(change(cells))


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def commissioned_by(*codes: str) -> list[tuple[str]]:
    return rows(
        "SELECT o.code FROM governance_organisation o JOIN governance_organisation t ON t.id = o.parent_id"
        " WHERE t.code = ANY (%s)",
        list(codes),
        now=APRIL,
    )
