"""A whole population, person after person, written as it is made."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openprotect.demo.synthesise import places
from openprotect.demo.synthesise.contact_data import ContactData, Reach
from openprotect.demo.synthesise.draw import Draw
from openprotect.demo.synthesise.health import CodeLists, Health, Record
from openprotect.demo.synthesise.listing import ShieldedLists
from openprotect.demo.synthesise.people import Households, Person
from openprotect.demo.synthesise.tables import Tables
from openprotect.lib.errors import Refusal
from openprotect.lib.nhs_number import TEST_NUMBERS, number_for_tests

MOST_PEOPLE = TEST_NUMBERS - 10_000  # the rest is for those whom only the list knows
EARLIEST_START = date(2020, 3, 1)
AT_RISK = 0.045
NOTE = """Synthetic: not for care.

Nobody in these files exists. Their NHS numbers are from the range for tests, their telephone
numbers from the ranges for drama. The files are in the shapes in which real ones are sent, which
leaves no room for this sentence inside them.
"""
_RISK_FROM_AGE = ((80, 0.130), (65, 0.105), (50, 0.055), (18, 0.024), (0, 0.013))
_STEADINESS = 8  # how many people too few make the next ones twice as likely
_LISTED_OF_AT_RISK = 0.64
_ONLY_ON_THE_LIST = 0.10  # of the listed: hospital evidence that general practice never saw
_LATER_ADDITION = 7  # one in so many of the unlisted is on the second version
_UNKNOWN_TO_RECORDS = 80  # one in so many of the listed


class TooManyPeople(Refusal):
    """At most {most} people can be made, because the NHS numbers for tests run out."""


class StartTooEarly(Refusal):
    """The population can start on {earliest} at the earliest: before that there was no list."""


@dataclass(frozen=True)
class Population:
    """What was made, for whoever reports it."""

    people: int
    at_risk: int  # alive, registered and meant to be found by the pack or the list
    listed: int  # rows of distinct people on the first version of the list


def synthesise(
    folder: Path,
    *,
    people: int,
    seed: int,
    start: date,
    codelists: Path,
    progress: Callable[[int], object] = lambda made: None,
) -> Population:
    """Write the files of a made-up population into a folder, which is made if need be.

    The same people, seed, start and code lists give the same bytes on every machine.
    `progress` is told how many more people there are, household by household.
    Memory does not grow with the population but for the rows of the lists.
    """
    if people > MOST_PEOPLE:
        raise TooManyPeople(most=f"{MOST_PEOPLE:,}")
    if start < EARLIEST_START:
        raise StartTooEarly(earliest=f"{EARLIEST_START:%d %B %Y}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "READ-ME.txt").write_text(NOTE, encoding="utf-8")
    draw = Draw(f"openprotect {seed} {start.isoformat()} {people}")
    with Tables(folder) as tables:
        making = _Making(tables, people, start, CodeLists(codelists), draw)
        for household in making.households:
            making.household(household)
            progress(len(household))
        making.lists.write(folder)
    return Population(people, making.at_risk, making.lists.listed)


class _Making:
    def __init__(self, tables: Tables, people: int, start: date, codelists: CodeLists, draw: Draw) -> None:
        self.tables, self.start, self.draw = tables, start, draw
        self.offset = draw.below(TEST_NUMBERS)  # another seed has other NHS numbers
        self.households = Households(people, start, draw)
        self.health = Health(codelists, start, draw)
        self.contact_data = ContactData(draw)
        self.lists = ShieldedLists(start, draw)
        self.made = self.at_risk = self.unlisted = self.strangers = 0
        tables.write("organisations", places.organisations(people))

    def household(self, members: list[Person]) -> None:
        own = self.contact_data.new_landline()
        for person in members:
            self._person(person, members, own)

    def _person(self, person: Person, members: list[Person], own: str) -> None:
        draw = self.draw
        self.made += 1
        died, left = self._ending(person)
        gone = died is not None or left is not None
        at_risk = draw.chance(0.2) if gone else self._is_at_risk(person)
        listed = at_risk and draw.chance(0.1 if gone else _LISTED_OF_AT_RISK)
        only_listed = listed and draw.chance(_ONLY_ON_THE_LIST)
        route = self.health.route_for(person) if at_risk and not only_listed else None
        record = self.health.record(person, route, near_misses=not at_risk)
        reach = self.contact_data.reach(person, members, at_risk, own)
        number = self._nhs_number(person)
        name = "only_on_the_list" if only_listed else route.name if route else ""
        on = ""
        if listed:
            on = self.lists.add(person, number, reach, None, name)
            if self.lists.listed % _UNKNOWN_TO_RECORDS == 1:
                self._stranger()
        elif at_risk and not gone:
            self.unlisted += 1
            if self.unlisted % _LATER_ADDITION == 0:
                on = self.lists.add_later(person, number, reach, name)
        self._needs(person, members)
        self._write(person, record, reach, number, died, left)
        self._truth(person.person_id, person, number, name, on)

    def _is_at_risk(self, person: Person) -> bool:
        """By age, and more likely the further the share lags behind, so that it holds in few."""
        base = next(risk for age, risk in _RISK_FROM_AGE if person.age >= age)
        lag = AT_RISK * self.made - self.at_risk
        found = self.draw.chance(base * max(0.0, 1 + lag / _STEADINESS))
        self.at_risk += found
        return found

    def _ending(self, person: Person) -> tuple[date | None, date | None]:
        """When somebody died or left the practice, for those still in its records."""
        draw = self.draw
        if person.age < 3:
            return None, None
        if draw.chance(0.03 if person.age >= 65 else 0.0015):
            person.traits.append("died")
            return draw.day_before(self.start, 3, 700), None
        if draw.chance(0.0085):
            person.traits.append("moved_away")
            return None, draw.day_before(self.start, 3, 700)
        return None, None

    def _needs(self, person: Person, members: list[Person]) -> None:
        draw, age, needs = self.draw, person.age, person.needs
        if person.community.languages and age >= 5 and draw.chance(0.16):
            person.language = draw.pick(person.community.languages)
            if draw.chance(0.6):
                needs.append("interpreter")
        if "learning_disability" in person.traits and draw.chance(0.7):
            needs.append("easy_read")
        if draw.chance(0.11 if age >= 65 else 0.011):
            needs.append("large_print")
        if draw.chance(0.006):
            needs.append("deaf")
        if draw.chance(0.003):
            needs.append("restricted")
        if draw.chance(0.25 if age >= 65 else 0.03):
            needs.append("no_digital")
        if draw.chance(0.25 if age >= 80 else 0.08 if age >= 65 else 0.01 if age >= 16 else 0):
            needs.append("carer")

    def _write(
        self,
        person: Person,
        record: Record,
        reach: Reach,
        number: str,
        died: date | None,
        left: date | None,
    ) -> None:
        draw, home, ident = self.draw, person.home, person.person_id
        known_days = max(1, (self.start - person.born).days - 710)
        registered = draw.day_before(self.start, 701, 710 + known_days)
        row = (
            *(ident, number, person.given_name, person.family_name, person.born.isoformat()),
            *(person.sex, person.ethnic_category, died.isoformat() if died else ""),
            *(home.area.practice, max(person.born, registered).isoformat()),
            left.isoformat() if left else "",
            *(home.area.lsoa, str(home.area.imd_decile), "2019", *home.lines, home.postcode),
            *(reach.mobile, reach.landline, reach.email, person.language),
            ";".join(person.needs),
        )
        self.tables.write("people", [row])
        self.tables.write("contacts", self._contacts(person))
        self.tables.write("events", [(ident, *event) for event in record.events])
        self.tables.write("medicines", [(ident, *issue) for issue in record.medicines])
        self.tables.write("admissions", [(ident, *stay) for stay in record.admissions])
        self.tables.write("services", [(ident, *service) for service in record.services])

    def _contacts(self, person: Person) -> Iterator[tuple[str, ...]]:
        """Who acts for somebody: a carer, for a child a guardian."""
        draw = self.draw
        if "carer" in person.needs:
            given = draw.pick(person.community.female + person.community.male)
            name = f"{given} {draw.pick(person.community.family)}"
            yield person.person_id, "carer", name, places.mobile(draw.below(1_000))
        if person.guardian_name:
            yield person.person_id, "guardian", person.guardian_name, ""

    def _stranger(self) -> None:
        """Somebody on the list whom the records do not know."""
        person = self.households.stranger(self.households.people + self.strangers)
        self.strangers += 1
        number = self._nhs_number(person)
        reach = self.contact_data.reach(person, [person], True, self.contact_data.new_landline())
        on = self.lists.add(person, number, reach, None, "unknown_to_records")
        self._truth("", person, number, "unknown_to_records", on)

    def _nhs_number(self, person: Person) -> str:
        return number_for_tests((self.offset + person.serial) % TEST_NUMBERS)

    def _truth(self, ident: str, person: Person, number: str, route: str, lists: str) -> None:
        traits = ";".join(dict.fromkeys(person.traits))
        row = (ident, number, person.community.name, f"H{person.household:07d}", route, lists)
        self.tables.write("truth", [(*row, traits)])
