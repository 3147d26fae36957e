"""When a basis is in force, which carries a use, and when people are warned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openprotect.governance.basis_errors import BasesHaveFaults
from openprotect.governance.facts.bases import BasisStated, Change, Option, Term
from openprotect.governance.facts.law import WARNING_DAYS
from openprotect.governance.rules import bases as rules
from openprotect.interop.feeds.legal_bases import read_bases

START, END = datetime(2020, 3, 20, tzinfo=UTC), datetime(2022, 6, 30, 23, tzinfo=UTC)
TERM = Term(START, END)
SECOND = timedelta(seconds=1)
EXAMPLE = Path(rules.__file__).parents[1] / "examples" / "copi-notices.toml"


@pytest.mark.parametrize(
    ("now", "expected"),
    [(START - SECOND, "not yet"), (START, "live"), (END - SECOND, "live"), (END, "ended"), (END + SECOND, "ended")],
)
def test_it_holds_from_its_start_up_to_the_second_it_ends(now: datetime, expected: str) -> None:
    assert rules.state(TERM, now) == expected


def test_of_several_in_force_the_one_that_holds_longest_carries_a_use() -> None:
    short = Option(1, frozenset({"evaluation"}), frozenset(), Term(START, END))
    long = Option(2, frozenset({"evaluation", "direct_care"}), frozenset({"gp_records"}), Term(START, None))
    both = [short, long]
    assert rules.rests_on(both, purpose="evaluation", source=None, now=START) == 2
    assert rules.rests_on(both, purpose="evaluation", source="hospital_records", now=START) == 1
    assert rules.rests_on(both, purpose=None, source="gp_records", now=START) == 2
    assert rules.rests_on(both, purpose=None, source="hospital_records", now=START) is None
    assert rules.rests_on(both, purpose="risk_stratification", source=None, now=START) is None
    assert rules.rests_on([short], purpose="evaluation", source=None, now=END) is None


def test_only_direct_care_with_a_review_date_may_go_without_an_end() -> None:
    said = BasisStated("k", "t", "direct_care", START, None, is_direct_care=True)
    assert not rules.may_be_without_end(said)
    assert rules.may_be_without_end(BasisStated(**{**vars(said), "review_date": END.date()}))
    assert not rules.may_be_without_end(
        BasisStated(**{**vars(said), "review_date": END.date(), "is_direct_care": False})
    )


def test_each_warning_is_given_once_and_the_nearest_only() -> None:
    def due(days: float, given: tuple[int, ...] = ()) -> int | None:
        return rules.warning_due(TERM, WARNING_DAYS, given, END - timedelta(days=days))

    assert WARNING_DAYS == (90, 56, 30, 7)
    assert [due(d) for d in (91, 90, 57, 56, 30, 8, 7, 0.01)] == [None, 90, 90, 56, 30, 30, 7, 7]
    assert due(89, (90,)) is None
    assert due(56, (90,)) == 56
    assert due(50, (7,)) is None  # who was told of the last week is not told of the last months again
    assert due(0) is None
    assert due(-1) is None


def test_the_end_that_was_known_on_a_day_is_still_told() -> None:
    changes = [Change(START, START + timedelta(days=100)), Change(START + timedelta(days=50), END)]
    assert rules.end_in_force(changes, START + timedelta(days=49)) == START + timedelta(days=100)
    assert rules.end_in_force(changes, START + timedelta(days=50)) == END
    with pytest.raises(LookupError):
        rules.end_in_force(changes, START - SECOND)


def test_the_last_day_is_one_day() -> None:
    assert [rules.days_left(TERM, END - timedelta(hours=h)) for h in (1, 24, 25, 0)] == [1, 1, 2, 0]


def test_the_four_notices_end_with_the_last_day_of_june_2022() -> None:
    notices = read_bases(EXAMPLE)
    assert len(notices) == 4
    assert {notice.extensions[-1].ends_at for notice in notices} == {END}
    assert {notice.said["starts_at"].date().day for notice in notices} == {17, 20, 23}


def test_every_fault_of_a_file_is_said_with_its_basis_and_key(tmp_path: Path) -> None:
    path = tmp_path / "bases.toml"
    path.write_text(
        '[[basis]]\nkey = "a"\ntitle = "A"\npurpose = "care"\nfrom = 2020-03-20\nowner_role = "ig_lead"\n'
        '[[basis]]\nkey = "a"\ntitle = "A"\npurpose = "evaluation"\nfrom = "2020-03-20"\nuntil = 2020-01-01\ncolour = "red"\n'
        '[[basis]]\nkey = "c"\ntitle = "C"\npurpose = "evaluation"\nfrom = 2020-03-20\nuntil = 2020-04-01\nowner = "X"\n'
        '[[basis.extension]]\nknown = 2020-05-01\nuntil = 2020-06-01\nwords = "late"\n',
        encoding="utf-8",
    )
    with pytest.raises(BasesHaveFaults) as raised:
        read_bases(path)
    said = "\n".join(map(str, raised.value.faults))
    for expected in (
        "bases.toml, basis 'a', column purpose: read 'care', expected one of direct_care",
        "column until: read 'nothing'",
        "column colour",
        "column from: read '2020-03-20', expected a day such as",
        "column owner_role: read 'nothing'",
        "basis 'c', column extension: read 'late'",
    ):
        assert expected in said, said


@pytest.mark.parametrize("text", ["", "basis = 3", "[[basis]\n", "[[other]]\nkey = 1", "[[basis]]\nparty = 1"])
def test_what_is_no_file_of_bases_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bases.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BasesHaveFaults):
        read_bases(path)
