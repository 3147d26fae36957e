"""What is in somebody's records, drawn from a pack's own code lists.

Which codes make a member is the pack's affair: here stand only how often each list is
met with, and in what form (an event, issues of a medicine, a stay in hospital).
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from openprotect.demo.synthesise.draw import Draw, Weighted
from openprotect.demo.synthesise.people import Person
from openprotect.lib.errors import Refusal

EVENT, ISSUES, ADMISSION = "event", "issues", "admission"
_SYSTEM_OF_FILE = {"-icd10": "icd10", "-opcs4": "opcs4"}
_DMD = ("immunosuppressants", "oral-steroids")


class CodeListMissing(Refusal):
    """The pack has no code list {file}, which made-up records are drawn from."""


@dataclass(frozen=True)
class Route:
    """One way in which a record says that somebody is at high risk."""

    name: str
    codelist: str
    form: str
    share: float
    nearest: int = 30  # days before the start
    farthest: int = 3_650
    fits: Callable[[Person], bool] = lambda person: True


def _over_one(person: Person) -> bool:
    return person.age >= 1


def _grown_up(person: Person) -> bool:
    return person.age >= 18


def _could_be_pregnant(person: Person) -> bool:
    return person.sex == "female" and 18 <= person.age <= 44


def _has_sickle_cell_in_family(person: Person) -> bool:
    return person.community.name in ("caribbean", "african")


def _very_old(person: Person) -> bool:
    return person.age >= 80


def _older_at_home(person: Person) -> bool:
    return person.age >= 65 and "care_home" not in person.needs


def _among_the_poorest(person: Person) -> bool:
    return person.age >= 45 and person.home.area.imd_decile <= 2


STEROIDS, FRAIL, ADMITTED, CARE_AT_HOME = (
    "steroids_with_lung_disease",
    "frail_at_home",
    "deprived_and_admitted",
    "care_at_home",
)
ROUTES = Weighted(
    [
        (route, route.share)
        for route in (
            Route("severe_respiratory", "severe-respiratory", EVENT, 24),
            Route("immunosuppression", "immunosuppressants", ISSUES, 25, fits=_over_one),
            Route("clinician_added", "high-risk", EVENT, 12, 2, 12),
            Route("cancer_treatment", "chemotherapy-radiotherapy", EVENT, 7, 10, 80),
            Route("blood_cancer", "haematological-malignancies", EVENT, 9, 30, 700),
            Route("blood_cancer_in_hospital", "haematological-malignancies-icd10", ADMISSION, 2, 40, 300),
            Route("transplant", "transplant", EVENT, 4),
            Route("transplant_in_hospital", "transplant-opcs4", ADMISSION, 1, 60, 1_500, _over_one),
            Route("kidney_stage_5", "ckd-stage-5", EVENT, 5, 30, 1_500),
            Route("rare_disease", "rare-diseases", EVENT, 4),
            Route("downs_syndrome", "downs-syndrome", EVENT, 3, fits=_grown_up),
            Route("sickle_cell", "sickle-cell", EVENT, 2, fits=_has_sickle_cell_in_family),
            Route("pregnant_with_heart_disease", "pregnancy", EVENT, 0.6, 20, 150, _could_be_pregnant),
            Route(STEROIDS, "oral-steroids", ISSUES, 3, fits=_grown_up),
            # Found by local stratification.
            Route(FRAIL, "housebound", EVENT, 12, 40, 900, _very_old),
            Route(ADMITTED, "chronic-cardiac", EVENT, 8, 200, 3_000, _among_the_poorest),
            Route(CARE_AT_HOME, "dementia", EVENT, 5, 100, 2_000, _older_at_home),
        )
    ]
)

# Ordinary long-term conditions: code list, youngest age, share at that age, rise a year of age.
# Codes that stand in a list of a route, too, are left to it.
_CONDITIONS = (
    ("hypertension", 35, 0.04, 0.010),
    ("diabetes", 30, 0.02, 0.0035),
    ("chronic-cardiac", 45, 0.01, 0.0035),
    ("chronic-respiratory", 40, 0.01, 0.0020),
    ("dementia", 68, 0.01, 0.0060),
    ("learning-disability", 6, 0.004, 0.0),
)
# Findings of every surgery, found in published records; none stands in a list of a shipped pack.
_FINDINGS = (
    *("444814009", "195662009", "10509002", "386661006", "49727002", "36955009", "84229001"),
    *("271737000", "248595008", "40055000", "278860009", "68962001", "57676002", "267102003"),
    *("25064002", "43878008", "68235000", "422587007", "249497008", "267060006", "64859006"),
    *("68566005", "235595009", "36971009", "162864005"),
)
_BODY_WEIGHT = "27113001"
# Why people are in hospital for a few days (ICD-10): falls, appendix, gall bladder, hernia, chest pain.
_ADMISSIONS = ("S720", "K358", "K802", "K409", "R074", "S525", "N390")
_SERVICES = ("meals_at_home", "pendant_alarm", "day_centre")


@dataclass
class Record:
    """Rows of the tables, without the person's id in front."""

    born: date
    events: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    medicines: list[tuple[str, str, str]] = field(default_factory=list)
    admissions: list[tuple[str, str, str, str]] = field(default_factory=list)
    services: list[tuple[str, str, str]] = field(default_factory=list)


class CodeLists:
    """The codes of a pack's lists, in the order of the files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._codes: dict[str, list[str]] = {}

    def codes(self, name: str) -> list[str]:
        if name not in self._codes:
            path = self.folder / f"{name}.csv"
            if not path.is_file():
                raise CodeListMissing(file=path)
            with path.open(encoding="utf-8", newline="") as stream:
                self._codes[name] = [row["code"] for row in csv.DictReader(stream)]
        return self._codes[name]

    def ordinary(self, name: str) -> list[str]:
        """The codes of a list that stand in no list of a route."""
        if f"ordinary {name}" not in self._codes:
            others = {route.codelist for route in ROUTES.items} - {name} | {"heart-disease"}
            taken = {code for other in others for code in self.codes(other)}
            self._codes[f"ordinary {name}"] = [code for code in self.codes(name) if code not in taken]
        return self._codes[f"ordinary {name}"]

    def system(self, name: str) -> str:
        if name in _DMD:
            return "dmd"
        return next((_SYSTEM_OF_FILE[end] for end in _SYSTEM_OF_FILE if name.endswith(end)), "snomed")


class Health:
    """Writes the records of one person after another."""

    def __init__(self, codelists: CodeLists, start: date, draw: Draw) -> None:
        self.codelists = codelists
        self.start = start
        self.draw = draw

    def route_for(self, person: Person) -> Route:
        """A reason for high risk that this person can have."""
        while not (route := self.draw.weighted(ROUTES)).fits(person):
            pass
        return route

    def record(self, person: Person, route: Route | None, *, near_misses: bool) -> Record:
        """Everything recorded of a person; at high risk only by the route, if there is one."""
        record = Record(person.born)
        self._ordinary(person, record)
        if route is not None:
            self._high_risk(route, record)
        elif near_misses:
            self._near_miss(person, record)
        record.events.sort()
        record.medicines.sort()
        return record

    def _high_risk(self, route: Route, record: Record) -> None:
        day = self.draw.day_before(self.start, route.nearest, route.farthest)
        if route.form == ISSUES:
            self._issues(route.codelist, record, number=6, last=self.draw.between(3, 25))
        elif route.form == ADMISSION:
            self._admission(route.codelist, record, day)
        else:
            self._event(route.codelist, record, day)
        match route.name:
            case "pregnant_with_heart_disease":
                self._event("heart-disease", record, self.draw.day_before(self.start, 400, 6_000))
            case "steroids_with_lung_disease":
                self._condition("chronic-respiratory", record, 2_000)
            case "frail_at_home":
                self._condition("hypertension", record, 4_000)
                self._condition("diabetes", record, 4_000)
            case "deprived_and_admitted":
                self._admitted(record, self.draw.day_before(self.start, 25, 80))
            case "care_at_home":
                began = self.draw.day_before(self.start, 30, 90)
                record.services.append(("home_care", began.isoformat(), ""))

    def _near_miss(self, person: Person, record: Record) -> None:
        """A few who look like members and are not; the trait says why not."""
        draw, chance = self.draw, self.draw.random()
        if chance < 0.004:
            person.traits.append("one_issue_of_two")
            self._issues("immunosuppressants", record, number=1, last=draw.between(10, 100))
            if draw.chance(0.5):
                self._issues("immunosuppressants", record, number=1, last=draw.between(300, 700))
        elif chance < 0.0055:
            person.traits.append("cancelled_by_clinician")
            day = draw.day_before(self.start, 200, 2_000)
            self._event("severe-respiratory", record, day)
            self._event("not-high-risk", record, draw.day_before(self.start, 2, 12))
        elif chance < 0.0065:
            person.traits.append("clinician_changed_mind")
            self._event("high-risk", record, draw.day_before(self.start, 8, 12))
            self._event("not-high-risk", record, draw.day_before(self.start, 2, 6))
        elif chance < 0.0085:
            person.traits.append("treated_long_ago")
            day = draw.day_before(self.start, 1_200, 3_000)
            self._event("chemotherapy-radiotherapy", record, day)
        elif chance < 0.011:
            person.traits.append("steroids_once")
            self._issues("oral-steroids", record, number=1, last=draw.between(10, 300))
        elif chance < 0.013 and not _could_be_pregnant(person):
            person.traits.append("heart_disease_not_pregnant")
            self._event("heart-disease", record, draw.day_before(self.start, 400, 6_000))
        elif chance < 0.05 and _could_be_pregnant(person):
            person.traits.append("pregnant")
            self._event("pregnancy", record, draw.day_before(self.start, 20, 200))

    def _ordinary(self, person: Person, record: Record) -> None:
        draw = self.draw
        conditions = 0
        for codelist, youngest, share, rise in _CONDITIONS:
            years = person.age - youngest
            if years >= 0 and draw.chance(min(0.6, share + rise * years)):
                person.traits.append(codelist.replace("-", "_"))
                self._condition(codelist, record, 365 * max(1, min(years, 15)))
                conditions += 1
        if person.age >= 80 and conditions < 2 and draw.chance(0.08):
            person.traits.append("housebound")
            self._event("housebound", record, draw.day_before(self.start, 40, 900))
        if draw.chance(0.02 + person.age / 1_500):
            # Not lately: who was in hospital this winter is a matter for the routes.
            self._admitted(record, draw.day_before(self.start, 130, 1_800))
        for _ in range(draw.below(4 if person.age < 60 else 7)):
            self._write(record, draw.day_before(self.start, 5, 2_500), draw.pick(_FINDINGS))
        if person.age >= 18 and draw.chance(0.3):
            weight = f"{draw.between(480, 1_180) / 10:.1f}"
            self._write(record, draw.day_before(self.start, 5, 900), _BODY_WEIGHT, weight, "kg")
        if person.age >= 65 and draw.chance(0.04):
            began = draw.day_before(self.start, 30, 1_500)
            ended = (began + timedelta(days=20)).isoformat() if draw.chance(0.2) else ""
            service = draw.pick(_SERVICES)
            record.services.append((service, began.isoformat(), ended))

    def _condition(self, codelist: str, record: Record, longest: int) -> None:
        """An ordinary long-term condition, recorded up to so many days ago."""
        day = self.draw.day_before(self.start, 40, 40 + longest)
        self._write(record, day, self.draw.pick(self.codelists.ordinary(codelist)))

    def _admitted(self, record: Record, day: date) -> None:
        """A stay in hospital that is nobody's reason for high risk."""
        left = day + timedelta(days=self.draw.between(1, 9))
        code = self.draw.pick(_ADMISSIONS)
        if day >= record.born:
            record.admissions.append((day.isoformat(), left.isoformat(), code, "icd10"))

    def _event(self, codelist: str, record: Record, day: date) -> None:
        self._write(record, day, self.draw.pick(self.codelists.codes(codelist)))

    def _write(self, record: Record, day: date, code: str, value: str = "", unit: str = "") -> None:
        # Nothing is recorded of anybody before they are born.
        on = max(day, record.born).isoformat()
        record.events.append((on, code, "snomed", value, unit))

    def _issues(self, codelist: str, record: Record, *, number: int, last: int) -> None:
        """Issues of one medicine, four weeks apart, the last so many days ago."""
        code = self.draw.pick(self.codelists.codes(codelist))
        for issue in range(number):
            day = self.start - timedelta(days=last + 28 * issue)
            record.medicines.append((day.isoformat(), code, self.codelists.system(codelist)))

    def _admission(self, codelist: str, record: Record, day: date) -> None:
        code = self.draw.pick(self.codelists.codes(codelist))
        left = day + timedelta(days=self.draw.between(1, 20))
        record.admissions.append((day.isoformat(), left.isoformat(), code, self.codelists.system(codelist)))
