"""Who lives with whom: people in households, care homes, or nowhere in particular."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from openprotect.demo.synthesise import places
from openprotect.demo.synthesise.draw import Draw, Weighted
from openprotect.demo.synthesise.names import Community, communities
from openprotect.demo.synthesise.places import Home

# The adult head of a household, by age in years; partners and children follow from them, and
# the weights were set so that everybody together has the ages of England in mid-2020 (ONS).
_HEADS = Weighted(
    {18: 22, 20: 54, 25: 57, 30: 63, 35: 66, 40: 60, 45: 65, 50: 74, 55: 72}
    | {60: 59, 65: 53, 70: 55, 75: 38, 80: 26, 85: 16, 90: 6}
)
# Z is not stated, 99 unknown, and some records say nothing at all.
_ETHNICITY_AS_KNOWN = Weighted({"known": 87, "": 7, "Z": 4, "99": 2})
_WIDTH = {18: 2, 90: 9}  # other bands are five years wide
_CARE_HOME_SHARE = 0.012
_NO_FIXED_ADDRESS_SHARE = 0.003
_ADULT, _GUARDED_UNTIL = 18, 16


@dataclass
class Person:
    """Somebody made up. Filled in step by step, then written and forgotten."""

    serial: int
    household: int
    community: Community
    given_name: str
    family_name: str
    born: date
    age: int
    sex: str
    ethnic_category: str
    home: Home
    language: str = "en"
    guardian_name: str = ""
    needs: list[str] = field(default_factory=list)
    traits: list[str] = field(default_factory=list)

    @property
    def person_id(self) -> str:
        return f"P{self.serial + 1:07d}"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


class Households:
    """Makes households until the population is as large as it was asked to be."""

    def __init__(self, people: int, start: date, draw: Draw) -> None:
        self.people = people
        self.start = start
        self.draw = draw
        self.areas = places.areas(people, draw)
        self.made = 0
        self.number = 0
        self.in_care_homes = 0

    def __iter__(self) -> Iterator[list[Person]]:
        while self.made < self.people:
            self.number += 1
            owed = _CARE_HOME_SHARE * (self.made + 1) - self.in_care_homes
            household = self._care_home() if owed >= 10 else self._household()
            household = household[: self.people - self.made]
            self.made += len(household)
            yield household

    def stranger(self, serial: int) -> Person:
        """Somebody whom the records here do not know: another area's patient, or newly moved."""
        draw = self.draw
        self.number += 1
        community = draw.weighted(communities())
        home = places.home(draw.pick(self.areas), self.number, draw)
        person = self._person(community, home, draw.between(45, 90), "", 0)
        person.serial = serial
        person.family_name = community.family_name(draw.pick(community.family), person.sex)
        return person

    def _household(self) -> list[Person]:
        draw = self.draw
        community = draw.weighted(communities())
        area = draw.pick(self.areas)
        roofless = draw.chance(_NO_FIXED_ADDRESS_SHARE * 2.4)  # they mostly live alone
        home = places.nowhere(area) if roofless else places.home(area, self.number, draw)
        band = draw.weighted(_HEADS)
        age = band + draw.below(_WIDTH.get(band, 5))
        head = self._person(community, home, age, draw.pick(community.family), 0)
        if roofless:
            head.needs.append("no_fixed_address")
            return [head]
        people = [head]
        stem = head.family_name
        parent = 24 <= age < 56 and draw.chance(0.58 if age < 50 else 0.35)
        if draw.chance(0.74 if parent else 0.5 if age < 80 else 0.33):
            people.append(self._partner(head, stem))
        if parent:
            people += self._children(head, stem, len(people))
        elif 50 <= age < 66 and draw.chance(0.2):  # a grown-up child still at home
            people.append(self._person(community, home, draw.between(18, 28), stem, len(people)))
        self._name_after_a_parent(people)
        for person in people:
            person.family_name = community.family_name(person.family_name, person.sex)
        for person in people:
            if person.age < _GUARDED_UNTIL:
                person.guardian_name = head.name
                person.needs.append("guardian")
        return people

    def _partner(self, head: Person, stem: str) -> Person:
        draw = self.draw
        age = max(_ADULT, min(99, head.age + draw.between(-5, 5)))
        shared = draw.chance(0.72)
        name = stem if shared else draw.pick(head.community.family)
        opposite = {"female": "male", "male": "female"}.get(head.sex, "")
        sex = opposite if draw.chance(0.97) else head.sex
        return self._person(head.community, head.home, age, name, 1, sex)

    def _children(self, head: Person, stem: str, offset: int) -> list[Person]:
        draw = self.draw
        number = draw.weighted(Weighted({1: 40, 2: 42, 3: 14, 4: 4}))
        youngest, oldest = max(0, head.age - 41), min(17, head.age - 21)
        children = [
            self._person(head.community, head.home, draw.between(youngest, oldest), stem, offset + place)
            for place in range(number)
        ]
        if number > 1 and draw.chance(0.04):
            first, second = children[:2]
            second.born, second.age = first.born, first.age
            first.traits.append("twin")
            second.traits.append("twin")
            while second.given_name == first.given_name:
                second.given_name = head.community.given_name(draw, second.sex, second.age)
        return children

    def _name_after_a_parent(self, people: list[Person]) -> None:
        """One child in forty bears the whole name of a parent: name and address are not enough."""
        for child in people[1:]:
            parent = people[0]
            if child.age < parent.age - 15 and child.sex == parent.sex and self.draw.chance(0.025):
                child.given_name = parent.given_name
                child.traits.append("named_after_parent")

    def _care_home(self) -> list[Person]:
        draw = self.draw
        home = places.care_home(draw.pick(self.areas), self.number, draw)
        residents = []
        for offset in range(draw.between(20, 40)):
            community = draw.weighted(communities())
            sex = "female" if draw.chance(0.7) else "male"
            resident = self._person(community, home, draw.between(74, 99), draw.pick(community.family), offset, sex)
            resident.family_name = community.family_name(resident.family_name, sex)
            resident.needs.append("care_home")
            residents.append(resident)
        self.in_care_homes += len(residents)
        return residents

    def _person(self, community: Community, home: Home, age: int, family: str, offset: int, sex: str = "") -> Person:
        draw = self.draw
        if not sex:
            # Women outlive men; a few are recorded as neither, or not at all.
            chance_female = 0.49 if age < 65 else 0.53 if age < 80 else 0.61
            sex = "female" if draw.chance(chance_female) else "male"
            if draw.chance(0.004):
                sex = draw.pick(("other", "unknown"))
        recorded = draw.weighted(_ETHNICITY_AS_KNOWN)
        return Person(
            serial=self.made + offset,
            household=self.number,
            community=community,
            given_name=community.given_name(draw, sex, age),
            family_name=family,
            born=self._birthday(age),
            age=age,
            sex=sex,
            ethnic_category=draw.pick(community.ethnic) if recorded == "known" else recorded,
            home=home,
        )

    def _birthday(self, age: int) -> date:
        """A day of birth that makes somebody that many years old on the first day."""
        year = self.start.year - age
        leap_day = (self.start.month, self.start.day) == (2, 29)
        birthday = self.start.replace(year=year, day=28 if leap_day else self.start.day)
        return birthday - timedelta(days=self.draw.below(365))
