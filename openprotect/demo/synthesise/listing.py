"""The Shielded Patient List of a population: as it is on the first day, and a week on.

The second version stays inside the bounds beyond which a file waits for a second
person (5% removed, 20% added, 2% of telephones changed), whatever the size: changes
fall on every so-manieth row instead of by chance.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path

from openprotect.demo.synthesise import places
from openprotect.demo.synthesise.contact_data import Reach
from openprotect.demo.synthesise.draw import Draw
from openprotect.demo.synthesise.people import Person
from openprotect.interop.feeds.shielded_list import COLUMNS
from openprotect.lib.dates import from_serial

FIRST, SECOND = "v1", "v2"
_WEEK = timedelta(days=7)
_SERIAL_OF_DAY_ZERO = from_serial(0)

# Which rows something happens to: every so-manieth, from where.
_NO_NHS_NUMBER, _OLD_ADDRESS, _SERIAL_DATE = (90, 15), (40, 25), (10, 4)
_TWICE, _AT_TWO_ADDRESSES = (300, 150), (400, 200)
_REMOVED, _NEW_TELEPHONE, _DIED = (60, 30), (90, 60), (240, 20)

_GROUP = {
    "transplant": "1",
    "transplant_in_hospital": "1",
    "cancer_treatment": "2",
    "blood_cancer": "2",
    "blood_cancer_in_hospital": "2",
    "severe_respiratory": "3",
    "rare_disease": "4",
    "sickle_cell": "4",
    "immunosuppression": "5",
    "pregnant_with_heart_disease": "6",
}
_ADDED_BY_CLINICIAN = "7"


@dataclass(frozen=True)
class ListedPerson:
    """What the list says of somebody; `cells` turns it into a row."""

    nhs_number: str
    person: Person
    reach: Reach
    home: places.Home
    died: date | None
    inception: str
    source: str
    category: str

    def cells(self, version: str) -> tuple[str, ...]:
        person, home = self.person, self.home
        died = f"{self.died:%Y%m%d}" if self.died else ""
        return (
            *(self.nhs_number, person.given_name, "", person.family_name),
            f"{person.born:%Y%m%d}",
            *home.lines,
            *(home.postcode, self.reach.email, self.reach.mobile, self.reach.landline),
            *(died, "1" if died else "0", home.area.district, places.COUNTY_CODE),
            *(self.source, self.category, self.inception, version, home.uprn),
        )


class ShieldedLists:
    """Collects both versions while people go by."""

    def __init__(self, start: date, draw: Draw) -> None:
        self.start = start
        self.draw = draw
        self.listed = 0
        self.versions = (f"SPL-{start:%Y%m%d}", f"SPL-{start + _WEEK:%Y%m%d}")
        self._rows: tuple[list[tuple[str, ...]], list[tuple[str, ...]]] = ([], [])

    def add(self, person: Person, nhs_number: str, reach: Reach, died: date | None, route: str) -> str:
        """Put somebody on the list as it is on the first day; returns the versions they are on."""
        self.listed += 1
        listed = self._listed(person, nhs_number, reach, died, route, self.start)
        if self._falls_on(_NO_NHS_NUMBER):
            person.traits.append("listed_without_nhs_number")
            listed = replace(listed, nhs_number="")
        if self._falls_on(_OLD_ADDRESS) and person.home.uprn:
            person.traits.append("listed_at_old_address")
            listed = replace(listed, home=places.home(person.home.area, 10**8 + self.listed, self.draw))
        self._write(0, listed)
        if self._falls_on(_TWICE):
            person.traits.append("listed_twice")
            self._write(0, listed)
        if self._falls_on(_AT_TWO_ADDRESSES) and person.home.uprn:
            person.traits.append("listed_at_two_addresses")
            other = places.home(person.home.area, 2 * 10**8 + self.listed, self.draw)
            self._write(0, replace(listed, home=other))
            self._write(1, replace(listed, home=other))
        if self._falls_on(_REMOVED):
            person.traits.append("contacted_in_error")
            return FIRST
        if self._falls_on(_NEW_TELEPHONE):
            person.traits.append("new_telephone")
            mobile = places.mobile(self.listed * 7 + 3)
            listed = replace(listed, reach=replace(listed.reach, mobile=mobile))
        if self._falls_on(_DIED):
            person.traits.append("died_on_list")
            listed = replace(listed, died=self.start + timedelta(days=3))
        self._write(1, listed)
        return f"{FIRST};{SECOND}"

    def add_later(self, person: Person, nhs_number: str, reach: Reach, route: str) -> str:
        """Put somebody on the second version only."""
        added_on = self.start + timedelta(days=5)
        self._write(1, self._listed(person, nhs_number, reach, None, route, added_on))
        return SECOND

    def write(self, folder: Path) -> None:
        """Both files, each in an order of its own: order means nothing in such a list."""
        for number, rows in enumerate(self._rows, start=1):
            rows.sort(key=lambda row: blake2b("\0".join(row).encode(), digest_size=8).digest())
            write_shielded_list(folder / f"shielded-list-v{number}.csv", rows)

    def _falls_on(self, rows: tuple[int, int]) -> bool:
        every, first = rows
        return self.listed % every == first

    def _write(self, place: int, listed: ListedPerson) -> None:
        self._rows[place].append(listed.cells(self.versions[place]))

    def _listed(
        self,
        person: Person,
        nhs_number: str,
        reach: Reach,
        died: date | None,
        route: str,
        seen_on: date,
    ) -> ListedPerson:
        day = seen_on - timedelta(days=self.draw.below(5))
        as_serial = self.listed % _SERIAL_DATE[0] == _SERIAL_DATE[1]
        inception = str((day - _SERIAL_OF_DAY_ZERO).days) if as_serial else f"{day:%Y%m%d}"
        category = _GROUP.get(route, _ADDED_BY_CLINICIAN)
        source = "GP" if category == _ADDED_BY_CLINICIAN else self.draw.pick(("Algorithm", "Trust"))
        return ListedPerson(nhs_number, person, reach, person.home, died, inception, source, category)


def write_shielded_list(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    """Rows, whose cells stand as `interop.feeds.shielded_list.COLUMNS`, as councils got them."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
