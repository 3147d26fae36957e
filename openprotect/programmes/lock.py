"""codelists.lock: the hash of each code list of a version, so that no list changes under a version's name."""

import hashlib
from collections.abc import Mapping

from openprotect.lib.errors import Fault, Refusal
from openprotect.programmes import yaml_lines
from openprotect.programmes.document import Node
from openprotect.programmes.shape import fits

LOCK = "codelists.lock"
SHOWN = 12  # characters of a hash that a person compares
_HEAD = """# The code lists of this version, by their SHA-256. Written by 'openprotect pack lock'.
# A list that changes needs a new version of the pack.
"""


class ListsAreLocked(Refusal):
    """{lists} changed since {version} was locked. Give the pack the next version, or put back what was there. Nothing was written.

    While nobody has published {version}, codelists.lock may be removed and written anew.
    """


def locked(version: str, lists: Mapping[str, bytes]) -> str:
    """The text of the lock of these lists, by their files."""
    lines = [f'"{name}": {_hash(content)}' for name, content in sorted(lists.items())]
    return f'{_HEAD}version: "{version}"\nlists:\n' + "".join(f"  {line}\n" for line in lines)


def check_lock(version: str, files: Mapping[str, bytes], own: set[str], faults: list[Fault]) -> None:
    """Every list that is not as it was locked for this version is a fault; `own` are those in the pack's folder.

    A published list from elsewhere is held against the lock where the lock names it.
    """
    if LOCK not in files:
        if own:
            faults.append(Fault(LOCK, "", "", "nothing", "this file: write it with 'openprotect pack lock DIR'"))
        return
    document = read_lock(files[LOCK], faults)
    if document is None:
        return
    if document["version"].value != version:
        expected = f"\"{version}\", the version of the pack: write the lock anew with 'openprotect pack lock DIR'"
        faults.append(_fault(document["version"], document["version"].value, expected))
        return
    for name, node in document["lists"].items():
        if name not in files:
            faults.append(_fault(node, name, "a list of this pack: it is locked and not there"))
        elif (found := _hash(files[name])) != node.value:
            expected = (
                f"{node.value[:SHOWN]}..., as it was locked for {version}: put it back, or copy the pack to the next "
                "version, change it there and write its lock with 'openprotect pack lock DIR'"
            )
            faults.append(Fault(name, "", "", f"sha256 {found[:SHOWN]}...", expected))
    for name in sorted(own - {name for name, _ in document["lists"].items()}):
        expected = f"a list of {LOCK}: copy the pack to the next version, and write its lock there"
        faults.append(Fault(name, "", "", "a list that was not locked", expected))


def read_lock(content: bytes, faults: list[Fault]) -> Node | None:
    """The lock as a tree; None, and at least one more fault, where it cannot be read."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        faults.append(Fault(LOCK, "", "", "bytes", "text in UTF-8"))
        return None
    document = yaml_lines.read(text, LOCK, faults)
    return document if document is not None and fits(document, "codelists-lock", LOCK, faults) else None


def refuse_changes(version: str, held: bytes, lists: Mapping[str, bytes]) -> None:
    """Raises ListsAreLocked where a lock of the same version says something else of a list."""
    document = read_lock(held, [])
    if document is None or document["version"].value != version:
        return
    changed = [
        name
        for name, node in document["lists"].items()
        if name not in lists or _hash(lists[name]) != node.value
    ]  # fmt: skip
    if changed:
        raise ListsAreLocked(lists=", ".join(changed), version=version)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _fault(node: Node, read: str, expected: str) -> Fault:
    return Fault(LOCK, f"line {node.line}", "", read, expected)
