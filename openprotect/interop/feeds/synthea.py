"""Synthea's CSV export: patients, conditions and medications, and what else is coded where it is there.

Source: Synthea wiki, "CSV File Data Dictionary"; columns that came or went between its
versions may be absent. What it does not have (NHS number, practice, telephone, area) stays
empty. Its races are no NHS ethnic categories, so the category stays empty too.
"""

from collections.abc import Callable, Mapping

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


def _coded_file(
    file: str,
    date: str,
    table: str,
    system: str,
    unused: str,
    *more: Column,
    may_be_absent: bool = True,
    skip: Mapping[str, Callable[[ir.Table], ir.BooleanValue]] | None = None,
) -> Source:
    """A file of which each row is a code of somebody on a day."""
    return Source(
        file,
        (required(day(date)), _patient("PATIENT"), _code("CODE"), *more, *_ignored(unused)),
        person="PATIENT",
        into={table: _coded(date, system)},
        may_be_absent=may_be_absent,
        skip=skip or {},
    )


def _either(rows: ir.Table) -> ir.DateValue:
    """Versions of Synthea call the day of a procedure START or DATE."""
    return ibis.coalesce(rows.START.cast("date"), rows.DATE.cast("date"))


def _procedure(rows: ir.Table) -> dict[str, ir.Value]:
    return {"person_id": rows.PATIENT, "date": _either(rows), "code": rows.CODE, "system": ibis.literal("snomed")}


def _observation(rows: ir.Table) -> dict[str, ir.Value]:
    is_number = rows.VALUE.re_search(r"^-?\d{1,15}(\.\d{1,15})?$")
    return {
        "person_id": rows.PATIENT,
        "date": rows.DATE,
        "code": rows.CODE,
        "system": ibis.literal("loinc"),
        "value": ibis.ifelse(is_number, rows.VALUE.try_cast("float64"), None),
        "unit": rows.UNITS,
    }


def _stay(rows: ir.Table) -> dict[str, ir.Value]:
    """Synthea gives a stay no ICD-10 code: it counts as a stay alone."""
    return {"person_id": rows.PATIENT, "admitted_on": rows.START, "discharged_on": rows.STOP}


_UNDATED = "without a date"

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
        _coded_file(
            "conditions.csv",
            "START",
            "events",
            "snomed",
            "STOP ENCOUNTER DESCRIPTION",
            optional(choice("SYSTEM", ("SNOMED-CT", "http://snomed.info/sct"))),
            may_be_absent=False,
        ),
        _coded_file(
            "medications.csv",
            "START",
            "medicines",
            "rxnorm",
            "STOP PAYER ENCOUNTER DESCRIPTION BASE_COST PAYER_COVERAGE DISPENSES TOTALCOST REASONCODE REASONDESCRIPTION",
            may_be_absent=False,
        ),
        Source(
            "encounters.csv",
            (
                text("Id"),
                required(day("START")),
                day("STOP"),
                _patient("PATIENT"),
                required(text("ENCOUNTERCLASS", 40)),
                *_ignored("ORGANIZATION PROVIDER PAYER CODE DESCRIPTION BASE_ENCOUNTER_COST TOTAL_CLAIM_COST"),
                *_ignored("PAYER_COVERAGE REASONCODE REASONDESCRIPTION COST"),
            ),
            person="PATIENT",
            into={"admissions": _stay},
            order=(("START", "STOP"),),
            skip={"no stay in a hospital": lambda rows: rows.ENCOUNTERCLASS != "inpatient"},
            may_be_absent=True,
        ),
        Source(
            "observations.csv",
            (
                required(day("DATE")),
                _patient("PATIENT"),
                required(text("CODE", 40)),
                text("VALUE", 2000),
                text("UNITS", 40),
                *_ignored("ENCOUNTER CATEGORY DESCRIPTION TYPE"),
            ),
            person="PATIENT",
            into={"events": _observation},
            skip={"no LOINC code": lambda rows: ~rows.CODE.re_search(r"^\d{1,7}-\d$")},
            may_be_absent=True,
        ),
        _coded_file("immunizations.csv", "DATE", "events", "cvx", "ENCOUNTER DESCRIPTION BASE_COST COST"),
        Source(
            "procedures.csv",
            (
                optional(day("START")),
                optional(day("DATE")),
                _patient("PATIENT"),
                _code("CODE"),
                *_ignored("STOP ENCOUNTER SYSTEM DESCRIPTION BASE_COST COST REASONCODE REASONDESCRIPTION"),
            ),
            person="PATIENT",
            into={"events": _procedure},
            skip={_UNDATED: lambda rows: _either(rows).isnull()},
            may_be_absent=True,
        ),
        _coded_file(
            "allergies.csv",
            "START",
            "events",
            "snomed",
            "STOP ENCOUNTER DESCRIPTION TYPE CATEGORY REACTION1 DESCRIPTION1 SEVERITY1 REACTION2 DESCRIPTION2 SEVERITY2",
            optional(text("SYSTEM", 60)),
            skip={"no SNOMED CT code": lambda rows: rows.SYSTEM.upper().contains("RXNORM")},
        ),
    ),
)
