"""What a definition says, read aloud; and what another version says differently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from openprotect.cli.comparing import diff, english
from openprotect.journey.identify.differences import change_lines, compare
from openprotect.journey.identify.english import as_text, read_definition
from openprotect.programmes.cohort_lists import read_cohort

FIRST = """
cohort: hearts
index_date: {param: run_date}
population:
  exclude:
    died: {date_of_death: on_or_before index}
codelists:
  hearts: {file: codelists/hearts.csv, system: snomed}
  well: {file: codelists/well.csv, system: snomed}
groups:
  heart: {label: "Heart disease"}
  old: {label: "Aged"}
rules:
  - id: HEART
    group: heart
    reason: "{term} recorded on {date}"
    when: {any: hearts, within: 2 years}
    unless: {any: well, after: evidence}
  - id: OLD
    group: old
    when:
      all:
        - {age: {at_least: 80}}
        - {not: {sex: other}}
"""
HEARTS = "code,term\n84114007,Heart failure (disorder)\n22298006,Myocardial infarction (disorder)\n"
WELL = "code,term\n49436004,Atrial fibrillation (disorder)\n"


def pack(folder: Path, text: str = FIRST, **lists: str) -> Path:
    (folder / "codelists").mkdir(parents=True)
    (folder / "1-cohort.yaml").write_text(text, encoding="utf-8")
    for name, content in {"hearts": HEARTS, "well": WELL, **lists}.items():
        (folder / "codelists" / f"{name}.csv").write_text(content, encoding="utf-8")
    return folder


def changes(tmp_path: Path, text: str = FIRST, **lists: str) -> list[str]:
    sides = [read_cohort(pack(tmp_path / "1")), read_cohort(pack(tmp_path / "2", text, **lists))]
    found = compare(*((each.cohort, each.lists) for each in sides))
    return ["\n".join(change_lines(change)) for change in found]


def test_a_definition_is_read_aloud(tmp_path: Path) -> None:
    found = read_cohort(pack(tmp_path / "1"))
    said = as_text(read_definition(found.cohort, found.lists), "2026.1")
    assert (
        said
        == """hearts, version 2026.1: who is in it, and why

Every window counts back from the day of the run, and that day counts.
What is recorded after that day does not exist. What is not known is not true.

Left out before any rule is asked:
  died: the date of death is on or before the day of the run

One rule that is true is enough to be in:

HEART puts a person into "Heart disease" where
    hearts recorded within 2 years
  unless
    well recorded after the evidence
  The reason they are given: "{term} recorded on {date}"

OLD puts a person into "Aged" where
    all of these
      aged 80 or older
      not this
        sex other
  The reason they are given: "Aged"

Code lists, with the first terms of each:
  hearts: 2 SNOMED CT codes: Heart failure (84114007); Myocardial infarction (22298006).
  well: 1 SNOMED CT code: Atrial fibrillation (49436004)."""
    )


def test_the_same_definition_in_another_order_is_no_change(tmp_path: Path) -> None:
    assert changes(tmp_path, FIRST.replace("SNOMED", "snomed"), hearts="".join(HEARTS.splitlines(True)[::1])) == []


def test_a_window_that_changed_is_said_as_it_was_and_is(tmp_path: Path) -> None:
    (said,) = changes(tmp_path, FIRST.replace("2 years", "5 years"))
    assert said.startswith("Changed, rule HEART. It said:\n")
    assert "hearts recorded within 2 years" in said
    assert "hearts recorded within 5 years" in said


def test_a_reason_in_other_words_changes_nobody(tmp_path: Path) -> None:
    (said,) = changes(tmp_path, FIRST.replace("{term} recorded on", "Record of {term},"))
    assert said == (
        "Rule HEART gives its reason in other words. It said:\n"
        "  {term} recorded on {date}\nIt says:\n  Record of {term}, {date}"
    )


def test_rules_lists_groups_and_exclusions_come_and_go(tmp_path: Path) -> None:
    second = FIRST.replace("on_or_before index", "before index").replace('label: "Aged"', 'label: "Very old"')
    second = second.replace("    unless: {any: well, after: evidence}\n", "").replace("- id: OLD", "- id: VERY-OLD")
    second = second.replace("  well: {file: codelists/well.csv, system: snomed}\n", "")
    more = HEARTS.splitlines(True)[0] + HEARTS.splitlines(True)[1] + "49436004,Atrial fibrillation (disorder)\n"
    assert [each.splitlines()[0] for each in changes(tmp_path, second, hearts=more)] == [
        "Changed, exclusion died. It said:",
        "Changed, group old. It said:",
        "Changed, rule HEART. It said:",
        "Gone, rule OLD. It said:",
        "New rule VERY-OLD:",
        "List hearts has other codes.",
        "Gone, list well. It said:",
    ]


def test_a_list_says_how_many_codes_came_and_went_and_the_first_terms(tmp_path: Path) -> None:
    (said,) = changes(tmp_path, hearts=HEARTS.replace("22298006,Myocardial infarction", "49436004,Atrial fibrillation"))
    assert said == (
        "List hearts has other codes.\n"
        "  1 code more: Atrial fibrillation (49436004)\n"
        "  1 code fewer: Myocardial infarction (22298006)"
    )


def test_the_commands_say_it_as_json(tmp_path: Path) -> None:
    before, after = pack(tmp_path / "1"), pack(tmp_path / "2", FIRST.replace("2 years", "5 years"))
    told = json.loads(CliRunner().invoke(diff, [str(before), str(after), "--json"]).output)
    assert (told["before"], told["after"], told["people"]) == ("hearts 1", "hearts 2", None)
    assert [(change["what"], change["how"], change["name"]) for change in told["definition"]] == [
        ("rule", "changed", "HEART")
    ]
    for folder, version in ((before, "2026.1"), (after, "2026.2")):
        (folder / "0-programme.yaml").write_text(f'key: hearts\nversion: "{version}"\n', encoding="utf-8")
    told = json.loads(CliRunner().invoke(diff, [str(before), str(after), "--json"]).output)
    assert (told["before"], told["after"]) == ("hearts 2026.1", "hearts 2026.2")  # the packs', not their folders'
    aloud = json.loads(CliRunner().invoke(english, [str(before), "--json"]).output)
    assert (aloud["version"], aloud["pack_hash"]) == ("2026.1", None)  # there is no whole pack to sign
    assert [rule["id"] for rule in aloud["rules"]] == ["HEART", "OLD"]
    assert aloud["lists"][0]["codes"] == 2


@pytest.mark.parametrize("folder", ["covid-protect"])
def test_a_shipped_pack_is_read_whole(folder: str) -> None:
    found = read_cohort(Path(__file__).parents[3] / "packs" / folder)
    definition = read_definition(found.cohort, found.lists)
    assert len(definition.rules) == len(found.cohort.rules)
    assert {each.name for each in definition.lists} == set(found.cohort.lists)
    assert "_" not in as_text(definition, "1").replace("{window_start}", "")
