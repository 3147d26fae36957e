"""What a bulk export says was deleted: Bundles of the type transaction, a line each, whose entries delete resources.

Source: HL7 Bulk Data Access 2.0, "Complete Status", `deleted`. A resource that was deleted may not be in the same
export, so that it does not matter which is read first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from openprotect.interop.feeds.comma_separated import shown
from openprotect.interop.feeds.fhir_codes import reference_parts
from openprotect.interop.feeds.fhir_lines import Faults, Wrong, lines, objects, of
from openprotect.interop.feeds.fhir_manifest import DELETED
from openprotect.interop.feeds.fhir_rows import Rows
from openprotect.interop.feeds.records import SHOWN, Incoming, Reading
from openprotect.lib.errors import Fault
from openprotect.people.spool import WITHDRAWN

NOT_KEPT = "of a type of which nothing is kept"
_URL = "entry[{at}].request.url"
_SCHEMA = pa.schema(
    {name: pa.string() for name in ("person_id", "entry", "name", "file")} | {"line": pa.int64(), "place": pa.int64()}
)


@dataclass
class Deletions:
    """What was deleted, of the types of which something is kept."""

    reading: Reading
    kinds: Iterable[str]
    bundles: int = 0
    total: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rows = Rows(self.reading.work / "deleted.parquet", _SCHEMA)

    def read(self, paths: Sequence[Path], faults: Faults) -> None:
        """Every line of every file."""
        for path in paths:
            name = f"{DELETED}/{path.name}" if path.parent.name == DELETED else path.name
            for line in lines(path, faults, name=name):
                self.bundles += 1
                try:
                    for at, (kind, id_) in _deleted(line.resource):
                        self.total += 1
                        if kind not in self.kinds:
                            self.skipped[NOT_KEPT] += 1
                            continue
                        whom, entry = (id_, None) if kind == "Patient" else (None, f"{kind}/{id_}")
                        row = {"person_id": whom, "entry": entry, "name": f"{kind}/{id_}", "place": at}
                        self.rows.add(row | {"file": line.file, "line": line.number})
                except Wrong as wrong:
                    faults.add(line.file, line.number, wrong.path, wrong.read, wrong.expected)
        self.rows.close()

    def refuse_contradictions(self, kept: Sequence[Path], replaced: Collection[str]) -> None:
        """A fault for each that is among the resources of the export as well: rows in these files, patients replaced."""
        if not self.total or not kept:
            return
        engine = self.reading.engine
        named = [engine.read_parquet(str(path)).filter(_.nth < WITHDRAWN).select(name=_.entry) for path in kept]
        named.append(ibis.memtable({"name": [f"Patient/{each}" for each in replaced]}, schema={"name": "string"}))
        wrong = self.table().semi_join(ibis.union(*named), "name")
        for row in engine.to_pyarrow(wrong.order_by("file", "line", "place").limit(SHOWN)).to_pylist():
            path, expected = _URL.format(at=row["place"]), "what is not in the export as well"
            self.reading.faults.append(Fault(row["file"], f"line {row['line']}", path, shown(row["name"]), expected))
        if (more := self.reading.one(wrong.aggregate(n=wrong.count()))["n"] - SHOWN) > 0:
            self.reading.faults.append(Fault(DELETED, "", "", f"{more} more like these", "none"))

    def table(self) -> ir.Table:
        """What was deleted: patients in `person_id`, everything else in `entry`."""
        return self.reading.engine.read_parquet(str(self.rows.path))

    def incoming(self) -> Incoming:
        return Incoming(
            DELETED,
            self.table(),
            "person_id",
            {},
            self.total,
            _nothing_wrong,
            dict(self.skipped),
            entry="entry",
            removes=True,
        )


def _nothing_wrong(column: str, values: Sequence[object], expected: str) -> None:
    """What was deleted need not have been there."""


def _deleted(bundle: dict[str, Any]) -> Iterator[tuple[int, tuple[str, str]]]:
    """The type and id of each resource that a Bundle deletes, with its place. Raises Wrong."""
    for name, expected in (("resourceType", "Bundle"), ("type", "transaction")):
        if bundle.get(name) != expected:
            raise Wrong(name, bundle.get(name, ""), expected)
    found = []
    for at, entry in enumerate(objects(bundle, "entry")):
        request = of(dict, entry, "request", f"entry[{at}].") or {}
        method = of(str, request, "method", f"entry[{at}].request.") or ""
        if method != "DELETE":
            raise Wrong(f"entry[{at}].request.method", method, "DELETE")
        address = of(str, request, "url", f"entry[{at}].request.") or ""
        parts = reference_parts(address, "")
        if parts is None or not parts[0]:
            raise Wrong(_URL.format(at=at), address, "a type and an id, such as Patient/123")
        found.append((at, parts))
    yield from found
