"""A file of legal bases in TOML: `[[basis]]` tables, with `[[basis.party]]`, `[[basis.extension]]` and `[[basis.approval]]`.

Every fault is said at once, by basis and key; a file with one is not used. Days are London's: `from` is
the first day in force, `until` the last.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openprotect.governance.basis_errors import BasesHaveFaults
from openprotect.governance.facts import law
from openprotect.governance.facts.bases import Approval, BasisInFile, Extension
from openprotect.lib.errors import Fault
from openprotect.lib.london import at

# Key -> its type, and the closed list that it is from.
TEXTS = ("key", "title", "owner", "owner_role", "owner_user", "privacy_notice", "words")
CLOSED: Mapping[str, Mapping[str, str]] = {
    "purpose": law.PURPOSES,
    "article_6": law.ARTICLE_6,
    "article_9": law.ARTICLE_9,
    "confidence": law.CONFIDENCE,
}
LISTS = ("purposes", "data_categories", "sources")
DAYS = ("from", "until", "review")
FLAGS = ("direct_care", "opt_out_applies")
TABLES = ("party", "extension", "approval")
_SAID = ("key", "title", "owner", "owner_role", "privacy_notice")
_MOST = {"by": 80, "words": 2000}
NEEDED = ("key", "title", "purpose", "from")


def read_bases(path: Path) -> tuple[BasisInFile, ...]:
    """The bases of a file. Raises BasesHaveFaults with every fault."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:  # a number too long and brackets too deep, too
        raise BasesHaveFaults([Fault(path.name, "", "", str(error), "TOML in UTF-8")]) from None
    reading = _Reading(path.name)
    found = reading.tables(raw, "basis", "")
    for key in raw.keys() - {"basis"}:
        reading.fault("", key, key, "only [[basis]]")
    if not found and not reading.faults:
        reading.fault("", "basis", "nothing", "at least one [[basis]]")
    bases = tuple(reading.basis(number, table) for number, table in enumerate(found, 1))
    keys = [each.said["key"] for each in bases if each]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        reading.fault(f"basis '{key}'", "key", key, "a key that no other basis of the file has")
    if reading.faults:
        raise BasesHaveFaults(reading.faults)
    return tuple(each for each in bases if each)


class _Reading:
    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, where: str, key: str, read: object, expected: str) -> None:
        self.faults.append(Fault(self.file, where, key, str(read), expected))

    def basis(self, number: int, raw: Mapping[str, Any]) -> BasisInFile | None:
        before = len(self.faults)
        where = f"basis '{raw['key']}'" if isinstance(raw.get("key"), str) else f"basis {number}"
        known = {*TEXTS, *CLOSED, *LISTS, *DAYS, *FLAGS, *TABLES}
        self._names(where, raw, known, NEEDED)
        for key in TEXTS:
            if key in raw and (not isinstance(raw[key], str) or not raw[key].strip()):
                self.fault(where, key, raw[key], "words")
        for key, allowed in CLOSED.items():
            self._one_of(where, key, raw, allowed)
        for key in LISTS:
            if key in raw and not (isinstance(raw[key], list) and all(isinstance(one, str) for one in raw[key])):
                self.fault(where, key, raw[key], "a list of words")
        for purpose in raw.get("purposes", ()) if isinstance(raw.get("purposes", ()), list) else ():
            if purpose not in law.PURPOSES:
                self.fault(where, "purposes", purpose, f"one of {', '.join(law.PURPOSES)}")
        for key in DAYS:
            self._day(where, key, raw)
        for key in FLAGS:
            if key in raw and not isinstance(raw[key], bool):
                self.fault(where, key, raw[key], "true or false")
        if not {"owner", "owner_role", "owner_user"} & raw.keys():
            self.fault(where, "owner_role", "nothing", "an owner: 'owner_role', 'owner_user' or 'owner'")
        if "until" not in raw and not (raw.get("direct_care") is True and "review" in raw):
            self.fault(where, "until", "nothing", "a last day; only direct care with a day of 'review' may go without")
        parties = [self._party(where, each) for each in self.tables(raw, "party", where)]
        codes = [code for code, _, _ in parties]
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            self.fault(where, "organisation", code, "an organisation that is no other party of this basis")
        extensions = [self._extension(where, each) for each in self.tables(raw, "extension", where)]
        approvals = [self._approval(where, each) for each in self.tables(raw, "approval", where)]
        if len({each.approver for each in approvals} & {*law.APPROVERS}) < len(approvals) or len(
            {each.by for each in approvals}
        ) < len(approvals):
            self.fault(
                where, "approval", f"{len(approvals)} approvals", "each by another approver, who is another person"
            )
        if len(self.faults) > before:
            return None
        ends = [_after(raw["until"])] if "until" in raw else []
        for each in extensions:
            if not ends or each.ends_at <= ends[-1] or each.known >= ends[-1]:
                self.fault(where, "extension", each.words, "an end after the one before, known before that is past")
            ends.append(each.ends_at)
        if "until" in raw and raw["until"] < raw["from"]:
            self.fault(where, "until", raw["until"], f"a day from {raw['from']} on")
        said = {key: raw[key] for key in (*_SAID, *CLOSED, *LISTS, "opt_out_applies") if key in raw}
        said["starts_at"] = at(raw["from"], time())
        said["ends_at"] = ends[0] if ends else None
        said["is_direct_care"] = raw.get("direct_care", False)
        said["review_date"] = raw.get("review")
        return BasisInFile(
            file=self.file,
            said=said,
            words=raw.get("words", ""),
            owner_username=raw.get("owner_user", ""),
            parties=parties,
            extensions=extensions,
            approvals=approvals,
        )

    def tables(self, raw: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
        found = raw.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self.fault(where, key, found, f"tables [[{'basis.' if where else ''}{key}]]")
            return []
        return found

    def _party(self, where: str, raw: Mapping[str, Any]) -> tuple[str, str, str]:
        keys = ("organisation", "power", "capacity")
        self._names(where, raw, set(keys), keys)
        self._one_of(where, "capacity", raw, law.CAPACITIES)
        if "power" in raw and not str(raw["power"]).strip():
            self.fault(where, "power", "nothing", "the statutory power that it acts by")
        organisation, power, capacity = (str(raw.get(key, "")) for key in keys)
        return organisation, power, capacity

    def _extension(self, where: str, raw: Mapping[str, Any]) -> Extension:
        keys = ("known", "until", "words")
        self._names(where, raw, set(keys), keys)
        days = [self._day(where, key, raw) or date.max - timedelta(days=9) for key in ("known", "until")]
        return Extension(at(days[0], time()), _after(days[1]), str(raw.get("words", "")))

    def _approval(self, where: str, raw: Mapping[str, Any]) -> Approval:
        keys = ("approver", "by", "on", "words")
        self._names(where, raw, set(keys), keys)
        self._one_of(where, "approver", raw, law.APPROVERS)
        for key in ("by", "words"):
            if key in raw and (not isinstance(raw[key], str) or not raw[key].strip() or len(raw[key]) > _MOST[key]):
                self.fault(where, key, raw[key], f"words, {_MOST[key]} letters at most")
        day = self._day(where, "on", raw) or date.max - timedelta(days=9)
        return Approval(
            str(raw.get("approver", "")), str(raw.get("by", "")), at(day, time()), str(raw.get("words", ""))
        )

    def _names(self, where: str, raw: Mapping[str, Any], known: set[str], needed: tuple[str, ...]) -> None:
        for key in sorted(raw.keys() - known):
            self.fault(where, key, key, f"one of {', '.join(sorted(known))}")
        for key in needed:
            if key not in raw:
                self.fault(where, key, "nothing", "a value")

    def _one_of(self, where: str, key: str, raw: Mapping[str, Any], allowed: Mapping[str, str]) -> None:
        if key in raw and (not isinstance(raw[key], str) or raw[key] not in allowed):
            self.fault(where, key, raw[key], f"one of {', '.join(allowed)}")

    def _day(self, where: str, key: str, raw: Mapping[str, Any]) -> date | None:
        if key not in raw:
            return None
        if not isinstance(raw[key], date) or isinstance(raw[key], datetime):
            self.fault(where, key, raw[key], "a day such as 2020-03-20, without quotes")
            return None
        return raw[key]


def _after(last_day: date) -> datetime:
    """The second at which a basis whose last day this is has ended."""
    return at(last_day + timedelta(days=1), time())
