"""The journey of a whole Synthea population, by the commands of the documentation.

Shared by the run on 543 people of Lancashire and the one on the small fixture of the same shape.
"""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from openprotect.governance import clock
from tests.factories.command_line import Installation
from tests.factories.seen import one, rows, states

PACK = "packs/long-term-conditions"
AS_OF = "2021-07-15"
MORNING = datetime(2021, 7, 15, 9, 0, tzinfo=UTC)
BANNER = "Synthetic: not for care"


def found(here: Installation, records: Path, codelists: Path) -> Any:
    """The records are imported and the cohort is run; returns the figures that it prints."""
    clock.set_clock(MORNING, running=False)
    here.run("import", "records", "--format", "synthea", records)
    said = here.run("cohort", "run", PACK, "--as-of", AS_OF, "--codelists", codelists, "--json")
    read, figures = map(json.loads, said.splitlines()[-2:])
    assert read["left_out"] == {"services": "social_care_records"}
    assert read["data_age"].keys() == {"events", "medicines"}
    return figures


def letters_leave(here: Installation, figures: Any) -> None:
    """Nobody has a telephone, so everybody who has an address gets a letter, once, and whoever has none gets a team."""
    here.run("worker", "--once")
    here.run("worker", "--once")
    members = figures["people"]
    assert one("SELECT count(*) FROM identify_member", now=MORNING) == members
    addressed = rows(
        "SELECT m.person_id FROM identify_member m JOIN people_contactpoint c ON c.person_id = m.person_id"
        " AND c.kind = 'address' AND c.ends_at IS NULL JOIN people_person p ON p.id = m.person_id"
        " WHERE p.died_on IS NULL",
        now=MORNING,
    )
    sent = rows(
        'SELECT reference, channel, person_id, "to" FROM outbox_message WHERE person_id IS NOT NULL', now=MORNING
    )
    assert {channel for _, channel, _, _ in sent} == {"letter"}
    assert sorted(person for _, _, person, _ in sent) == sorted(person for (person,) in addressed)
    assert {path.stem for path in (here.data / "letters").iterdir()} == {str(reference) for reference, *_ in sent}
    for reference, _, _, to in sent:
        text = words_of(here.data / "letters" / f"{reference}.pdf")
        assert BANNER in text
        for line in to.splitlines():
            assert " ".join(line.split()) in text
    unreached = members - len(sent)
    expected = {"invited": len(sent)} | ({"no_route": unreached} if unreached else {})
    assert states(MORNING, "long-term-conditions") == expected


def explained(here: Installation, records: Path, codelists: Path) -> None:
    """Anybody can be told why one person is in and another is out."""
    with (records / "patients.csv").open(encoding="utf-8", newline="") as file:
        everybody = [row["Id"] for row in csv.DictReader(file)]
    members = {source_id for (source_id,) in rows("SELECT source_id FROM people_person", now=MORNING)}
    somebody_in = next(each for each in everybody if each in members)
    somebody_out = next(each for each in everybody if each not in members)
    options = ("--as-of", AS_OF, "--codelists", codelists)
    assert f"{somebody_in} is in long-term-conditions" in here.run("cohort", "explain", PACK, somebody_in, *options)
    looks = "SELECT person_id IS NOT NULL FROM governance_auditevent WHERE action = 'records explained'"
    assert rows(looks, now=MORNING) == [(True,)]
    assert f"{somebody_out} is not in long" in here.run("cohort", "explain", PACK, somebody_out, *options)


def words_of(letter: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(letter).pages).split())
