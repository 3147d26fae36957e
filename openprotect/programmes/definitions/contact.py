"""2-contact.yaml: the ladder, its channels, cadence, quiet hours and calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal

from openprotect.lib.errors import Fault
from openprotect.lib.periods import Period
from openprotect.programmes.document import Node, line_of

Channel = Literal["sms", "email", "letter"]
Next = Literal["retry", "answered", "stop", "welfare", "wrong_number", "opt_out", "died", "contacted_in_error"]


@dataclass(frozen=True)
class Cadence:
    """One check-in `every` so often, `for_` so long; None goes on without end."""

    every: Period
    for_: Period | None


@dataclass(frozen=True)
class Step:
    """A message of one check-in, sent by the first of `channels` that reaches the person.

    Somebody who can be reached by none of them passes the step over.
    """

    id: str
    channels: tuple[Channel, ...]
    message: str  # "invite" is sms.invite, email.invite or letter.invite
    after: Period  # from the moment the check-in opened


@dataclass(frozen=True)
class PartOfDay:
    """A part of the day over which calls are spread."""

    name: str
    from_: time
    until: time


@dataclass(frozen=True)
class CallOutcome:
    """What a caller may record, and what follows from it."""

    code: str
    label: str
    reached: bool
    ends: bool
    next: Next


@dataclass(frozen=True)
class CallRule:
    """Telephone calls, where messages brought no answer."""

    after_missed: int
    tries: int
    within: Period
    hold: Period  # how long a call stays a handler's before it goes back to the list
    hours_from: time
    hours_until: time
    parts_of_day: tuple[PartOfDay, ...]
    text_after_tries: tuple[int, ...]
    text_message: str
    script: str
    outcomes: tuple[CallOutcome, ...]

    def outcome(self, code: str) -> CallOutcome:
        """The outcome with this code; KeyError where the pack has none."""
        for outcome in self.outcomes:
            if outcome.code == code:
                return outcome
        raise KeyError(code)


@dataclass(frozen=True)
class Contact:
    """How the people of a programme are reached. Times of day are those of Europe/London."""

    cadence: tuple[Cadence, ...]
    open_for: Period
    letter_open_for: Period
    link_valid_for: Period
    quiet_from: time
    quiet_until: time
    steps: tuple[Step, ...]
    call: CallRule
    exhausted_category: str
    exhausted_urgency: str
    worried_category: str
    worried_urgency: str


def parse_contact(document: Node, file: str, faults: list[Fault]) -> Contact:
    """The ladder in a document that has the shape of its schema."""
    raw = document.value
    call, quiet = raw["call"], raw["quiet_hours"]
    contact = Contact(
        cadence=tuple(
            Cadence(Period.parse(one["every"]), Period.parse(one["for"]) if "for" in one else None)
            for one in raw["cadence"]
        ),
        open_for=Period.parse(raw["open_for"]),
        letter_open_for=Period.parse(raw["letter_open_for"]),
        link_valid_for=Period.parse(raw["link_valid_for"]),
        quiet_from=time.fromisoformat(quiet["from"]),
        quiet_until=time.fromisoformat(quiet["until"]),
        steps=tuple(
            Step(step["id"], tuple(step["channels"]), step["message"], Period.parse(step["after"]))
            for step in raw["steps"]
        ),
        call=CallRule(
            after_missed=call["after_missed"],
            tries=call["tries"],
            within=Period.parse(call["within"]),
            hold=Period.parse(call["hold"]),
            hours_from=time.fromisoformat(call["hours"]["from"]),
            hours_until=time.fromisoformat(call["hours"]["until"]),
            parts_of_day=tuple(
                PartOfDay(
                    part["name"],
                    time.fromisoformat(part["from"]),
                    time.fromisoformat(part["until"]),
                )
                for part in call["parts_of_day"]
            ),
            text_after_tries=tuple(call["text"]["after_tries"]),
            text_message=call["text"]["message"],
            script=call["script"],
            outcomes=tuple(CallOutcome(**outcome) for outcome in call["outcomes"]),
        ),
        exhausted_category=raw["when_exhausted"]["category"],
        exhausted_urgency=raw["when_exhausted"]["urgency"],
        worried_category=raw["when_worried"]["category"],
        worried_urgency=raw["when_worried"]["urgency"],
    )
    for path, read, expected in _faults(contact):
        faults.append(Fault(file, f"line {line_of(document, path)}", "", read, expected))
    return contact


_Found = list[tuple[Sequence[str | int], str, str]]


def _faults(contact: Contact) -> _Found:
    """What cannot be kept: path, what was read, what was expected."""
    found: _Found = []
    for place, cadence in enumerate(contact.cadence):
        last = place == len(contact.cadence) - 1
        if last == (cadence.for_ is not None):
            expected = "no 'for' in the last entry, and one in every other"
            found.append((["cadence", place], f"every {cadence.every}", expected))
        if cadence.every.length < timedelta(hours=1):
            found.append((["cadence", place], f"{cadence.every}", "an hour or more between check-ins"))
    if contact.quiet_from <= contact.quiet_until:
        read = f"{contact.quiet_from:%H:%M} to {contact.quiet_until:%H:%M}"
        expected = "quiet hours over the night: 'from' in the evening, 'until' in the morning"
        found.append((["quiet_hours"], read, expected))
    for name, opening in (
        ("open_for", contact.open_for),
        ("letter_open_for", contact.letter_open_for),
    ):
        if opening.length <= timedelta(0):
            found.append(([name], str(opening), "longer than nothing"))
        if opening.length > contact.link_valid_for.length:
            expected = f"no longer than the link is valid, {contact.link_valid_for}"
            found.append(([name], str(opening), expected))
    found += _step_faults(contact) + _call_faults(contact)
    return found


def _step_faults(contact: Contact) -> _Found:
    found: _Found = []
    names: set[str] = set()
    for place, step in enumerate(contact.steps):
        if step.id in names:
            found.append((["steps", place], step.id, "each step's id once"))
        names.add(step.id)
        letters_only = step.channels == ("letter",)
        opening = contact.letter_open_for if letters_only else contact.open_for
        if step.after.length >= opening.length:
            expected = f"before the check-in closes, {opening} after it opened"
            found.append((["steps", place, "after"], str(step.after), expected))
        if place and step.after.length < contact.steps[place - 1].after.length:
            expected = "steps in the order in which they are sent"
            found.append((["steps", place, "after"], str(step.after), expected))
    return found


def _call_faults(contact: Contact) -> _Found:
    call = contact.call
    found: _Found = []
    if not contact.quiet_until <= call.hours_from < call.hours_until <= contact.quiet_from:
        read = f"{call.hours_from:%H:%M} to {call.hours_until:%H:%M}"
        expected = f"between {contact.quiet_until:%H:%M} and {contact.quiet_from:%H:%M}: outside quiet hours"
        found.append((["call", "hours"], read, expected))
    previous = call.hours_from
    for place, part in enumerate(call.parts_of_day):
        if not previous <= part.from_ < part.until <= call.hours_until:
            read = f"{part.name}: {part.from_:%H:%M} to {part.until:%H:%M}"
            expected = (
                f"parts of the day one after the other, between {call.hours_from:%H:%M} and {call.hours_until:%H:%M}"
            )
            found.append((["call", "parts_of_day", place], read, expected))
        previous = part.until
    for place, number in enumerate(call.text_after_tries):
        if number > call.tries:
            found.append((["call", "text", "after_tries", place], str(number), f"a try from 1 to {call.tries}"))
    codes: set[str] = set()
    for place, outcome in enumerate(call.outcomes):
        path: list[str | int] = ["call", "outcomes", place]
        if outcome.code in codes:
            found.append((path, outcome.code, "each outcome's code once"))
        codes.add(outcome.code)
        if outcome.ends == (outcome.next in ("retry", "wrong_number")):
            expected = "'ends: false' with the next 'retry' or 'wrong_number', 'ends: true' with any other"
            found.append((path, f"{outcome.code}: next {outcome.next}", expected))
        if outcome.next == "answered" and not outcome.reached:
            found.append((path, outcome.code, "'reached: true' where the person has answered"))
    for needed in ("retry", "answered", "opt_out", "died"):
        if needed not in {outcome.next for outcome in call.outcomes}:
            found.append((["call", "outcomes"], f"no '{needed}'", f"an outcome with 'next: {needed}'"))
    return found
