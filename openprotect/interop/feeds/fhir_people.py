"""Whom the resources of an export are about, where that is not said by the id of a patient in it.

By an NHS number alone: whoever has it, in the export or in the records before it. By the id of a patient who was replaced
by another one: that one, to whom everything that is known of the first one goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openprotect.interop.feeds.comma_separated import shown
from openprotect.interop.feeds.fhir_codes import BY_NUMBER
from openprotect.interop.feeds.fhir_lines import Faults
from openprotect.interop.feeds.records import Reading

LINK = "link.other.reference"


@dataclass
class Replaced:
    """Patients who were replaced: by whom, and where that is said."""

    by: dict[str, str] = field(default_factory=dict)
    at: dict[str, tuple[str, int]] = field(default_factory=dict)

    def whom(self, person: str) -> str:
        """Who stands for somebody now."""
        seen = set()
        while person in self.by and person not in seen:
            seen.add(person)
            person = self.by[person]
        return person

    def heirs(self) -> Mapping[str, str]:
        """Everybody who was replaced, and who stands for them in the end."""
        return {person: self.whom(person) for person in self.by}


@dataclass
class People:
    """The patients of an export, those who were there before it, and those of them who go with it."""

    reading: Reading
    replaced: Replaced
    patients: ir.Table | None  # the rows of the export's patients
    deleted: ir.Table  # of patients, in `person_id`

    def __post_init__(self) -> None:
        heirs = self.replaced.heirs()
        self.moves = self._kept("moves", person_id=[*heirs], heir=[*heirs.values()])
        self.own = self.patients if self.patients is not None else self._kept("nobody", person_id=[], nhs_number=[])

    def _kept(self, name: str, **columns: list[str]) -> ir.Table:
        table = pa.table(columns, pa.schema(dict.fromkeys(columns, pa.string())))
        return self.reading.engine.create_table(name, table, temp=True)

    def known(self) -> ir.Table:
        """Everybody who is there after the import: columns person_id, nhs_number."""
        found = self.own.select("person_id", "nhs_number")
        before = self.reading.before
        if before is None:
            return found
        old = before.select(person_id=before.source_id, nhs_number=before.nhs_number)
        for others in (self.own, self.deleted.filter(self.deleted.person_id.notnull()), self.moves):
            old = old.anti_join(others.select("person_id"), "person_id")
        return found.union(old)

    def resolved(self, rows: ir.Table) -> ir.Table:
        """Rows that name people by NHS numbers, with their ids; a number that is nobody's stays."""
        known = self.known()
        known = known.filter(known.nhs_number.notnull())
        known = known.mutate(by_number=ibis.literal(BY_NUMBER) + known.nhs_number)
        numbers = known.group_by("by_number").agg(whom=known.person_id.min())  # one by itself, or the import is refused
        joined = rows.left_join(numbers, rows.person_id == numbers.by_number)
        return joined.mutate(person_id=ibis.coalesce(joined.whom, joined.person_id)).drop("whom", "by_number")

    def refuse_heirs(self, faults: Faults) -> None:
        """A fault for each patient who is replaced by nobody in the end, or is there all the same."""
        heirs = self.replaced.heirs()
        if not heirs:
            return
        engine = self.reading.engine
        known = self.known()
        there = self.moves
        named = engine.to_pyarrow(there.semi_join(known, there.heir == known.person_id).select("heir").distinct())
        known_heirs = set(named["heir"].to_pylist())
        for person, heir in heirs.items():
            if heir in self.replaced.by:
                faults.add(
                    *self.replaced.at[person], LINK, self.replaced.by[person], "a patient who is not replaced in turn"
                )
            elif heir not in known_heirs:
                faults.add(*self.replaced.at[person], LINK, heir, "a patient who is in Patient")
        both = there.semi_join(self.own, "person_id").select("person_id").distinct()
        for person in engine.to_pyarrow(both)["person_id"].to_pylist():
            faults.add(*self.replaced.at[person], "id", shown(person), "each once: another row has it with other data")
