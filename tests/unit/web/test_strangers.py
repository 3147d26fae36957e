"""Refusals of strangers: so many a minute from one address singly, the rest as a number, none lost."""

from __future__ import annotations

from openprotect.web.strangers import STRANGERS, Strangers


def test_of_one_address_so_many_are_written_and_the_rest_counted() -> None:
    strangers = Strangers(events=3, addresses=10)
    assert [strangers.is_written("a", second=0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert strangers.is_written("b", second=59)
    assert strangers.due(second=59) == 0
    # After the minute the number is due, once, and the address begins anew
    assert [strangers.due(second=60), strangers.due(second=61)] == [2, 0]
    assert strangers.is_written("a", second=62)


def test_very_many_addresses_share_one_count() -> None:
    strangers = Strangers(events=2, addresses=5)
    written = sum(strangers.is_written(str(each), second=0) for each in range(1000))
    assert written == 5 + 2
    assert strangers.due(second=120) == 1000 - written


def test_what_could_not_be_written_is_still_due() -> None:
    strangers = Strangers(events=1, addresses=5)
    strangers.is_written("a", second=0)
    strangers.is_written("a", second=0)
    strangers.again(strangers.due(second=60))
    assert strangers.due(second=60) == 1


def test_the_file_that_ships_is_read() -> None:
    assert STRANGERS.events > 0
    assert STRANGERS.addresses > 0
