"""The cohort of a version folder together with the code lists it reads."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openprotect.lib.errors import BadInput, Fault, Refusal
from openprotect.programmes import yaml_lines
from openprotect.programmes.codelists import CodeList, read_codelist
from openprotect.programmes.definitions.cohort import Cohort, ListUse, parse_cohort
from openprotect.programmes.definitions.conditions import LatestOf, walk
from openprotect.programmes.document import Node
from openprotect.programmes.lock import LOCK, check_lock
from openprotect.programmes.shape import fits

FILE = "1-cohort.yaml"
PROGRAMME = "0-programme.yaml"


class CohortHasFaults(BadInput):
    """The cohort or one of its code lists has faults, so it was not run."""


class NothingTaken(Refusal):
    """No list of {cohort} was taken from {folder}: it has none of the published lists that the pack names
    ({names}). Name the folder that has them, or leave out --codelists.
    """


class NoCohort(Refusal):
    """There is no programme in {folder}: name a folder of packs/, or one of its versions."""


@dataclass(frozen=True)
class CohortOnDisk:
    """A cohort as it stands in a folder, with its code lists by the names it gives them.

    `version` is that of the pack; of a folder that says none, its name. `unlocked` is each list that is not as
    the pack's lock says, in a sentence.
    """

    folder: Path
    cohort: Cohort
    lists: Mapping[str, CodeList]
    version: str
    unlocked: tuple[str, ...] = ()


def read_cohort(folder: Path, codelists: Path | None = None) -> CohortOnDisk:
    """The cohort of a version folder, or of the latest version of a programme's folder.

    Published lists come from `codelists` where that is given, otherwise from the folder of
    the same name in the pack. Raises CohortHasFaults with every fault, or NoCohort.
    """
    version = latest_version(folder)
    faults: list[Fault] = []
    try:
        text = (version / FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CohortHasFaults([Fault(FILE, "", "", "nothing", "a file of YAML in UTF-8")]) from None
    files = {f"codelists/{path.name}": path.read_bytes() for path in sorted((version / "codelists").glob("*.csv"))}
    document = yaml_lines.read(text, FILE, faults)
    if document is None or not fits(document, FILE.removesuffix(".yaml"), FILE, faults):
        raise CohortHasFaults(faults)
    cohort = parse_cohort(document, FILE, faults)
    lists = read_lists(cohort, files, codelists, FILE, faults)
    key, number = _key_and_version(version)
    faults += [] if key is None else other_name(document, key.value)
    if faults:
        raise CohortHasFaults(faults)
    said = version.resolve().name if number is None else str(number.value)
    return CohortOnDisk(version, cohort, lists, said, _unlocked(version / LOCK, said, cohort, files, codelists))


def other_name(document: Node, key: object) -> list[Fault]:
    """A fault where a cohort is not named as its programme: it would be looked up as another's."""
    named = document["cohort"]
    if named.value == key:
        return []
    return [Fault(FILE, f"line {named.line}", "", str(named.value), f"'{key}', the key of {PROGRAMME}")]


def with_published(files: Mapping[str, bytes], cohort: Cohort, codelists: Path | None) -> dict[str, bytes]:
    """`files` and the published lists that the cohort names, from the folder `codelists` where that is given."""
    found = dict(files)
    for use in cohort.lists.values():
        if published := in_folder(use, codelists):
            found[f"codelists/{published.name}"] = published.read_bytes()
    return found


def _key_and_version(version: Path) -> tuple[Node | None, Node | None]:
    """What the pack says that it is; nothing where that cannot be read, which is for 'pack check' to say."""
    try:
        document = yaml_lines.read((version / PROGRAMME).read_text(encoding="utf-8"), PROGRAMME, [])
    except (OSError, UnicodeDecodeError):
        return None, None
    return (None, None) if document is None else (document.get("key"), document.get("version"))


def _unlocked(
    lock: Path, version: str, cohort: Cohort, own: Mapping[str, bytes], codelists: Path | None
) -> tuple[str, ...]:
    if not lock.is_file():
        return ()
    faults: list[Fault] = []
    check_lock(version, {**with_published(own, cohort, codelists), LOCK: lock.read_bytes()}, set(own), faults)
    return tuple(f"The lock does not hold. {fault}" for fault in faults)


def latest_version(folder: Path) -> Path:
    """The folder itself where a cohort stands in it, otherwise the last by natural order that holds one."""
    if (folder / FILE).is_file():
        return folder
    versions = [path.parent for path in folder.glob(f"*/{FILE}")]
    if not versions:
        raise NoCohort(folder=folder)
    return max(versions, key=lambda path: [(int(part or 0), part) for part in re.split(r"\D+", path.name)])


def read_lists(
    cohort: Cohort, files: Mapping[str, bytes], codelists: Path | None, file: str, faults: list[Fault]
) -> dict[str, CodeList]:
    """The code lists of a cohort: those of the pack from its `files`, published ones by name.

    A published list is NAME.csv in the folder `codelists` where one is given, otherwise in
    the pack's own. One that may take the place of a file does so where it is there. Every
    fault of every list is recorded, with those that are not there.
    """
    lists: dict[str, CodeList] = {}
    for name, use in cohort.lists.items():
        called, source = _source(use, files, codelists)
        if source is None:
            read = use.file or f"{use.published}.csv"
            where = f"in {codelists}" if codelists and use.published else "in this pack"
            also = "" if codelists or use.file else ", or the option --codelists with a folder that has it"
            faults.append(Fault(file, f"line {use.line}", "", read, f"a file of that name {where}{also}"))
            continue
        if any(fault.file in (called, f"codelists/{called}") for fault in faults):
            continue  # it is not text, or another list is in the same file: that is said already
        if found := read_codelist(source, called, use.system, faults):
            lists[name] = found
    _disjoint(cohort, lists, file, faults)
    return lists


def _source(use: ListUse, files: Mapping[str, bytes], codelists: Path | None) -> tuple[str, Path | bytes | None]:
    """What faults call a list, and where it is read: in the folder, or among the files of the pack."""
    if path := in_folder(use, codelists):
        return path.name, path
    if use.published:
        kept = None if codelists else files.get(f"codelists/{use.published}.csv")
        return f"{use.published}.csv", kept
    full = f"codelists/{use.full}.csv"  # among the files of a pack that was published with it
    file = full if use.full and full in files else use.file
    return file, files.get(file)


def in_folder(use: ListUse, codelists: Path | None) -> Path | None:
    """The file of the published list in a folder of them, where both are there."""
    path = codelists / f"{use.wanted}.csv" if codelists and use.wanted else None
    return path if path and path.is_file() else None


def said_of_folder(cohort: Cohort, codelists: Path) -> str:
    """Which lists of a cohort come from a folder of published ones, by name and hash, and which do not.

    Raises NothingTaken where none does.
    """
    taken, kept = [], []
    for name, use in cohort.lists.items():
        if path := in_folder(use, codelists):
            taken.append(f"{name} = {use.wanted} {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}")
        else:
            kept.append(name)
    if not taken:
        names = ", ".join(f"{use.wanted}.csv" for use in cohort.lists.values() if use.wanted)
        raise NothingTaken(folder=codelists, cohort=cohort.name, names=names or "it names no published list")
    rest = f" The pack's own {'stays' if len(kept) == 1 else 'stay'}: {', '.join(kept)}." if kept else ""
    return f"From {codelists}: {', '.join(taken)}.{rest}"


def _disjoint(cohort: Cohort, lists: Mapping[str, CodeList], file: str, faults: list[Fault]) -> None:
    """A code in two lists of `latest_of` could not say which of them is the latest."""
    for rule in cohort.rules:
        for part in (part for condition in rule.conditions for part in walk(condition)):
            if not isinstance(part, LatestOf):
                continue
            seen: dict[str, str] = {}
            for name in (name for name in part.lists if name in lists):
                for code, _ in lists[name].codes:
                    if other := seen.get(code):
                        line = f"line {cohort.lists[name].line}"
                        expected = f"each code in one list of latest_of: it is in {other} too"
                        faults.append(Fault(file, line, "", f"{code} in {name}", expected))
                    seen.setdefault(code, name)
