"""The population plane: the records of everybody, as Parquet files under pseudonyms.

A dataset is a set of typed tables in partitions by person, and a manifest that names every file
of it. A file is never changed: an import writes new ones beside them, and the manifest is
replaced in one step at the end, so that a bad file or a kill leaves the old dataset or the new
one, whole. Who somebody is (`identities`) stands in a folder of its own; the other tables know
people by keyed hashes. Only the owner of the folders can enter them.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from openprotect.lib.errors import Refusal
from openprotect.people.pseudonyms import Pseudonyms, kept_key

_ADDRESS = {f"address_line_{line}": "string" for line in range(1, 6)}

TABLES: Mapping[str, ibis.Schema] = MappingProxyType(
    {
        "people": ibis.schema(
            {
                "person_id": "string",
                "date_of_birth": "date",
                "sex": "string",
                "date_of_death": "date",
                "practice_code": "string",
                "registration_started": "date",
                "registration_ended": "date",
                "lsoa": "string",
                "imd_decile": "int8",
                "imd_edition": "string",
                "ethnic_category": "string",
            }
        ),
        "events": ibis.schema(
            {
                "person_id": "string",
                "date": "date",
                "code": "string",
                "system": "string",
                "value": "float64",
                "unit": "string",
            }
        ),
        "medicines": ibis.schema({"person_id": "string", "date": "date", "code": "string", "system": "string"}),
        "admissions": ibis.schema(
            {
                "person_id": "string",
                "admitted_on": "date",
                "discharged_on": "date",
                "code": "string",
                "system": "string",
            }
        ),
        "services": ibis.schema({"person_id": "string", "service": "string", "started_on": "date", "ended_on": "date"}),
        "identities": ibis.schema(
            {
                "person_id": "string",
                "source_id": "string",
                "nhs_number": "string",
                "given_name": "string",
                "family_name": "string",
                **_ADDRESS,
                "postcode": "string",
                "mobile": "string",
                "landline": "string",
                "email": "string",
                "language": "string",
                "other_needs": "string",
                "type_1_opt_out": "boolean",
            }
        ),
    }
)
DATES: Mapping[str, str] = MappingProxyType(
    {"events": "date", "medicines": "date", "admissions": "admitted_on", "services": "started_on"}
)
"""By which date the age of a table's records is told."""

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "people": "gp_records",
        "events": "gp_records",
        "medicines": "gp_records",
        "admissions": "hospital_records",
        "services": "social_care_records",
    }
)
"""Where the rows of each table come from, as legal bases name it, unless an import says otherwise."""

IDENTITIES = "identities"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_MANIFEST = "manifest.json"
_LAST = "last-import"


class NoSuchDataset(Refusal):
    """There are no records called '{dataset}'. {known}"""


class NotADatasetName(Refusal):
    """'{dataset}' cannot be the name of a dataset: use up to 60 small letters, digits and hyphens."""


class OldDataset(Refusal):
    """The records '{dataset}' are kept in an older form that is not read any more. Import them again."""


class NotPrivate(Refusal):
    """{path} can be read or entered by others than its owner (its mode is {mode}), and holds records of people.
    Take that away first: chmod -R go= {path}
    """


class AnotherKey(Refusal):
    """The records '{dataset}' stand under pseudonyms of another key than the one in the settings. Set that key
    again, or import them whole.
    """


@dataclass(frozen=True)
class Totals:
    """What became of the rows of one file: rows = kept + duplicate + what was skipped, by reason."""

    rows: int
    kept: int
    duplicate: int
    sha256: str
    skipped: Mapping[str, int] = field(default_factory=dict)

    @property
    def add_up(self) -> bool:
        return self.rows == self.kept + self.duplicate + sum(self.skipped.values())


@dataclass(frozen=True)
class Part:
    """One file of a dataset: its partition, its rows, and the latest date in it."""

    partition: int
    file: str
    rows: int
    latest: str | None = None


@dataclass(frozen=True)
class Manifest:
    """Where a dataset came from, when, its control totals by file, what changed with the last import, its parts.

    `sources` says of each table which source it comes from; `changes` counts by table what was added,
    changed (people and identities only) and removed.
    """

    dataset: str
    source: str
    imported_at: str
    files: Mapping[str, Totals]
    tables: Mapping[str, int]
    sources: Mapping[str, str]
    changes: Mapping[str, Mapping[str, int]]
    partitions: int
    parts: Mapping[str, tuple[Part, ...]]
    key: str
    reader: int
    notes: tuple[str, ...] = ()
    whole: bool = True  # the last import was all there is, and no changes to what was there

    def latest(self, table: str) -> date | None:
        """The latest date of any record in a table: how old its data is."""
        found = [part.latest for part in self.parts.get(table, ()) if part.latest]
        return date.fromisoformat(max(found)) if found else None

    def data_age(self) -> dict[str, date]:
        """The same of each table that has records."""
        return {table: found for table in self.tables if (found := self.latest(table))}


class Population:
    """The datasets in one folder. Identities stand beside it, in a folder whose name ends in `-identities`.

    Without a `key` the one kept in the file beside it is used, and made first where there is none.
    """

    def __init__(self, folder: Path, *, key: str | None = None) -> None:
        self.folder = folder
        self.identities = folder.with_name(f"{folder.name}-identities")
        self._key = key

    def pseudonyms(self, dataset: str) -> Pseudonyms:
        """Who is called how in a dataset."""
        return Pseudonyms(self._key.encode() if self._key else kept_key(self._key_file), dataset)

    @property
    def _key_file(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}-key.json")

    def require_private(self) -> None:
        """Raises NotPrivate where somebody else could read records."""
        own = [self.folder, self.identities, *(() if self._key else (self._key_file,))]
        datasets = [top / name for top in (self.folder, self.identities) for name in self.datasets()]
        for path in (*own, *datasets):
            if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
                raise NotPrivate(path=path, mode=f"{mode:o}")

    def datasets(self) -> tuple[str, ...]:
        """The names of all datasets."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(path.parent.name for path in self.folder.glob(f"[a-z0-9]*/{_MANIFEST}")))

    def last(self) -> str:
        """The dataset of the last import; raises NoSuchDataset where there is none."""
        try:
            return (self.folder / _LAST).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise self._unknown("") from None

    def manifest(self, dataset: str) -> Manifest:
        """Raises NoSuchDataset, OldDataset, NotPrivate."""
        self.require_private()
        path = self.folder / dataset / _MANIFEST
        if not _NAME.fullmatch(dataset) or not path.is_file():
            raise self._unknown(dataset)
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if "parts" not in raw:
            raise OldDataset(dataset=dataset)
        raw["files"] = {name: Totals(**totals) for name, totals in raw["files"].items()}
        raw["parts"] = {name: tuple(Part(**part) for part in parts) for name, parts in raw["parts"].items()}
        raw["notes"] = tuple(raw["notes"])
        return Manifest(**raw)

    def table(self, engine: Backend, dataset: str, name: str) -> ir.Table:
        """A table of a dataset as an expression on `engine`; raises NoSuchDataset."""
        files = [str(self.path(dataset, name, part)) for part in self.manifest(dataset).parts[name]]
        return engine.read_parquet(files).select(*TABLES[name])

    def path(self, dataset: str, name: str, part: Part) -> Path:
        """Where a file of a dataset is."""
        return (self.identities if name == IDENTITIES else self.folder) / dataset / name / part.file

    def find(self, dataset: str, person: str) -> str | None:
        """The pseudonym of somebody by their source's own id, their NHS number, or that pseudonym itself."""
        digits = person.replace(" ", "")
        backend = engine()
        try:
            rows = self.table(backend, dataset, IDENTITIES)
            found = rows.filter(
                (rows.source_id == person) | (rows.nhs_number == digits) | (rows.person_id == person)
            ).select("person_id", first=(rows.source_id == person).cast("int8"))
            ids = backend.to_pyarrow(found.order_by(ibis.desc("first")).limit(1)).to_pylist()
        finally:
            backend.disconnect()
        return str(ids[0]["person_id"]) if ids else None

    def source_ids(self, dataset: str) -> dict[str, str]:
        """Pseudonym -> the source's own id, of everybody: for tests and for who holds the key."""
        backend = engine()
        try:
            rows = backend.to_pyarrow(self.table(backend, dataset, IDENTITIES).select("person_id", "source_id"))
        finally:
            backend.disconnect()
        return dict(zip(rows["person_id"].to_pylist(), rows["source_id"].to_pylist(), strict=True))

    def nhs_numbers(self) -> set[str]:
        """Every NHS number in any dataset."""
        backend = engine()
        try:
            found: set[str] = set()
            for dataset in self.datasets():
                numbers = backend.to_pyarrow(self.table(backend, dataset, IDENTITIES).select("nhs_number"))
                found |= {number for number in numbers["nhs_number"].to_pylist() if number}
            return found
        finally:
            backend.disconnect()

    @contextmanager
    def writing(self, dataset: str) -> Iterator[Path]:
        """A folder to work in, for one import at a time; it is gone afterwards, with all files of no dataset."""
        if not _NAME.fullmatch(dataset):
            raise NotADatasetName(dataset=dataset)
        for folder in (self.folder, self.identities):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.require_private()
        link = self.folder / dataset
        if link.is_symlink():  # as a dataset of an older form was
            shutil.rmtree(link.resolve(), ignore_errors=True)
            link.unlink()
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one import at a time
            try:
                self._sweep()  # what a killed import left
                work = Path(tempfile.mkdtemp(prefix=".work-", dir=self.folder))
                yield work
            finally:
                self._sweep()

    def switch(self, manifest: Manifest) -> None:
        """From here on this is the dataset: one name is replaced, in one step."""
        folder = self.folder / manifest.dataset
        _write(folder / _MANIFEST, json.dumps(asdict(manifest), indent=1) + "\n")
        self.mark_last(manifest.dataset)

    def mark_last(self, dataset: str) -> None:
        """The dataset of the last import is this one."""
        _write(self.folder / _LAST, dataset)

    def _sweep(self) -> None:
        """Remove what belongs to no dataset: what an import left that failed or was killed, or what one replaced."""
        for left in self.folder.glob(".work-*"):
            shutil.rmtree(left, ignore_errors=True)
        for top in (self.folder, self.identities):
            for folder in [path for path in top.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)]:
                try:
                    wanted = self._wanted(folder.name)
                except OldDataset:
                    continue
                except NoSuchDataset:  # it was not finished
                    shutil.rmtree(folder, ignore_errors=True)
                    continue
                for path in folder.glob("*/*"):
                    if path not in wanted:
                        path.unlink()

    def _wanted(self, dataset: str) -> set[Path]:
        manifest = self.manifest(dataset)
        return {self.path(dataset, name, part) for name, parts in manifest.parts.items() for part in parts}

    def _unknown(self, dataset: str) -> NoSuchDataset:
        names = ", ".join(self.datasets())
        known = f"There are: {names}." if names else "Bring some in with 'openprotect import records'."
        return NoSuchDataset(dataset=dataset or "the last import", known=known)


def is_source(name: str) -> bool:
    """Whether a source of records may be called so."""
    return bool(_SOURCE.fullmatch(name))


def engine(work: Path | None = None, *, memory: str = "2GB") -> Backend:
    """A DuckDB in process, which spills into `work` what does not fit into `memory`."""
    # ibis writes lambdas with an arrow, which DuckDB 2.0 reads only when it is told to.
    settings = {"memory_limit": memory, "lambda_syntax": "ENABLE_SINGLE_ARROW"}
    if work is not None:
        settings["temp_directory"] = str(work)
    return ibis.duckdb.connect(":memory:", **settings)


def sha256_of(path: Path) -> str:
    """The hash of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    """A file as a whole: after a kill the old one is there, or this one."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    keep(path.parent)


def keep(folder: Path) -> None:
    """What was renamed in a folder stays so after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
