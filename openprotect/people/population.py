"""The population plane: the records of everybody, as Parquet files.

A dataset is a folder of typed tables and a manifest. Identifiers are split off into
`identities`; no other table holds a name, an address or a number that somebody could be rung
on. A dataset is replaced whole: an import is written beside it and takes its place in one
step at the end, so that a bad file or a kill changes nothing. Only the owner of the folder
can enter it.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from pyarrow import parquet

from openprotect.lib.errors import Refusal

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
            }
        ),
    }
)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_MANIFEST = "manifest.json"
_LAST = "last-import"


class NoSuchDataset(Refusal):
    """There are no records called '{dataset}'. {known}"""


class NotADatasetName(Refusal):
    """'{dataset}' cannot be the name of a dataset: use up to 60 small letters, digits and hyphens."""


@dataclass(frozen=True)
class Totals:
    """What became of the rows of one file: rows = kept + duplicate."""

    rows: int
    kept: int
    duplicate: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Where a dataset came from, when, and its control totals by file."""

    dataset: str
    source: str
    imported_at: str
    files: Mapping[str, Totals]
    tables: Mapping[str, int]


class Population:
    """The datasets in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

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
        """Raises NoSuchDataset."""
        raw = json.loads((self._of(dataset) / _MANIFEST).read_text(encoding="utf-8"))
        files = {name: Totals(**totals) for name, totals in raw.pop("files").items()}
        return Manifest(files=files, **raw)

    def table(self, engine: Backend, dataset: str, name: str) -> ir.Table:
        """A table of a dataset as an expression on `engine`; raises NoSuchDataset."""
        return engine.read_parquet(str(self._of(dataset) / name / "part-*.parquet"))

    def nhs_numbers(self) -> set[str]:
        """Every NHS number in any dataset."""
        backend = engine()
        try:
            found: set[str] = set()
            for dataset in self.datasets():
                numbers = backend.to_pyarrow(self.table(backend, dataset, "identities").select("nhs_number"))
                found |= {number for number in numbers["nhs_number"].to_pylist() if number}
            return found
        finally:
            backend.disconnect()

    @contextmanager
    def importing(self, dataset: str) -> "Iterator[Import]":
        """A place to write a dataset; it takes the place of what was there when the block ends well."""
        if not _NAME.fullmatch(dataset):
            raise NotADatasetName(dataset=dataset)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one import at a time
            beside = Path(tempfile.mkdtemp(prefix=f".{dataset}.", dir=self.folder))
            try:
                yield Import(dataset, beside)
                self._switch(dataset, beside)
            finally:
                self._sweep()

    def _sweep(self) -> None:
        """Remove what no dataset is: an import that failed or was killed, or what it replaced."""
        current = {path.resolve().name for path in self.folder.glob("[a-z0-9]*") if path.is_symlink()}
        for path in self.folder.glob(".*.*"):
            if path.is_symlink():
                path.unlink()
            elif path.is_dir() and path.name not in current:
                shutil.rmtree(path, ignore_errors=True)

    def _switch(self, dataset: str, beside: Path) -> None:
        """A dataset is a link to its folder, because a link is replaced in one step and a folder is not."""
        link = self.folder / dataset
        fresh = beside.with_name(f"{beside.name}.link")
        fresh.symlink_to(beside.name)
        os.replace(fresh, link)
        marker = self.folder / f".{_LAST}"
        marker.write_text(dataset, encoding="utf-8")
        os.replace(marker, self.folder / _LAST)

    def _of(self, dataset: str) -> Path:
        folder = self.folder / dataset
        if not _NAME.fullmatch(dataset) or not (folder / _MANIFEST).is_file():
            raise self._unknown(dataset)
        return folder

    def _unknown(self, dataset: str) -> NoSuchDataset:
        names = ", ".join(self.datasets())
        known = f"There are: {names}." if names else "Bring some in with 'openprotect import records'."
        return NoSuchDataset(dataset=dataset or "the last import", known=known)


class Import:
    """A dataset that is being written. `work` is a folder for what is needed on the way."""

    def __init__(self, dataset: str, folder: Path) -> None:
        self.dataset = dataset
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir(mode=0o700)
        self.rows: dict[str, int] = {}

    def write(self, engine: Backend, name: str, rows: ir.Table | None) -> int:
        """Write a table in its own types, ordered so that the same rows give the same file; None is no rows."""
        schema = TABLES[name]
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        path = folder / "part-0.parquet"
        if rows is None:
            parquet.write_table(schema.to_pyarrow().empty_table(), path, compression="zstd")
        else:
            typed = rows.select(**{column: rows[column].cast(kind) for column, kind in schema.items()})
            engine.to_parquet(typed.order_by(list(schema)), path, compression="zstd")
        path.chmod(0o600)
        self.rows[name] = parquet.read_metadata(path).num_rows
        return self.rows[name]

    def finish(self, *, source: str, files: Mapping[str, Totals], now: datetime) -> Manifest:
        """Write the manifest; refuses totals that do not add up, which would be a fault of ours."""
        for name, totals in files.items():
            if totals.rows != totals.kept + totals.duplicate:
                raise ArithmeticError(f"{name}: {totals.rows} rows in, {totals.kept} kept, {totals.duplicate} twice")
        missing = set(TABLES) - set(self.rows)
        if missing:
            raise LookupError(f"not written: {', '.join(sorted(missing))}")
        manifest = Manifest(self.dataset, source, now.isoformat(), files, self.rows)
        shutil.rmtree(self.work)
        path = self.folder / _MANIFEST
        path.write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
        path.chmod(0o600)
        return manifest


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
