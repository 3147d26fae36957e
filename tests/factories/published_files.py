"""Files in the shapes in which they are published, with nothing in them but what a test says."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from openprotect.governance import queries as governance
from openprotect.governance.bases import DIRECT_CARE
from openprotect.governance.scope import system
from openprotect.interop.feeds.list_entries import entries
from openprotect.interop.feeds.shielded_list import COLUMNS, read_shielded_list
from openprotect.interop.feeds.tables import TABLES_FORMAT
from openprotect.journey import flow
from openprotect.people import actions as people
from openprotect.people.facts import ListTotals

Row = Mapping[str, str]


def shielded_list(path: Path, *rows: Row, version: str = "SPL-0001") -> Path:
    """A shielded list as a council receives it."""
    return _write(path, COLUMNS, [{"SPL_Version": version, "Flag_PDSInformallyDeceased": "0"} | row for row in rows])


def records(folder: Path, **tables: list[Row]) -> Path:
    """A records extract in our own tables: people, events, medicines, admissions, services."""
    folder.mkdir(exist_ok=True)
    for source in (TABLES_FORMAT.people, *TABLES_FORMAT.others):
        columns = [column.name for column in source.columns]
        _write(folder / source.file, columns, tables.get(source.file.removesuffix(".csv"), []))
    return folder


def receive(path: Path, *, now: datetime) -> ListTotals:
    """The list is read and taken in, as the command does it."""
    file = read_shielded_list(path)
    basis = governance.find_basis(DIRECT_CARE)
    return flow.perform(
        people.receive_list,
        name=file.list_name,
        label=file.version,
        file_name=path.name,
        sha256=file.sha256,
        entries=entries(file),
        duplicates=file.duplicates,
        basis=basis,
        by=system("test", now=now),
        now=now,
    )


def _write(path: Path, columns: tuple[str, ...] | list[str], rows: list[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path
