"""From the files of a pack to a checked Pack, or every fault at once."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TypeVar

from openprotect.lib.errors import BadInput, Fault
from openprotect.programmes import checks, json_lines, yaml_lines
from openprotect.programmes.cohort_lists import other_name, read_lists, with_published
from openprotect.programmes.definitions import Pack
from openprotect.programmes.definitions.act import parse_act
from openprotect.programmes.definitions.cohort import parse_cohort
from openprotect.programmes.definitions.contact import parse_contact
from openprotect.programmes.definitions.decision_table import (
    DecisionTable,
    parse_inputs,
    parse_table,
)
from openprotect.programmes.definitions.example import Example, parse_example
from openprotect.programmes.definitions.learn import parse_learn
from openprotect.programmes.definitions.message import Message, parse_message
from openprotect.programmes.definitions.programme import parse_programme
from openprotect.programmes.definitions.questionnaire import parse_questionnaire
from openprotect.programmes.document import Node
from openprotect.programmes.lock import LOCK, check_lock, locked, refuse_changes
from openprotect.programmes.shape import fits

Parsed = TypeVar("Parsed")

FIRST = "0-programme.yaml"
COHORT = "1-cohort.yaml"
TABLE = "4-triage.csv"
# What may stand in a pack besides; anything else is a misspelt name.
FOLDERS = ("2-messages", "codelists", "examples")
KEPT = 16  # packs in memory


class PackHasFaults(BadInput):
    """The pack has faults, so it was not used."""


def load_pack(path: Path, codelists: Path | None = None) -> Pack:
    """The pack in `path`: a version folder, or a programme's folder for its latest version.

    Published code lists come from `codelists` where that is given, and become part of the
    pack's files. Raises PackHasFaults with every fault.
    """
    folder = version_folder(path)
    faults: list[Fault] = []
    files = _files(folder, faults)
    own = {name for name in files if name.startswith("codelists/")}
    pack = _load(files, codelists, faults)
    if pack:
        check_lock(pack.programme.version, files, own, faults)
        # Here, not wherever a pack is read: what was published before this was asked stays readable.
        document = _document(_texts(files, []), COHORT, [])
        faults += other_name(document, pack.programme.key) if document is not None else []
    if pack and folder.name != pack.programme.version and folder.name[:1].isdigit():
        read, expected = pack.programme.version, f"{folder.name}, the name of its folder"
        faults.append(Fault(FIRST, "", "", f"version {read}", expected))
    if faults or not pack:
        raise PackHasFaults(faults)
    return pack


def lock_pack(path: Path, codelists: Path | None = None) -> tuple[Path, int]:
    """Write codelists.lock for the pack in `path`; returns where, and how many lists are in it.

    Published lists are in it where they come from `codelists`. Raises PackHasFaults, and ListsAreLocked
    where a list of a version that has a lock changed.
    """
    folder = version_folder(path)
    faults: list[Fault] = []
    files = _files(folder, faults)
    held = files.pop(LOCK, None)
    pack = _load(files, codelists, faults)
    if faults or not pack:
        raise PackHasFaults(faults)
    version = pack.programme.version
    lists = {name: content for name, content in files.items() if name.startswith("codelists/")}
    if held is not None:
        refuse_changes(version, held, lists)
    (folder / LOCK).write_text(locked(version, lists), encoding="utf-8")
    return folder / LOCK, len(lists)


def load_pack_files(files: Mapping[str, bytes]) -> Pack:
    """The pack of these files, by their paths in its folder. Raises PackHasFaults."""
    faults: list[Fault] = []
    pack = _load(dict(files), None, faults)
    if faults or not pack:
        raise PackHasFaults(faults)
    return pack


_kept: OrderedDict[str, Pack] = OrderedDict()
_lock = Lock()


def cached_pack(hash: str, files: Callable[[], Mapping[str, bytes]]) -> Pack:
    """The pack with this hash; `files` is called only where it is not in memory."""
    with _lock:
        if hash in _kept:
            _kept.move_to_end(hash)
            return _kept[hash]
    pack = load_pack_files(files())
    with _lock:
        _kept[hash] = pack
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return pack


def hash_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        # Lengths between them, so that no two packs give the same bytes.
        digest.update(f"{len(name.encode())} {len(content)} {name}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def version_folder(path: Path) -> Path:
    """`path` itself where a pack stands in it, otherwise its latest version by natural order."""
    if (path / FIRST).is_file():
        return path
    versions = [found.parent for found in path.glob(f"*/{FIRST}")] if path.is_dir() else []
    if not versions:
        expected = f"a folder of a programme, or of one version, with {FIRST} in it"
        raise PackHasFaults([Fault(str(path), "", "", "no pack", expected)])
    return max(versions, key=lambda one: [int(part) for part in re.findall("[0-9]+", one.name)])


def _files(folder: Path, faults: list[Fault]) -> dict[str, bytes]:
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_dir() or any(part.startswith(".") for part in name.parts):
            continue
        try:
            files[name.as_posix()] = path.read_bytes()
        except OSError as error:
            read = error.strerror or "nothing"
            faults.append(Fault(name.as_posix(), "", "", read, "a file that can be read"))
    return files


def _load(files: dict[str, bytes], codelists: Path | None, faults: list[Fault]) -> Pack | None:
    texts = _texts(files, faults)
    _check_names(texts, faults)

    trees: dict[str, Node] = {}

    def part(file: str, parse: Callable[[Node, str, list[Fault]], Parsed]) -> Parsed | None:
        document = _document(texts, file, faults)
        if document is None:
            return None
        trees[file] = document
        return parse(document, file, faults)

    programme = part(FIRST, parse_programme)
    cohort = part(COHORT, parse_cohort)
    contact = part("2-contact.yaml", parse_contact)
    questionnaire = part("3-check-in.json", parse_questionnaire)
    triage = _triage(texts, part("4-triage.yaml", parse_inputs), faults)
    act = part("5-act.yaml", parse_act)
    learn = part("6-learn.yaml", parse_learn)
    messages = _messages(texts, faults)
    examples = _examples(texts, faults)
    if cohort:
        files.update(with_published(files, cohort, codelists))  # they are frozen with the pack
        read_lists(cohort, files, None, COHORT, faults)
    if not (programme and cohort and contact and questionnaire and triage and act and learn):
        return None  # its faults are recorded
    pack = Pack(
        programme, cohort, contact, messages, questionnaire, triage, act, learn, examples,
        hash=hash_of(files), files=files,
    )  # fmt: skip
    if not faults:  # across files only when each of them stands
        faults += checks.check(pack, trees)
    return pack


def _texts(files: Mapping[str, bytes], faults: list[Fault]) -> dict[str, str]:
    texts = {}
    for name, content in files.items():
        try:
            texts[name] = content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            read = f"byte {content[error.start]:#04x}"
            faults.append(Fault(name, f"line {line}", "", read, "text in UTF-8: save it as UTF-8"))
    return texts


def _check_names(texts: Mapping[str, str], faults: list[Fault]) -> None:
    for name in texts:
        path = PurePosixPath(name)
        expected_ends = {"2-messages": ".md", "codelists": ".csv", "examples": ".yaml"}
        if len(path.parts) == 2 and path.suffix == expected_ends.get(path.parts[0]):
            continue
        if name not in (*checks.FILES, TABLE, LOCK):
            expected = f"only {', '.join(checks.FILES)}, {LOCK} and the folders {', '.join(FOLDERS)}"
            faults.append(Fault(name, "", "", path.name, expected))


def _document(texts: Mapping[str, str], file: str, faults: list[Fault], schema: str = "") -> Node | None:
    if file not in texts:
        if not any(fault.file == file for fault in faults):
            faults.append(Fault(file, "", "", "nothing", "this file in the folder of the pack"))
        return None
    read = json_lines.read if file.endswith(".json") else yaml_lines.read
    document = read(texts[file], file, faults)
    name = schema or file.rsplit(".", 1)[0]
    return document if document is not None and fits(document, name, file, faults) else None


def _triage(texts: Mapping[str, str], inputs: DecisionTable | None, faults: list[Fault]) -> DecisionTable | None:
    if TABLE not in texts:
        if not any(fault.file == TABLE for fault in faults):
            faults.append(Fault(TABLE, "", "", "nothing", "this file in the folder of the pack"))
        return None
    return parse_table(texts[TABLE], inputs, TABLE, faults) if inputs else None


def _messages(texts: Mapping[str, str], faults: list[Fault]) -> dict[tuple[str, str], Message]:
    messages = {}
    for file in sorted(name for name in texts if name.startswith("2-messages/")):
        head, between, body = texts[file].removeprefix("---\n").partition("\n---\n")
        if not texts[file].startswith("---\n") or not between:
            expected = "a head between two lines of '---', and the text below it"
            faults.append(Fault(file, "line 1", "", texts[file][:30].split("\n")[0], expected))
            continue
        # One line in front, in place of the '---', so that lines are those of the file.
        document = yaml_lines.read(f"#\n{head}", file, faults)
        if document is None or not fits(document, "2-message", file, faults):
            continue
        body_line = head.count("\n") + 4
        message = parse_message(document, body, body_line, file, faults)
        if message:
            messages[message.name, message.language] = message
    return messages


def _examples(texts: Mapping[str, str], faults: list[Fault]) -> tuple[Example, ...]:
    examples = []
    for file in sorted(name for name in texts if name.startswith("examples/")):
        document = _document(texts, file, faults, schema="example")
        if document is not None:
            examples.append(parse_example(document, file))
    return tuple(examples)
