"""Records that come again: as Parquet, as changes, after a kill; and what stands in the files of a dataset."""

import stat
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from openprotect.interop.feeds.records import UNKNOWN, AnotherSource, RecordsHaveFaults, import_records
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.people import partitions
from openprotect.people.population import TABLES as TYPES
from openprotect.people.population import AnotherKey, NoSuchDataset, NotPrivate, Population
from tests.factories.record_tables import EVENTS, HEADER, NHS, NOW, PEOPLE, bring_in, files, rows, write_tables


@pytest.fixture
def population(tmp_path: Path) -> Population:
    return Population(tmp_path / "population")


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "extract")


def test_an_extract_again_writes_only_what_has_changed(tables: Path, population: Population) -> None:
    bring_in(tables, population)
    first, manifest = files(population), population.manifest("d")
    again = bring_in(tables, population)
    assert (again.same, files(population), population.manifest("d")) == (True, first, manifest)
    (tables / "admissions.csv").unlink()
    changed = bring_in(tables, population)
    assert rows(population, "admissions") == []
    assert changed.manifest.changes["admissions"] == {"added": 0, "changed": 0, "removed": 1}
    assert not any(any(c.values()) for name, c in changed.manifest.changes.items() if name != "admissions")
    now = files(population)
    assert {name for name in now if first.get(name) != now[name]} == {"population/d/admissions/empty.parquet"}
    assert {name for name in first if name not in now} == {n for n in first if "admissions" in n}


def as_parquet(folder: Path, **cast: pa.DataType) -> None:
    """The same tables as Parquet, the numbers and dates in types of their own; one as a folder of two files."""
    for path in sorted(folder.glob("*.csv")):
        table = csv.read_csv(path, convert_options=csv.ConvertOptions(strings_can_be_null=True))
        for at, name in enumerate(table.column_names):
            kind = cast.get(name, pa.string() if name in ("code", "nhs_number") else None)
            if kind is not None:
                table = table.set_column(at, name, table[name].cast(kind))
        if path.stem == "events":
            (folder / "events.parquet").mkdir()
            for number in range(2):
                parquet.write_table(table.slice(number, 1), folder / "events.parquet" / f"part-{number}.parquet")
        else:
            parquet.write_table(table, folder / f"{path.stem}.parquet")
        path.unlink()


def test_parquet_gives_what_csv_gives(tables: Path, population: Population) -> None:
    bring_in(tables, population)
    expected = {name: rows(population, name) for name in TYPES}
    as_parquet(tables, date=pa.timestamp("us"))
    totals = bring_in(tables, population).manifest.files
    assert (totals["medicines.parquet"].rows, totals["medicines.parquet"].duplicate) == (2, 1)
    assert {name: rows(population, name) for name in TYPES} == expected


def test_a_fault_in_parquet_has_its_row_and_column(tables: Path, population: Population) -> None:
    as_parquet(tables, value=pa.string())
    table = parquet.read_table(tables / "medicines.parquet")
    codes = table["code"].cast(pa.float64())
    parquet.write_table(table.set_column(2, "code", codes), tables / "medicines.parquet")
    with pytest.raises(RecordsHaveFaults) as refused:
        bring_in(tables, population)
    lines = [str(fault) for fault in refused.value.faults]
    assert "medicines.parquet, row 1, column code: read '327070006.0', expected a code of 6 to 18 digits" in lines


def test_changes_are_added_and_whoever_is_removed_goes(tables: Path, population: Population) -> None:
    for name in ("events.csv", "medicines.csv"):
        lines = (tables / name).read_text().splitlines()
        (tables / name).write_text(
            "".join(f"{line},{'row_id' if not at else f'r{at}'}\n" for at, line in enumerate(lines))
        )
    (tables / "medicines.csv").write_text((tables / "medicines.csv").read_text().replace(",r2", ",r1"))
    bring_in(tables, population)
    delta = tables.with_name("delta")
    delta.mkdir()
    header = "person_id,date,code,system,value,unit,row_id\n"
    (delta / "events.csv").write_text(
        header + "p1,2020-01-05,84114007,snomed,,,r2\np2,2020-01-06,84114007,snomed,,,r9\n"
    )
    (delta / "people.csv").write_text(f"{HEADER}\np4,,female,,,,,,,,,,,,,,,,,,,,,,\np3,,male,,,,,,,,,,,,,,,,,,,,,,\n")
    changed = import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    assert {name: tuple(counts.values()) for name, counts in changed.manifest.changes.items()} == {
        "people": (1, 1, 0), "identities": (1, 0, 0), "events": (2, 0, 1),
        "medicines": (0, 0, 0), "admissions": (0, 0, 0), "services": (0, 0, 0),
    }  # fmt: skip
    assert [(row["person_id"], str(row["date"])) for row in rows(population, "events")] == [
        ("p1", "2020-01-01"), ("p1", "2020-01-05"), ("p2", "2020-01-06"),
    ]  # fmt: skip
    for path in delta.iterdir():
        path.unlink()
    (delta / "removed.csv").write_text("person_id\np1\n")
    gone = import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    assert gone.manifest.tables == {
        "people": 3, "identities": 3, "events": 1, "medicines": 0, "admissions": 0, "services": 0
    }  # fmt: skip
    assert gone.manifest.changes["people"] == {"added": 0, "changed": 0, "removed": 1}
    assert gone.manifest.data_age() == {"events": date(2020, 1, 6)}


def test_an_extract_of_changes_does_not_take_the_place_of_all(tables: Path, population: Population) -> None:
    bring_in(tables, population)
    before = files(population)
    (tables / "removed.csv").write_text("person_id\np2\n")
    with pytest.raises(RecordsHaveFaults) as refused:
        bring_in(tables, population)
    assert [str(fault) for fault in refused.value.faults] == [
        "removed.csv: read 'people who leave the records', expected the option --changes, for this is an extract of "
        "changes; a whole extract has no such file"
    ]
    assert files(population) == before


def test_changes_need_something_to_change(tables: Path, population: Population) -> None:
    with pytest.raises(NoSuchDataset):
        import_records(tables, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)


def test_only_touched_partitions_are_written(
    tables: Path, population: Population, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "BYTES_A_PARTITION", 128)
    bring_in(tables, population)
    first = population.manifest("d")
    assert first.partitions == 8
    before = files(population)
    delta = tables.with_name("delta")
    delta.mkdir()
    (delta / "events.csv").write_text(EVENTS + "p2,2020-02-02,84114007,snomed,,\n")
    import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    fresh = {name for name, inode in files(population).items() if before.get(name) != inode}
    assert len(fresh) == 1
    assert next(iter(fresh)).startswith("population/d/events/")
    assert len(rows(population, "events")) == 3


def test_a_row_that_was_filed_under_somebody_else_moves(
    tables: Path, population: Population, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "BYTES_A_PARTITION", 128)
    header = "person_id,date,code,system,value,unit,row_id\n"
    (tables / "events.csv").write_text(
        header + "p1,2020-01-05,84114007,snomed,,,r1\np1,2020-01-06,84114007,snomed,,,r2\n"
    )
    bring_in(tables, population)
    delta = tables.with_name("delta")
    delta.mkdir()
    (delta / "events.csv").write_text(header + "p2,2020-01-05,84114007,snomed,,,r1\n")
    changed = import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    assert changed.manifest.changes["events"] == {"added": 1, "changed": 0, "removed": 1}
    assert [(row["person_id"], row["date"].day) for row in rows(population, "events")] == [("p1", 6), ("p2", 5)]
    (delta / "events.csv").write_text(
        header + "p1,2020-01-05,84114007,snomed,,,r8\np2,2020-01-05,84114007,snomed,,,r8\n"
    )
    with pytest.raises(RecordsHaveFaults) as refused:
        import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    assert "events.csv, row 2, column row_id: read 'r8', expected each once" in str(refused.value.faults[0])


def test_one_file_alone_with_several_rows_about_somebody(tables: Path, population: Population) -> None:
    bring_in(tables, population)
    delta = tables.with_name("delta")
    delta.mkdir()
    (delta / "events.csv").write_text(EVENTS + "".join(f"p2,2020-02-{day:02},84114007,snomed,,\n" for day in (1, 2, 3)))
    added = import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    assert added.manifest.changes["events"] == {"added": 3, "changed": 0, "removed": 0}
    assert [row["date"].day for row in rows(population, "events")] == [1, 2, 1, 2, 3]


def test_what_is_added_to_a_table_comes_from_where_the_table_came_from(tables: Path, population: Population) -> None:
    hospital = {"events": "hospital_records"}
    import_records(tables, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, sources=hospital)
    delta = tables.with_name("delta")
    delta.mkdir()
    (delta / "events.csv").write_text(EVENTS + "p2,2020-02-02,84114007,snomed,,\n")
    more = partial(import_records, delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    assert more().manifest.sources["events"] == "hospital_records"
    with pytest.raises(AnotherSource, match="The events of the records 'd' come from hospital_records"):
        more(sources={"events": "a_register"})
    assert more(sources=hospital).same


def test_an_extract_that_was_added_takes_the_place_of_all_when_it_is_said_to_be_whole(
    tables: Path, population: Population
) -> None:
    bring_in(tables, population)
    delta = write_tables(tables.with_name("delta"))
    (delta / "people.csv").write_text(PEOPLE.replace("p3,", "p4,"))
    added = import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    assert added.manifest.tables["people"] == 4
    whole = bring_in(delta, population)
    assert (whole.same, whole.manifest.tables["people"]) == (False, 3)
    assert import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True).same


def test_whoever_is_removed_has_no_records_any_more(tables: Path, population: Population) -> None:
    bring_in(tables, population)
    delta = tables.with_name("delta")
    delta.mkdir()
    (delta / "removed.csv").write_text("person_id\np1\np1\nnobody\n")
    (delta / "events.csv").write_text(EVENTS + "p1,2020-02-02,84114007,snomed,,\n")
    with pytest.raises(RecordsHaveFaults) as refused:
        import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    assert [str(fault) for fault in refused.value.faults] == [
        "events.csv, row 2, column person_id: read 'p1', expected a person who is in the records 'd'"
    ]
    (delta / "events.csv").unlink()
    (delta / "people.csv").write_text(f"{HEADER}\np9,,female,,,,,,,,,{NHS[0]},,,,,,,,,,,,,\n")
    gone = import_records(delta, form=TABLES_FORMAT, population=population, dataset="d", now=NOW, changes=True)
    totals = gone.manifest.files["removed.csv"]
    assert (totals.rows, totals.kept, totals.duplicate, totals.skipped) == (3, 1, 1, {UNKNOWN: 1})
    assert sorted(population.source_ids("d").values()) == ["p2", "p3", "p9"]


def test_no_id_of_the_source_stands_in_the_record_tables(tables: Path, population: Population) -> None:
    (tables / "people.csv").write_text(PEOPLE.replace("\np", "\nperson-of-source-").replace(",p", ",p"))
    for name in ("events.csv", "medicines.csv", "admissions.csv", "services.csv"):
        (tables / name).write_text((tables / name).read_text().replace("p1,", "person-of-source-1,"))
    bring_in(tables, population)
    for path in population.folder.rglob("*"):
        if path.is_file():
            said = str(parquet.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_text()
            assert "person-of-source" not in said
            assert NHS[0] not in said
            assert "Marsh" not in said
    one, other = population.pseudonyms("d"), Population(population.folder, key="k" * 40).pseudonyms("d")
    assert set(population.source_ids("d")) == {one.of(f"person-of-source-{n}") for n in (1, 2, 3)}
    assert one.of("person-of-source-1") not in (
        other.of("person-of-source-1"),
        population.pseudonyms("e").of("person-of-source-1"),
    )
    with pytest.raises(AnotherKey):
        import_records(tables, form=TABLES_FORMAT, population=Population(population.folder, key="k" * 40), dataset="d",
                       now=NOW, changes=True)  # fmt: skip


def test_a_folder_that_others_can_enter_is_refused(tables: Path, population: Population) -> None:
    bring_in(tables, population)
    key = population.folder.with_name("population-key.json")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for path in (population.folder, population.identities, population.folder / "d", key):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(0o755)
        with pytest.raises(NotPrivate, match="755"):
            population.manifest("d")
        path.chmod(mode)
    population.manifest("d")


KILLED = """
import sys
from pathlib import Path
from openprotect.people import partitions, population
from tests.factories.killed import die_at
at = int(sys.argv[1])
steps = die_at(at)
partitions.BYTES_A_PARTITION = 512
from tests.factories.record_tables import bring_in
bring_in(Path(sys.argv[2]), population.Population(Path(sys.argv[3])))
print(steps.count)
"""
LAST = 16


@pytest.mark.parametrize(
    "at", [1, 9, LAST, *(pytest.param(n, marks=pytest.mark.trial) for n in range(2, LAST + 2) if n not in (9, LAST))]
)
def test_a_kill_leaves_the_old_records_or_the_new(at: int, tables: Path, population: Population) -> None:
    bring_in(tables, population)
    old = {name: rows(population, name) for name in TYPES}
    (tables / "events.csv").write_text(EVENTS + "p2,2020-02-02,84114007,snomed,,\n")
    (tables / "people.csv").write_text(PEOPLE.replace("Ada", "Zoë"))
    arguments = [str(at), str(tables), str(population.folder)]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == (-9 if at <= LAST else 0)
    found = {name: rows(population, name) for name in TYPES}
    bring_in(tables, population)
    new = {name: rows(population, name) for name in TYPES}
    assert found in (old, new)
    assert len(new["events"]) == 1
    assert {path.name for path in population.folder.iterdir()} == {".lock", "d", "last-import"}
