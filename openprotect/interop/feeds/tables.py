"""Our own record tables as CSV or Parquet: docs/reference/record-tables.md."""

from functools import partial

import ibis
import ibis.expr.types as ir

from openprotect.interop.feeds.record_columns import (
    choice,
    day,
    like,
    nhs_number,
    number,
    optional,
    required,
    text,
    whole,
)
from openprotect.interop.feeds.records import Columns
from openprotect.interop.feeds.tabular import Source, Tabular
from openprotect.people.population import TABLES

SEXES = ("male", "female", "other", "unknown")
# NHS Data Dictionary, ETHNIC CATEGORY: the 2001 census codes, Z not stated, 99 unknown.
ETHNIC_CATEGORIES = (*"ABCDEFGHJKLMNPRSZ", "99")
IMD_EDITIONS = ("2019", "2025")


_PERSON = required(text("person_id", 64))
_DIGITS = required(like("code", r"^\d{6,18}$", "a code of 6 to 18 digits"))
_DOTLESS = required(like("code", r"^[A-Z]\d{2}[0-9A-Z]{0,3}$", "an ICD-10 or OPCS-4 code without a dot"))


_ROW = optional(text("row_id", 64))


def _to(*names: str) -> dict[str, Columns]:
    """Tables made of the columns of the same names."""
    return {name: partial(_columns, name) for name in names}


def _columns(name: str, rows: ir.Table) -> dict[str, ir.Value]:
    return {column: rows[column] for column in TABLES[name] if column in rows.columns}


def _identities(rows: ir.Table) -> dict[str, ir.Value]:
    said = rows.type_1_opt_out
    return _columns("identities", rows) | {"type_1_opt_out": ibis.ifelse(said == "yes", True, ibis.null("boolean"))}


TABLES_FORMAT = Tabular(
    "tables",
    people=Source(
        "people.csv",
        (
            _PERSON,
            day("date_of_birth"),
            required(choice("sex", SEXES)),
            day("date_of_death"),
            like("practice_code", r"^[A-Z0-9]{3,8}$", "an ODS code such as D82001"),
            day("registration_started"),
            day("registration_ended"),
            like("lsoa", r"^[EWSN]\d{8}$", "an LSOA code such as E01000001"),
            whole("imd_decile", 1, 10),
            choice("imd_edition", IMD_EDITIONS),
            choice("ethnic_category", ETHNIC_CATEGORIES),
            nhs_number("nhs_number"),
            text("given_name"),
            text("family_name"),
            *(text(f"address_line_{line}") for line in range(1, 6)),
            text("postcode", 10),
            text("mobile", 100),
            text("landline", 100),
            text("email"),
            like("language", r"^[a-z]{2,3}$", "an ISO 639 language code such as en or cy"),
            like("other_needs", r"^[a-z_]+(;[a-z_]+)*$", "codes of small letters, joined by ;"),
            optional(choice("type_1_opt_out", ("yes", "no"))),
        ),
        person="person_id",
        into=_to("people") | {"identities": _identities},
        order=(("date_of_birth", "date_of_death"), ("registration_started", "registration_ended")),
        unique=("nhs_number",),
    ),
    others=(
        Source(
            "events.csv",
            (
                _PERSON,
                required(day("date")),
                _DIGITS,
                required(choice("system", ("snomed",))),
                number("value"),
                text("unit", 40),
                _ROW,
            ),
            person="person_id",
            into=_to("events"),
            entry="row_id",
        ),
        Source(
            "medicines.csv",
            (_PERSON, required(day("date")), _DIGITS, required(choice("system", ("dmd", "snomed"))), _ROW),
            person="person_id",
            into=_to("medicines"),
            entry="row_id",
        ),
        Source(
            "admissions.csv",
            (
                _PERSON,
                required(day("admitted_on")),
                day("discharged_on"),
                _DOTLESS,
                required(choice("system", ("icd10", "opcs4"))),
                _ROW,
            ),
            person="person_id",
            into=_to("admissions"),
            entry="row_id",
            order=(("admitted_on", "discharged_on"),),
            may_be_absent=True,
        ),
        Source(
            "services.csv",
            (
                _PERSON,
                required(like("service", r"^[a-z][a-z_]*$", "a code of small letters such as home_care")),
                required(day("started_on")),
                day("ended_on"),
                _ROW,
            ),
            person="person_id",
            into=_to("services"),
            entry="row_id",
            order=(("started_on", "ended_on"),),
            may_be_absent=True,
        ),
    ),
    parquet=True,
    removed=Source("removed.csv", (_PERSON,), person="person_id", into={}, may_be_absent=True),
)
