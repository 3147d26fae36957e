"""Extracts of records that are not what they say: a sentence with file, row and column, and nothing imported."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import ibis
import pytest

from openprotect.interop.feeds.record_columns import nhs_number
from openprotect.interop.feeds.records import RecordFormat, RecordsHaveFaults
from openprotect.interop.feeds.synthea import SYNTHEA
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.lib.nhs_number import is_nhs_number, number_for_tests
from openprotect.people.population import NoSuchDataset, NotADatasetName, Population, engine
from tests.factories.record_tables import EVENTS, NHS, NOW, PEOPLE, bring_in, rows, write_tables


@pytest.fixture
def population(tmp_path: Path) -> Population:
    return Population(tmp_path / "population")


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "extract")


def faults(folder: Path, population: Population, form: RecordFormat = TABLES_FORMAT) -> list[str]:
    with pytest.raises(RecordsHaveFaults) as refused:
        bring_in(folder, population, form)
    assert population.datasets() == ()
    for folder in (population.folder, population.identities):
        left = [path.name for path in folder.iterdir()] if folder.exists() else []
        assert left in ([], [".lock"]), left
    return [str(fault) for fault in refused.value.faults]


def test_good_tables_come_in_typed_with_totals_and_identities_apart(tables: Path, population: Population) -> None:
    imported = bring_in(tables, population)
    totals = {name: (t.rows, t.kept, t.duplicate) for name, t in imported.manifest.files.items()}
    assert totals == {
        "people.csv": (3, 3, 0), "events.csv": (2, 2, 0), "medicines.csv": (2, 1, 1),
        "admissions.csv": (1, 1, 0), "services.csv": (1, 1, 0),
    }  # fmt: skip
    people, identities = rows(population, "people"), rows(population, "identities")
    assert people[0]["imd_decile"] == 2
    assert str(people[1]["date_of_death"]) == "2020-01-02"
    assert identities[0]["nhs_number"] == NHS[0]
    assert identities[0]["other_needs"] == "large_print;carer"
    assert not {"nhs_number", "given_name", "postcode", "mobile"} & set(people[0])
    assert rows(population, "events")[1]["value"] == 48.5
    assert population.last() == "d"
    assert population.manifest("d") == imported.manifest


def test_files_are_for_their_owner_alone(tables: Path, population: Population) -> None:
    bring_in(tables, population)
    for folder, _, files in os.walk((population.folder / "d").resolve()):
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        assert all(stat.S_IMODE((Path(folder) / name).stat().st_mode) == 0o600 for name in files)


def test_a_bad_file_leaves_the_dataset_as_it_was(tables: Path, population: Population) -> None:
    bring_in(tables, population)
    before = rows(population, "events")
    (tables / "events.csv").write_text("person_id,date,code,system,value,unit\np1,01/02/2020,84114007,snomed,,\n")
    with pytest.raises(RecordsHaveFaults):
        bring_in(tables, population)
    assert rows(population, "events") == before


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def content(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(data)


BAD = {
    "no people": (lambda folder: (folder / "people.csv").unlink(), "people.csv: read 'no such file'"),
    "no events": (lambda folder: (folder / "events.csv").unlink(), "events.csv: read 'no such file'"),
    "empty": (content("events.csv", b""), "events.csv: read 'an empty file'"),
    "blank": (content("events.csv", b"\n \n"), "events.csv: read 'an empty file'"),
    "workbook": (content("events.csv", b"PK\x03\x04rest"), "read 'a spreadsheet workbook or a zip file'"),
    "old workbook": (content("events.csv", b"\xd0\xcf\x11\xe0rest"), "read 'an old spreadsheet workbook'"),
    "web page": (content("events.csv", b"<!doctype html><title>x</title>"), "read 'a web page or XML'"),
    "JSON": (content("events.csv", b'{"a": 1}'), "read 'JSON'"),
    "compressed": (content("events.csv", b"\x1f\x8b\x08rest"), "read 'a compressed file'"),
    "parquet": (content("events.csv", b"PAR1rest"), "read 'a Parquet file'"),
    "no Parquet": (lambda folder: (folder / "events.csv").rename(folder / "events.parquet"), "events.parquet: read 'Parquet magic bytes"),
    "both": (content("events.parquet", b"PAR1"), "events.csv: read 'events.parquet beside it', expected one of the two"),
    "PDF": (content("events.csv", b"%PDF-1.7"), "read 'a PDF'"),
    "NUL": (content("events.csv", EVENTS.encode() + b"p1,2020-01-01,841\x0014007,snomed,,\n"), "row 2: read 'a NUL byte'"),
    "mixed encodings": (content("events.csv", EVENTS.encode() + "p1,2020-01-01,1,snomed,,\xe9\n".encode() + b"p1,2020-01-01,1,snomed,,\xe9\n"), "both UTF-8 and Windows-1252"),
    "broken UTF-16": (content("events.csv", b"\xff\xfea\x00b"), "bytes that are no characters of UTF-16"),
    "semicolons": (content("events.csv", EVENTS.replace(",", ";").encode()), "expected columns separated by commas"),
    "tabs": (content("events.csv", EVENTS.replace(",", "\t").encode()), "expected columns separated by commas"),
    "another table": (content("events.csv", b"a,b,c\n1,2,3\n"), "row 1: read 'a,b,c', expected a header that begins person_id"),
    "missing column": (content("events.csv", b"person_id,date,code,system,value\n"), "column unit: read 'no such column'"),
    "repeated column": (content("events.csv", b"person_id,date,code,system,value,unit,code\n"), "column code: read '2 of this name'"),
    "unknown column": (content("events.csv", b"person_id,date,code,system,value,unit,note\n"), "column note: read 'note', expected only"),
    "open header": (content("events.csv", b'person_id,"date,code,system,value,unit\n'), "a header whose quotes are closed"),
    "short row": (content("events.csv", EVENTS.encode() + b"p1,2020-01-01,84114007\n"), "row 2: read 'p1,2020-01-01,84114007', expected as many cells"),
    "long row": (content("events.csv", EVENTS.encode() + b"p1,2020-01-01,84114007,snomed,,,x\n"), "row 2: read 'p1,2020-01-01,84114007,snomed,,,x'"),
    "open quote": (content("events.csv", EVENTS.encode() + b'p1,"2020-01-01,84114007,snomed,,\np1,2020-01-01,84114007,snomed,,\n'), "quotes are closed"),
    "huge cell": (content("events.csv", EVENTS.encode() + b"p1,2020-01-01,84114007,snomed,," + b"x" * 2_500_000 + b"\n"), "2,000,000 bytes"),
    "slashed date": (replace("events.csv", "2020-01-01", "01/02/2020"), "events.csv, row 2, column date: read '01/02/2020', expected a date as YYYY-MM-DD"),
    "spreadsheet date": (replace("events.csv", "2020-01-01", "43831"), "row 2, column date: read '43831'"),
    "impossible date": (replace("events.csv", "2020-01-01", "2019-02-29"), "column date: read '2019-02-29'"),
    "short date": (replace("events.csv", "2020-01-01", "2020-1-1"), "column date: read '2020-1-1'"),
    "no date": (replace("events.csv", "2020-01-01", ""), "row 2, column date: read ''"),
    "date before 1900": (replace("events.csv", "2020-01-01", "1899-12-31"), "column date: read '1899-12-31'"),
    "date to come": (replace("events.csv", "2020-01-01", "2020-04-01"), "column date: read '2020-04-01'"),
    "date and time elsewhere": (replace("events.csv", "2020-01-01", "2020-01-01T10:00:00+01:00"), "column date: read '2020-01-01T10:00:00+01:00'"),
    "rounded code": (replace("events.csv", "84114007", "9.99E+09"), "column code: read '9.99E+09', expected a code"),
    "no code": (replace("events.csv", "84114007", ""), "column code: read ''"),
    "unknown system": (replace("events.csv", "snomed", "read"), "column system: read 'read', expected one of: snomed"),
    "number with comma": (replace("events.csv", "48.5", '"48,5"'), "row 3, column value: read '48,5', expected a number"),
    "not a number": (replace("events.csv", "48.5", "NaN"), "column value: read 'NaN'"),
    "stranger": (replace("events.csv", "p1", "p9"), "events.csv, row 2, column person_id: read 'p9', expected a person who is in people.csv"),
    "stranger on a service": (replace("services.csv", "p1", "p8"), "services.csv, row 2, column person_id: read 'p8'"),
    "broken NHS number": (replace("people.csv", NHS[0], NHS[0][:9] + str((int(NHS[0][9]) + 1) % 10)), "row 2, column nhs_number"),
    "short NHS number": (replace("people.csv", NHS[0], NHS[0][1:]), "row 2, column nhs_number"),
    "rounded NHS number": (replace("people.csv", NHS[0], "9.99E+09"), "column nhs_number: read '9.99E+09'"),
    "NHS number twice": (replace("people.csv", "9,2019,99,,", f"9,2019,99,{NHS[0]},"), "row 3, column nhs_number"),
    "unknown sex": (replace("people.csv", "female", "F"), "row 2, column sex: read 'F', expected one of: male, female"),
    "unknown ethnic category": (replace("people.csv", ",2019,A,", ",2019,I,"), "column ethnic_category: read 'I'"),
    "decile out of range": (replace("people.csv", ",2,2019", ",11,2019"), "column imd_decile: read '11', expected a whole number from 1 to 10"),
    "decile with a point": (replace("people.csv", ",2,2019", ",2.0,2019"), "column imd_decile: read '2.0'"),
    "unknown edition": (replace("people.csv", ",2,2019", ",2,2017"), "column imd_edition: read '2017'"),
    "died before birth": (replace("people.csv", "1931-05-06", "2020-02-06"), "row 3, column date_of_death: read '2020-01-02', expected a day not before date_of_birth"),
    "person twice, differently": (replace("people.csv", "\np3,,unknown", "\np1,,unknown"), "column person_id: read 'p1', expected each once"),
    "no person id": (replace("people.csv", "\np3,", "\n,"), "row 4, column person_id: read ''"),
    "control character": (replace("people.csv", "Ada", "A\x07da"), "column given_name"),
    "code with a dot": (replace("admissions.csv", "N185", "N18.5"), "column code: read 'N18.5', expected an ICD-10 or OPCS-4 code without a dot"),
    "left before coming": (replace("admissions.csv", "2020-01-01,,", "2020-01-01,2019-12-31,"), "column discharged_on"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "said"), BAD.values(), ids=list(BAD))
def test_a_bad_file_is_refused_in_words(spoil, said: str, tables: Path, population: Population) -> None:
    spoil(tables)
    lines = faults(tables, population)
    assert any(said in line for line in lines), lines


def test_codes_that_a_spreadsheet_rounded_come_in_and_are_counted(tables: Path, population: Population) -> None:
    lines = "p1,2020-01-03,1300561000000100,snomed,,\n" * 2 + "p3,2020-01-03,84114006,snomed,,\n"
    (tables / "events.csv").write_text((tables / "events.csv").read_text() + lines)
    imported = bring_in(tables, population)
    assert imported.notes == (
        "events.csv: 2 codes in 3 rows with a wrong check digit, or rounded by a spreadsheet, such as 1300561000000100. "
        "No code list has such a code, so no rule finds these rows.",
    )
    assert imported.manifest.tables["events"] == 4


def test_of_many_faults_fifty_are_shown_and_the_number_is_said(tables: Path, population: Population) -> None:
    (tables / "events.csv").write_text(EVENTS + "p1,soon,84114007,snomed,,\n" * 120)
    lines = faults(tables, population)
    assert len(lines) == 51
    assert "70 more like these, 120 in all" in lines[-1]


@pytest.mark.parametrize(
    ("encoding", "note"),
    [("utf-8-sig", ""), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16-LE"), ("windows-1252", "WINDOWS-1252")],
)
def test_other_encodings_are_read_and_said(encoding: str, note: str, tables: Path, population: Population) -> None:
    text = PEOPLE.replace("Ada", "Zoë")
    (tables / "people.csv").write_bytes(text.encode(encoding))
    notes = bring_in(tables, population).notes
    assert rows(population, "identities")[0]["given_name"] == "Zoë"
    assert not note or note in notes[0]


def test_line_ends_and_quotes_of_every_kind(tables: Path, population: Population) -> None:
    text = PEOPLE.replace("1 Mill Lane", '"1, ""Mill"" Lane"').replace("\n", "\r\n", 2)
    (tables / "people.csv").write_bytes(text.encode())
    bring_in(tables, population)
    assert rows(population, "identities")[0]["address_line_1"] == '1, "Mill" Lane'


def test_the_same_person_twice_is_a_duplicate(tables: Path, population: Population) -> None:
    line = PEOPLE.splitlines()[1]
    (tables / "people.csv").write_text(PEOPLE + line + "\n")
    totals = bring_in(tables, population).manifest.files["people.csv"]
    assert (totals.rows, totals.kept, totals.duplicate) == (4, 3, 1)


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "x" * 61, ".hidden"])
def test_a_dataset_has_a_plain_name(name: str, tables: Path, population: Population) -> None:
    with pytest.raises(NotADatasetName):
        bring_in(tables, population, dataset=name)


def test_an_unknown_dataset_is_refused_and_the_known_are_named(tables: Path, population: Population) -> None:
    with pytest.raises(NoSuchDataset, match="openprotect import records"):
        population.last()
    bring_in(tables, population)
    with pytest.raises(NoSuchDataset, match="There are: d"):
        population.manifest("other")


def test_nhs_numbers_in_columns_follow_the_rule_for_one() -> None:
    good = [number_for_tests(number) for number in range(0, 900_000, 9_001)]
    texts = [*good, *(f"{n[:9]}{(int(n[9]) + 3) % 10}" for n in good), "0000000000", "123", "999 000 0018", "x" * 10]
    backend = engine()
    cells = ibis.memtable({"cell": texts})
    column = nhs_number("nhs_number")
    right = backend.to_pyarrow(cells.select(ok=~column.wrong(cells.cell, NOW.date())))["ok"].to_pylist()
    backend.disconnect()
    assert right == [is_nhs_number(text) for text in texts]


SYNTHEA_BAD = {
    "unknown gender": (replace("patients.csv", ",F,", ",X,"), "column GENDER: read 'X', expected one of: M, F"),
    "slashed birth": (replace("patients.csv", "1958-04-12", "12/04/1958"), "column BIRTHDATE: read '12/04/1958'"),
    "no code column": (replace("conditions.csv", "CODE", "CODES"), "column CODE: read 'no such column'"),
    "stranger": (replace("conditions.csv", "0001", "9999"), "expected a person who is in patients.csv"),
    "no medications": (lambda folder: (folder / "medications.csv").unlink(), "medications.csv: read 'no such file'"),
}


@pytest.fixture
def synthea(tmp_path: Path) -> Path:
    source = Path(__file__).parents[1] / "fixtures" / "synthea-shaped"
    return Path(shutil.copytree(source, tmp_path / "synthea"))


@pytest.mark.parametrize(("spoil", "said"), SYNTHEA_BAD.values(), ids=list(SYNTHEA_BAD))
def test_a_bad_synthea_export_is_refused(spoil, said: str, synthea: Path, population: Population) -> None:
    spoil(synthea)
    lines = faults(synthea, population, SYNTHEA)
    assert any(said in line for line in lines), lines


MORE_SYNTHEA = {
    "encounters.csv": "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,"
    "BASE_ENCOUNTER_COST,TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION\n"
    "e1,2020-01-01T10:00:00Z,2020-01-05T10:00:00Z,{0},o,p,q,inpatient,1505002,Admission,1,1,0,,\n"
    "e2,2020-02-01T10:00:00Z,2020-02-01T10:30:00Z,{0},o,p,q,wellness,162673000,Check,1,1,0,,\n",
    "observations.csv": "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"
    "2020-01-02T10:00:00Z,{0},e1,laboratory,4548-4,HbA1c,6.1,%,numeric\n"
    "2020-01-02T10:00:00Z,{0},e1,social-history,72166-2,Smoking,Never smoker,,text\n"
    "2020-01-02T10:00:00Z,{0},e1,,QALY,QALY,40.0,a,numeric\n",
    "immunizations.csv": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST\n2020-01-03T10:00:00Z,{0},e1,140,Influenza,140\n",
    "procedures.csv": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION\n"
    "2020-01-04T10:00:00Z,{0},e1,430193006,Medication reconciliation,1,,\n",
    "allergies.csv": "START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION,TYPE,CATEGORY\n"
    "2001-01-01,,{0},e1,419199007,Unknown,Allergy,allergy,environment\n"
    "2001-01-01,,{0},e1,7984,RxNorm,Penicillin V,allergy,medication\n",
}


def test_the_other_coded_files_of_synthea_are_read_where_they_are_there(synthea: Path, population: Population) -> None:
    somebody = (synthea / "patients.csv").read_text().splitlines()[1].split(",")[0]
    for name, text in MORE_SYNTHEA.items():
        (synthea / name).write_text(text.replace("{0}", somebody))
    totals = bring_in(synthea, population, SYNTHEA).manifest.files
    assert {name: (totals[name].rows, totals[name].kept, dict(totals[name].skipped)) for name in MORE_SYNTHEA} == {
        "encounters.csv": (2, 1, {"no stay in a hospital": 1}),
        "observations.csv": (3, 2, {"no LOINC code": 1}),
        "immunizations.csv": (1, 1, {}),
        "procedures.csv": (1, 1, {}),
        "allergies.csv": (2, 1, {"no SNOMED CT code": 1}),
    }
    events = [(str(row["date"]), row["code"], row["system"], row["value"]) for row in rows(population, "events")]
    assert {
        ("2020-01-02", "4548-4", "loinc", 6.1), ("2020-01-02", "72166-2", "loinc", None),
        ("2020-01-03", "140", "cvx", None), ("2020-01-04", "430193006", "snomed", None),
        ("2001-01-01", "419199007", "snomed", None),
    } <= set(events)  # fmt: skip
    (stay,) = rows(population, "admissions")
    assert (str(stay["admitted_on"]), str(stay["discharged_on"]), stay["code"]) == ("2020-01-01", "2020-01-05", None)


def test_synthea_comes_without_what_it_does_not_have(synthea: Path, population: Population) -> None:
    bring_in(synthea, population, SYNTHEA)
    person, identity = rows(population, "people")[0], rows(population, "identities")[0]
    assert person["sex"] == "female"
    assert person["practice_code"] is None
    assert identity["family_name"] == "Reedham"
    assert identity["nhs_number"] is None
    assert {row["system"] for row in rows(population, "medicines")} == {"rxnorm"}
