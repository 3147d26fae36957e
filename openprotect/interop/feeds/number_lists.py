"""Files of NHS numbers, one a line, as they go to the national data opt-out service and come back."""

from __future__ import annotations

import hashlib
from pathlib import Path

from openprotect.interop.feeds.comma_separated import shown
from openprotect.lib.errors import Fault
from openprotect.lib.nhs_number import NotAnNhsNumber, parse_nhs_number
from openprotect.people.errors import CleanedListHasFaults
from openprotect.people.facts import NumberList


def read_numbers(path: Path) -> NumberList:
    """The numbers of a file. A comma at the end of a line and lines of nothing are as good as not there.

    Raises CleanedListHasFaults with every line that is no NHS number, and with those that come twice.
    """
    content = path.read_bytes()
    lines: dict[str, int] = {}
    faults: list[Fault] = []
    for at, line in enumerate(content.decode("utf-8-sig", errors="replace").splitlines(), start=1):
        text = line.strip().rstrip(",").strip()
        if not text:
            continue
        try:
            number = parse_nhs_number(text)
        except NotAnNhsNumber as wrong:
            faults.append(Fault(path.name, f"line {at}", "", shown(text), wrong.expected))
            continue
        if number in lines:
            faults.append(
                Fault(path.name, f"line {at}", "", number, f"each number once; it is on line {lines[number]}")
            )
        lines.setdefault(number, at)
    if faults:
        raise CleanedListHasFaults(faults)
    return NumberList(path.name, hashlib.sha256(content).hexdigest(), lines)
