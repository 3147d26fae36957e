"""A county that is on no map: its organisations, small areas, streets and telephone numbers.

Codes have shapes that no register issues (organisations ZZ…, areas E0199…, postcodes
ZM…), and telephones come from the ranges Ofcom keeps for drama, so that nothing here can
be mistaken for, or reach, anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from openprotect.demo.synthesise.draw import Draw

COUNTY = "Marramshire"
COUNTY_CODE, DISTRICT_CODES = "E10999001", ("E07999001", "E07999002", "E07999003", "E07999004")
CENTRAL, COUNCIL, VOLUNTARY = "ZZI01", "ZZC01", "ZZV01"
NO_FIXED_ADDRESS = "ZZ99 3VZ"
_PEOPLE_OF_A_PRACTICE = 20_000 / 12
_AREAS_OF_A_PRACTICE = 3

_LOCALITIES = (
    ("North Marram", ("Saltby", "Holme Staithe", "Marram-next-the-Sea", "Great Wickham")),
    ("Fenwater", ("Fenwater", "Sedgeport", "Little Drove", "Whittlemere")),
    ("Wendle Valley", ("Wendle", "Thornbeck", "Castle Ashby Green", "Hallowfield")),
    ("City and South", ("Eastchester", "Priory Cross", "Southgate", "Millbank")),
)
_PRACTICES = (
    *("Saltmarsh Surgery", "The Windmill Practice", "Lighthouse Medical Centre"),
    *("Fenwater Health Centre", "Drove Road Surgery", "The Lock House Practice"),
    *("Wendle Bridge Surgery", "Thornbeck Medical Practice", "The Old Forge Surgery"),
    *("Cathedral Close Practice", "Southgate Medical Centre", "Millbank Health Centre"),
)
_STREETS = (
    *("Chapel Lane", "Church Road", "Station Road", "High Street", "Mill Lane", "School Road"),
    *("The Street", "Staithe Lane", "Drove End", "Long Lane", "Marsh View", "Orchard Way"),
    *("Victoria Road", "Albert Street", "Coronation Avenue", "Windmill Close", "Beech Grove"),
    *("Hawthorn Drive", "Kestrel Way", "Lapwing Close", "Nelson Road", "Priory Gardens"),
    *("Queen's Road", "St Mary's Walk", "Silver Street", "The Loke", "Willow Court"),
    *("Rectory Lane", "Common Road", "Fairstead Road", "Plover Drive", "King Street"),
)
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"
_LANDLINE_RANGES = (
    *("01632 960", "0113 4960", "0114 4960", "0115 4960", "0116 4960", "0117 4960"),
    *("0118 4960", "0121 4960", "0131 4960", "0141 4960", "0151 4960", "0161 4960"),
    *("0191 4980", "020 79460", "028 96496", "029 20180"),
)


@dataclass(frozen=True)
class Area:
    """A small area (LSOA) and the practice that looks after it."""

    lsoa: str
    imd_decile: int
    practice: str
    locality: int
    district: str
    outward: str


@dataclass(frozen=True)
class Home:
    """One address."""

    lines: tuple[str, str, str, str, str]
    postcode: str
    area: Area
    uprn: str


def practices_for(people: int) -> int:
    """About twelve practices to 20,000 people, and never fewer than one a locality."""
    return max(len(_LOCALITIES), round(people / _PEOPLE_OF_A_PRACTICE))


def organisations(people: int) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of organisations.csv: whom the people of this county have to do with."""
    serial = iter(range(10_000))

    def phone() -> str:
        return landline(next(serial))

    yield CENTRAL, f"{COUNTY} Protect central team", "central", "", phone()
    yield COUNCIL, f"{COUNTY} County Council", "council", "", phone()
    yield VOLUNTARY, f"{COUNTY} Good Neighbours", "voluntary", "", phone()
    for number, (name, _) in enumerate(_LOCALITIES):
        yield locality_code(number), f"{name} locality", "locality", CENTRAL, phone()
    count = practices_for(people)
    for number in range(count):
        locality = _locality_of(number, count)
        name = _PRACTICES[locality * 3 + number % 3]
        round_of_names = number // len(_PRACTICES) + 1
        name = name if count <= len(_PRACTICES) else f"{name} {round_of_names}"
        yield practice_code(number), name, "practice", locality_code(locality), phone()


def areas(people: int, draw: Draw) -> list[Area]:
    """The small areas of the county, each with its deprivation decile."""
    count = practices_for(people)
    found = []
    for number in range(count * _AREAS_OF_A_PRACTICE):
        practice = number // _AREAS_OF_A_PRACTICE
        locality = _locality_of(practice, count)
        found.append(
            Area(
                lsoa=f"E0199{number + 1:04d}",
                imd_decile=draw.between(1, 10),
                practice=practice_code(practice),
                locality=locality,
                district=DISTRICT_CODES[locality],
                outward=f"ZM{practice % 20 + 1}",
            )
        )
    return found


def home(area: Area, serial: int, draw: Draw) -> Home:
    """An address in an area, a flat one time in ten."""
    street = f"{draw.between(1, 160)} {draw.pick(_STREETS)}"
    town = draw.pick(_LOCALITIES[area.locality][1])
    flat = f"Flat {draw.between(1, 24)}" if draw.chance(0.1) else ""
    lines = (flat, street, town, COUNTY, "") if flat else (street, town, COUNTY, "", "")
    return Home(lines, _postcode(area, draw), area, f"999{serial:09d}")


def care_home(area: Area, serial: int, draw: Draw) -> Home:
    """An address at which twenty to forty people live."""
    name = f"{draw.pick(('The Limes', 'Seaview', 'Cedar Lodge', 'St Anne’s', 'Heron House'))}"
    street = f"{draw.between(1, 80)} {draw.pick(_STREETS)}"
    town = draw.pick(_LOCALITIES[area.locality][1])
    lines = (f"{name} Care Home", street, town, COUNTY, "")
    return Home(lines, _postcode(area, draw), area, f"999{serial:09d}")


def nowhere(area: Area) -> Home:
    """No fixed address: registered with a practice, living nowhere that has a number."""
    return Home(("No fixed address", "", "", "", ""), NO_FIXED_ADDRESS, area, "")


def mobile(serial: int) -> str:
    """A mobile number from the thousand that Ofcom keeps for drama."""
    return f"07700 900{serial % 1_000:03d}"


def landline(serial: int) -> str:
    """A landline from the sixteen thousand that Ofcom keeps for drama."""
    block, line = divmod(serial % (1_000 * len(_LANDLINE_RANGES)), 1_000)
    return f"{_LANDLINE_RANGES[block]}{line:03d}"


def practice_code(number: int) -> str:
    return f"ZZP{number + 1:04d}"


def locality_code(number: int) -> str:
    return f"ZZL{number + 1:02d}"


def _locality_of(practice: int, practices: int) -> int:
    """Neighbouring practices share a locality; the last takes what does not divide."""
    return min(practice * len(_LOCALITIES) // practices, len(_LOCALITIES) - 1)


def _postcode(area: Area, draw: Draw) -> str:
    return f"{area.outward} {draw.between(0, 9)}{draw.pick(_INWARD)}{draw.pick(_INWARD)}"
