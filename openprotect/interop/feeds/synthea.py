"""Synthea's CSV export: patients, conditions and medications.

Source: Synthea wiki, "CSV File Data Dictionary"; columns that came or went between its
versions may be absent. What it does not have (NHS number, practice, telephone, area) stays
empty. Its races are no NHS ethnic categories, so the category stays empty too.
"""

import ibis
import ibis.expr.types as ir

from openprotect.interop.feeds.record_columns import Column, choice, day, ignored, like, optional, required, text
from openprotect.interop.feeds.records import RecordFormat, Source

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


def _people(rows: ir.Table) -> ir.Table:
    return _with_nulls(
        rows.select(
            person_id=rows.Id,
            date_of_birth=rows.BIRTHDATE,
            sex=rows.GENDER.cases(*_SEX.items()),
            date_of_death=rows.DEATHDATE,
        ),
        "practice_code registration_started registration_ended lsoa imd_decile imd_edition ethnic_category",
    )


def _identities(rows: ir.Table) -> ir.Table:
    return _with_nulls(
        rows.select(
            person_id=rows.Id,
            given_name=_name(rows.FIRST),
            family_name=_name(rows.LAST),
            address_line_1=rows.ADDRESS,
            address_line_2=rows.CITY,
            address_line_3=rows.COUNTY,
            postcode=rows.ZIP,
        ),
        "nhs_number address_line_4 address_line_5 mobile landline email language other_needs",
    )


def _events(rows: ir.Table) -> ir.Table:
    events = rows.select(person_id=rows.PATIENT, date=rows.START, code=rows.CODE, system=ibis.literal("snomed"))
    return _with_nulls(events, "value unit")


def _medicines(rows: ir.Table) -> ir.Table:
    return rows.select(person_id=rows.PATIENT, date=rows.START, code=rows.CODE, system=ibis.literal("rxnorm"))


def _with_nulls(rows: ir.Table, columns: str) -> ir.Table:
    return rows.mutate(**{column: ibis.null("string") for column in columns.split()})


SYNTHEA = RecordFormat(
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
            into={"events": _events},
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
            into={"medicines": _medicines},
        ),
    ),
)
