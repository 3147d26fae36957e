"""The manifest of a bulk export, where it lies beside the files, and the files of what was deleted.

Source: HL7 Bulk Data Access 2.0, "Complete Status": `output`, `deleted` and `error`, each a list of `url`, `type` and
`count`. Clients name the files they download as they like, so that a file is looked for by the end of its address, and by
where clients put it: what was deleted in a folder `deleted`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from openprotect.interop.feeds.comma_separated import shown
from openprotect.interop.feeds.fhir_lines import Wrong, no_constant, objects, of
from openprotect.lib.errors import Fault

MANIFEST, DELETED = "manifest.json", "deleted"
NDJSON = re.compile(r".*\.ndjson(\.gz)?")


@dataclass
class Promised:
    """What a manifest says: how many resources of a type (None where it does not say), the files of deletions and errors."""

    numbers: dict[str, int | None] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    errors: int = 0


def promised(folder: Path, faults: list[Fault]) -> Promised:
    """What the manifest in a folder says; nothing where there is none."""
    found = Promised()
    path = folder / MANIFEST
    if not path.is_file():
        return found
    try:
        raw = json.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), parse_constant=no_constant)
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        faults.append(Fault(MANIFEST, "", "", shown(path.read_bytes()[:100].decode(errors="replace")), "a JSON object"))
        return found
    try:
        _read(raw, found)
    except Wrong as wrong:
        faults.append(Fault(MANIFEST, "", wrong.path, shown(str(wrong.read)), wrong.expected))
    return found


def _read(raw: dict[str, Any], found: Promised) -> None:
    for at, file in enumerate(objects(raw, "output")):
        if kind := of(str, file, "type", f"output[{at}]."):
            _count(found, kind, file, f"output[{at}].")
    for at, file in enumerate(objects(raw, DELETED)):
        address = of(str, file, "url", f"deleted[{at}].") or ""
        try:
            found.deleted.append(unquote(urlsplit(address).path).rpartition("/")[2])
        except ValueError:
            raise Wrong(f"deleted[{at}].url", address, "an address") from None
        _count(found, DELETED, file, f"deleted[{at}].")
    found.errors = len(objects(raw, "error"))


def _count(found: Promised, kind: str, file: dict[str, Any], path: str) -> None:
    number = of(float, file, "count", path)
    before = found.numbers.get(kind, 0)
    found.numbers[kind] = None if number is None or before is None else before + int(number)


def deleted_files(folder: Path, says: Promised, faults: list[Fault]) -> list[Path]:
    """The files that say what was deleted: those in the folder `deleted`, and others that the manifest names."""
    within = folder / DELETED
    found = [path for path in sorted(within.iterdir()) if NDJSON.fullmatch(path.name)] if within.is_dir() else []
    missing = []
    for at, name in enumerate(says.deleted):
        if any(path.name in (name, f"{name}.gz") for path in found):
            continue
        here = next((folder / each for each in (name, f"{name}.gz") if name and (folder / each).is_file()), None)
        if here:
            found.append(here)
        else:
            missing.append(Fault(MANIFEST, "", f"deleted[{at}].url", shown(name), f"a file of that name in {within}"))
    if len(found) < len(says.deleted):  # a client may have given them names of its own
        faults += missing
    return found


def missing_types(says: Promised, found: Collection[str], read: Collection[str]) -> list[Fault]:
    """A fault for each type that we read and the manifest names, of which there is no file."""
    return [
        Fault(f"{kind}.ndjson", "", "", "no such file", f"it, as {MANIFEST} names it")
        for kind, number in says.numbers.items()
        if kind in read and kind not in found and number != 0 and kind != DELETED
    ]


def miscounted(says: Promised, numbers: Mapping[str, int]) -> Sequence[Fault]:
    """A fault for each type of which there are more or fewer resources than the manifest says."""
    return [
        Fault(kind, "", "", f"{number} resources", f"{promise}, as {MANIFEST} says")
        for kind, number in numbers.items()
        if (promise := says.numbers.get(kind)) is not None and promise != number
    ]
