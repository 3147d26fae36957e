"""Emergency access: how long, why, and by when somebody looks into it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from openprotect.governance.rules import emergency as rules
from openprotect.lib.errors import BadInput

TUESDAY = datetime(2020, 4, 7, 9, 0, tzinfo=UTC)
FILE = """
lasts = "2 hours"
words_at_least = 3
tries = 5
tries_within = "15 minutes"
openings = 2
openings_within = "7 days"
told_within = "5 minutes"
review_working_days = 3
escalates_to = ["siro"]
[reasons]
danger = "In danger"
"""
LISTS_OTHERS = ("search", "export", "download", "audit")


def test_the_file_that_ships_is_read() -> None:
    settings = rules.settings()
    assert rules.ends_at(TUESDAY, settings) == TUESDAY + timedelta(hours=4)
    assert len(settings.reasons) == 4


def test_a_shorter_time_is_the_files_to_choose() -> None:
    assert rules.ends_at(TUESDAY, rules.parse(FILE, file="f.toml")) == TUESDAY + timedelta(hours=2)


@pytest.mark.parametrize(
    ("was", "becomes", "column"),
    [
        ('"2 hours"', '"5 hours"', "lasts"),
        ('"2 hours"', '"1 day"', "lasts"),
        ('"2 hours"', '"0 hours"', "lasts"),
        ('"2 hours"', '"long"', "lasts"),
        ("tries = 5", "tries = 0", "tries"),
        ("tries = 5", "tries = true", "tries"),
        ("openings = 2", "openings = 0", "openings"),
        ('"7 days"', '"often"', "openings_within"),
        ('["siro"]', '"siro"', "escalates_to"),
        ('danger = "In danger"', "", "reasons"),
    ],
)
def test_a_file_that_allows_too_much_is_refused(was: str, becomes: str, column: str) -> None:
    with pytest.raises(BadInput) as refused:
        rules.parse(FILE.replace(was, becomes), file="f.toml")
    assert [fault.column for fault in refused.value.faults] == [column]


def test_three_working_days_leave_out_weekends_and_bank_holidays() -> None:
    # Good Friday and Easter Monday of 2020 were 10 and 13 April; a week later nothing was shut
    settings = rules.settings()
    assert rules.review_due(TUESDAY, settings) == datetime(2020, 4, 14, 9, 0, tzinfo=UTC)
    assert rules.review_due(TUESDAY + timedelta(days=14), settings) == datetime(2020, 4, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "enough"),
    [("", False), ("needed", False), ("1 2 3 4 5", False), (". . . .", False), ("She rang and cannot breathe", True)],
)
def test_a_word_or_two_are_no_reason(words: str, enough: bool) -> None:
    assert rules.says_why(words, rules.settings()) is enough


def test_nobody_reviews_their_own() -> None:
    assert not rules.may_review(reviewer=1, opener=1)
    assert rules.may_review(reviewer=2, opener=1)


def test_every_search_and_export_is_shut_while_it_lasts() -> None:
    found = [each for each in _routes(get_resolver()) if any(word in str(each.pattern) for word in LISTS_OTHERS)]
    staffs = [each for each in found if str(each.pattern).startswith(("staff/", "oversight/"))]
    assert staffs
    assert [str(each.pattern) for each in staffs if not hasattr(each.callback, "closed_in_emergency")] == []


def _routes(resolver: URLResolver) -> list[URLPattern]:
    routes: list[URLPattern] = []
    for each in resolver.url_patterns:
        routes += _routes(each) if isinstance(each, URLResolver) else [each]
    return routes
