"""A cohort that could not mean what it says is refused, by line."""

from datetime import date

import pytest

from openprotect.lib.errors import Fault
from openprotect.programmes import yaml_lines
from openprotect.programmes.cohort_lists import read_lists
from openprotect.programmes.definitions.cohort import parse_cohort
from openprotect.programmes.definitions.conditions import when_of
from openprotect.programmes.shape import fits

GOOD = """cohort: spec
index_date: {param: run_date}
population:
  exclude:
    died: {date_of_death: on_or_before index}
codelists:
  a: {file: codelists/a.csv, system: snomed}
  b: {file: codelists/b.csv, system: snomed}
groups:
  g: {label: The group}
rules:
  - id: R
    group: g
    reason: "{term} on {date}"
    when: {latest_of: [a, b], is: a}
"""
FILES = {"codelists/a.csv": b"code\n84114007\n", "codelists/b.csv": b"code\n44054006\n"}
WHEN = "when: {latest_of: [a, b], is: a}"


def faults_of(text: str, files: dict[str, bytes] = FILES) -> list[str]:
    faults: list[Fault] = []
    document = yaml_lines.read(text, "1-cohort.yaml", faults)
    if document is not None and fits(document, "1-cohort", "1-cohort.yaml", faults):
        cohort = parse_cohort(document, "1-cohort.yaml", faults)
        read_lists(cohort, files, None, "1-cohort.yaml", faults)
    return [str(fault) for fault in faults]


def test_a_good_one_has_no_faults() -> None:
    assert faults_of(GOOD) == []


BAD = [
    (WHEN, "when: {latest_of: [a, b], is: c}", "line 15: read 'c', expected 'is' with one of: a, b"),
    (WHEN, "when: {latest_of: [a, z], is: a}", "read 'z', expected a code list that is declared"),
    (WHEN, "when: {any: [a, b], withn: 6 months}", "read 'withn', expected"),
    (WHEN, "when: {any: [a, b], at_least: 2}", "read 'at_least', expected beside 'any'"),
    (WHEN, "when: {any: [a, b], count: a}", "read 'any and count', expected one condition"),
    (WHEN, "when: {within: 6 months}", "read 'no condition', expected one condition"),
    (WHEN, "when: {any: [a, b], within: half a year}", "expected a period"),
    (WHEN, "when: {any: [a, b], within: 2 hours}", "expected days, weeks, months or years"),
    (WHEN, "when: {any: [a, b], within: 2100 years}", "read '2100 years', expected at most 150 years; for ever, leave"),
    (WHEN, "when: {any: [a, b], within: 999999 days}", "read '999999 days', expected at most 150 years; for ever, lea"),
    (WHEN, "when: {any: [a, b], within: 999999 weeks}", "expected at most 150 years; for ever, leave 'within' out"),
    (WHEN, "when: {then: {first: a, after: b, within: 9000 years}}", "expected at most 150 years"),
    (WHEN, "when: {any: [a, b], after: 9999-12-31}", "expected a date from 1900-01-01 to 2200-12-31; to have no such b"),
    (WHEN, "when: {any: [a, b], before: 0001-01-01}", "expected a date from 1900-01-02 to 2200-12-31; to have no such "),
    (WHEN, "when: {any: [a, b], before: 1800-01-01}", "leave 'before' out: there is no record of before 1900-01-01"),
    (WHEN, "when: {any: [a, b], before: 1900-01-01}", "read '1900-01-01', expected a date from 1900-01-02"),
    (WHEN, "when: {any: [a, b], after: '2020-W10-1'}", "read '2020-W10-1', expected a date as YYYY-MM-DD"),
    (WHEN, "when: {any: [a, b], after: '20200330'}", "read '20200330', expected a date as YYYY-MM-DD"),
    (WHEN, "when: {admitted: any, nights: {at_least: 400}, within: 1 week}", "a stay that began within 1 week has not"),
    (WHEN, "when: {service: Home Care}", "read 'Home Care', expected the code of a service in small letters"),
    (
        WHEN,
        "when: {count: [a, b], at_least: 10, distinct: date, after: 2020-01-01, before: 2020-01-05}",
        "expected a window of at least 10 days: there are 3 between them",
    ),
    ("date_of_death: on_or_before", "date_of_birth: on_or_before", "everybody was born by the index date, so nobody"),
    (WHEN, "when: {any: [a, b], within: 6 months, ever: true}", "expected 'ever: true' alone"),
    (WHEN, "when: {any: [a, b], ever: false}", "expected 'ever: true' alone"),
    (WHEN, "when: {any: [a, b], after: 2020-02-30}", "expected a date as YYYY-MM-DD, or 'evidence', or a list"),
    (WHEN, "when: {any: [a, b], after: 2020-01-01, before: 2020-01-02}", "expected a window with a day in it"),
    (WHEN, "when: {any: [a, b], after: evidence}", "expected 'after: evidence' inside 'unless'"),
    (WHEN, "when: {count: [a, b]}", "read 'count', expected 'at_least' beside 'count'"),
    (WHEN, "when: {count: [a, b], at_least: 0}", "expected a whole number, 1 or more"),
    (WHEN, "when: {count: [a, b], at_least: 5, distinct: date, within: 2 days}", "expected a window of at least 5 days"),
    (WHEN, "when: {of: [a, b], at_least: 3}", "expected at most 2, the number of parts"),
    (WHEN, "when: {all: [a, b, {age: {at_least: 80, under: 70}}]}", "expected a span of ages"),
    (WHEN, "when: {all: [a, b, {sex: man}]}", "read 'man', expected one of: male, female, other, unknown"),
    (WHEN, "when: {all: [a, b, {imd_decile: {at_most: 11, edition: '2019'}}]}", "expected 10 or less"),
    (WHEN, "when: {all: [a, b, {imd_decile: {at_most: 2}}]}", "read 'no 'edition'', expected the key 'edition'"),
    (WHEN, "when: {all: [a, b, {imd_decile: {at_most: 2, edition: 2019}}]}", "put it in quotes, '2019'"),
    (WHEN, "when: {of: [a, b], at_least: 1.5}", "read '1.5', expected a whole number, 1 or more"),
    (WHEN, "when: {none: [{any: a}, b], within: 1 day}", "read 'within', expected a window inside the braces"),
    (WHEN, "when: {latest: [a, b], between: [42, 47]}", "expected 'unit' beside 'latest', as the records write it"),
    (WHEN, "when: {latest: [a, b], unit: mmol/mol}", "expected 'between', 'at_least' or 'under' beside 'latest'"),
    (WHEN, "when: {latest: [a, b], unit: mmol/mol, between: [47, 42]}", "expected the lower bound first: [42, 47]"),
    (WHEN, "when: {latest: [a, b], unit: mmol/mol, between: [42]}", "read '[42]', expected 2 entries"),
    (WHEN, "when: {latest: [a, b], unit: mmol/mol, between: [1, 2, 3]}", "expected 2 entries"),
    (WHEN, "when: {latest: [a, b], unit: mmol/mol, between: [42, 47], under: 4}", "expected 'between' alone"),
    (WHEN, "when: {latest: [a, b], unit: mmol/mol, at_least: 4, under: 4}", "expected a range in which a value can be"),
    (WHEN, "when: {then: {first: a}}", "read 'no 'after'', expected the key 'after'"),
    (WHEN, "when: {then: {first: a, after: evidence}}", "expected 'after: evidence' inside 'unless'"),
    (WHEN, "when: {then: {first: a, after: 2020-01-01}}", "expected evidence that comes first"),
    (WHEN, "when: {then: {first: a, after: b, within: 0 days}}", "read '0 days', expected a day or more"),
    (WHEN, "when: {then: {first: a, after: {not: b}}}", "expected a condition that always has evidence"),
    (WHEN, "when: {any: a, after: {age: {at_least: 70}}}", "expected a condition that always has evidence"),
    (WHEN, "when: {any: a, after: b, before: b}", "read 'after and before the same evidence', expected a window"),
    (WHEN, "when: {any: a, before: z}", "read 'z', expected a date as YYYY-MM-DD, or 'evidence', or a list"),
    (WHEN, "when: {any: [a, b], before: evidence}", "expected 'before: evidence' inside 'unless'"),
    (WHEN, "when: {admitted: [a, b]}", "read 'a, of snomed', expected a list of icd10 or opcs4"),
    (WHEN, "when: {all: [a, b, {admitted: any, nights: {at_least: 3, under: 2}}]}", "expected a span in which a number of nights"),
    (WHEN, "when: {all: [a, b, {practice: a}]}", "read 'a, of snomed', expected a list with system ods"),
    (WHEN, "when: {all: [a, b, {practice: north}]}", "read 'north', expected a code list that is declared: a, b"),
    (WHEN, "when: {all: [a, b, {practice: 'A-1'}]}", "read 'A-1', expected an ODS code in quotes"),
    (WHEN, "when: {all: [a, b, {lsoa: E0100}]}", "read 'E0100', expected an LSOA in quotes"),
    (WHEN, "when: {all: [a, b, {locality: a}]}", "a list of its practices goes with 'practice'"),
    (WHEN, "when: {all: [a, b, {on_list: spl, version: 7}]}", "put it in quotes, '7'"),
    ('"{term} on {date}"', '"{value}"', "expected a rule whose evidence is always a value, in one unit"),
    (WHEN, "when: a", "line 8: read 'b', expected a list that a rule reads"),
    ("group: g", "group: h", "read 'h', expected a group that is declared: g"),
    ("group: g", "grop: g", "'group' perhaps"),
    ('"{term} on {date}"', '"{name} on {date}"', "read '{name}', expected one of {term}, {date}"),
    ('"{term} on {date}"', '"since {window_start}"', "expected a rule with 'within'"),
    (f'"{{term}} on {{date}}"\n    {WHEN}', '"{term}"\n    when: {any: [{any: [a, b]}, {age: {at_least: 80}}]}', "expected a condition that always has evidence"),
    ("on_or_before index", "before the index", "read 'before the index', expected"),
    ("  g: {label: The group}", "  g: {label: The group}\n  h: {label: Nobody}", "read 'h', expected a group that a rule leads to"),
    ("{file: codelists/a.csv, system: snomed}", "{system: snomed}", "expected 'file' (a file of this pack) or 'name'"),
    ("{file: codelists/a.csv, system: snomed}", "{name: a, published: b, system: snomed}", "read 'b', expected 'published' beside a 'file'"),
    ("{file: codelists/a.csv, system: snomed}", "{file: codelists/a.csv, system: read}", "expected one of: snomed, dmd"),
    ("  a: {file", "  evidence: {file", "line 7: read 'evidence', expected another name"),
    ("codelists/a.csv", "codelists/none.csv", "line 7: read 'codelists/none.csv', expected a file of that name in this pack"),
    (WHEN, WHEN + "\n  - id: R\n    group: g\n    when: a", "read 'R', expected each id once: it stands on line 12 too"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), BAD)
def test_what_is_wrong_is_said(old: str, new: str, said: str) -> None:
    assert old in GOOD
    faults = faults_of(GOOD.replace(old, new, 1))
    assert any(said in fault for fault in faults), faults


def test_a_list_of_practices_is_no_list_of_codes() -> None:
    text = GOOD.replace("a.csv, system: snomed", "a.csv, system: ods").replace(WHEN, "when: {any: [a, b]}")
    files = {**FILES, "codelists/a.csv": b"code\nA81001\n"}
    assert faults_of(text, files) == [
        "1-cohort.yaml, line 15: read 'a, of ods', expected a list of codes: snomed, dmd, icd10 or opcs4"
    ]
    assert faults_of(text.replace("{any: [a, b]}", "{all: [b, {practice: a}]}"), files) == []


def test_a_code_in_two_lists_of_latest_of_is_a_fault() -> None:
    faults = faults_of(GOOD, {**FILES, "codelists/b.csv": b"code\n84114007\n"})
    assert faults == [
        "1-cohort.yaml, line 8: read '84114007 in b', expected each code in one list of latest_of: it is in a too"
    ]


def test_the_faults_of_a_code_list_come_with_those_of_the_cohort() -> None:
    assert "codelists/a.csv, row 2, column code" in faults_of(GOOD, {**FILES, "codelists/a.csv": b"code\n1e9\n"})[0]


ONCE = [
    (
        "when: {any: a, after: 20200330}",
        "read '20200330', expected text or keys and values: a date as YYYY-MM-DD, other evid",
    ),
    ("when: {lsoa: 'E01000001x'}", "read 'E01000001x', expected an LSOA in quotes"),
    ("when: {sex: mail}", "read 'mail', expected one of: male"),
    ("when: {any: a}\n    unless: {any: [a, b]}", "read 'any a or b', expected an 'unless' that leaves somebody in"),
    ("when: {any: [a, {not: a}]}", "read 'any of (any a, not any a)', expected a rule that asks for something"),
]


@pytest.mark.parametrize(("new", "said"), ONCE)
def test_what_is_wrong_is_said_once_with_what_was_read(new: str, said: str) -> None:
    (fault,) = [
        each
        for each in faults_of(GOOD.replace(WHEN, new).replace("{term} on {date}", "seen"))
        if "use it or" not in each
    ]
    assert said in fault


def test_a_list_of_which_something_is_said_already_is_not_read_again() -> None:
    faults = [Fault("codelists/a.csv", "line 2", "", "byte 0xe9", "text in UTF-8: save it as UTF-8")]
    document = yaml_lines.read(GOOD, "1-cohort.yaml", [])
    assert document is not None
    cohort = parse_cohort(document, "1-cohort.yaml", faults)
    read_lists(cohort, FILES | {"codelists/a.csv": b"code,term\n84114007,caf\xe9\n"}, None, "1-cohort.yaml", faults)
    assert len(faults) == 1


def test_a_published_version_with_a_date_out_of_reach_still_finds_nobody() -> None:
    document = yaml_lines.read(GOOD.replace(WHEN, "when: {any: [a, b], before: 1800-01-01}"), "1-cohort.yaml", [])
    assert document is not None
    (rule,) = parse_cohort(document, "1-cohort.yaml", []).rules
    assert when_of(rule.when).before == date(1900, 1, 1)
