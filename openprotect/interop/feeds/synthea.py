"""Synthea's CSV export: patients, conditions and medications.

Source: Synthea wiki, "CSV File Data Dictionary"; columns that came or went between its
versions may be absent. What it does not have (NHS number, practice, telephone, area) stays
empty. Its races are no NHS ethnic categories, so the category stays empty too.
"""

import ibis
import ibis.expr.types as ir

from openprotect.interop.feeds.record_columns import Column, choice, day, ignored, like, optional, required, text
from openprotect.interop.feeds.records import Columns
from openprotect.interop.feeds.tabular import Source, Tabular

_SEX = {"M": "male", "F": "female"}


def _patient(name: str) -> Column:
    return required(text(name))


def _code(name: str) -> Column:
    return required(like(name, r"^\d{1,18}$", "a code of up to 18 digits"))


def _ignored(names: str) -> tuple[Column, ...]:
    return tuple(ignored(name) for name in names.split())


def _name(cell: ir.StringValue) -> ir.StringValue:
    """Synthea puts digits behind its names so that nobody takes them for real: Marcell728."""
    return cell.re_replace(r"\d+$", "")


def _people(rows: ir.Table) -> dict[str, ir.Value]:
    return {
        "person_id": rows.Id,
        "date_of_birth": rows.BIRTHDATE,
        "sex": rows.GENDER.cases(*_SEX.items()),
        "date_of_death": rows.DEATHDATE,
    }


def _identities(rows: ir.Table) -> dict[str, ir.Value]:
    return {
        "person_id": rows.Id,
        "given_name": _name(rows.FIRST),
        "family_name": _name(rows.LAST),
        "address_line_1": rows.ADDRESS,
        "address_line_2": rows.CITY,
        "address_line_3": rows.COUNTY,
        "postcode": rows.ZIP,
    }


def _coded(date: str, system: str) -> Columns:
    """A row with a code, on a day."""
    return lambda rows: {
        "person_id": rows.PATIENT,
        "date": rows[date],
        "code": rows.CODE,
        "system": ibis.literal(system),
    }


SYNTHEA = Tabular(
    "synthea",
    people=Source(
        "patients.csv",
        (
            _patient("Id"),
            required(day("BIRTHDATE")),
            day("DEATHDATE"),
            required(text("FIRST")),
            required(text("LAST")),
            required(choice("GENDER", _SEX)),
            text("ADDRESS"),
            text("CITY"),
            text("COUNTY"),
            text("ZIP"),
            *_ignored("SSN DRIVERS PASSPORT PREFIX MIDDLE SUFFIX MAIDEN MARITAL RACE ETHNICITY BIRTHPLACE"),
            *_ignored("STATE FIPS LAT LON HEALTHCARE_EXPENSES HEALTHCARE_COVERAGE INCOME"),
        ),
        person="Id",
        into={"people": _people, "identities": _identities},
        order=(("BIRTHDATE", "DEATHDATE"),),
    ),
    others=(
        Source(
            "conditions.csv",
            (
                required(day("START")),
                _patient("PATIENT"),
                _code("CODE"),
                *_ignored("STOP ENCOUNTER DESCRIPTION"),
                optional(choice("SYSTEM", ("SNOMED-CT", "http://snomed.info/sct"))),
            ),
            person="PATIENT",
            into={"events": _coded("START", "snomed")},
        ),
        Source(
            "medications.csv",
            (
                required(day("START")),
                _patient("PATIENT"),
                _code("CODE"),
                *_ignored("STOP PAYER ENCOUNTER DESCRIPTION BASE_COST PAYER_COVERAGE DISPENSES TOTALCOST"),
                *_ignored("REASONCODE REASONDESCRIPTION"),
            ),
            person="PATIENT",
            into={"medicines": _coded("START", "rxnorm")},
        ),
    ),
)
