"""Each pack here has one fault, made by one small edit of the shipped pack."""

import re
from pathlib import Path

import pytest

from openprotect.programmes.loader import PackHasFaults, load_pack, load_pack_files

PACK = Path(__file__).parents[3] / "packs/covid-protect/2026.1"
FILES = {path.relative_to(PACK).as_posix(): path.read_bytes() for path in sorted(PACK.rglob("*")) if path.is_file()}
PROGRAMME, CONTACT, FORM = "0-programme.yaml", "2-contact.yaml", "3-check-in.json"
COLUMNS, TABLE, ACT = "4-triage.yaml", "4-triage.csv", "5-act.yaml"
SMS = "2-messages/sms.invite.en.md"

HERE = "on the line that was edited"
# One edit, and more than one thing that no longer holds.
SAID_TWICE = {
    "quiet hours by day",
    "a message that nobody wrote",
    "another channel in the head",
    "a category that act does not know",
}

# file to edit, what to replace, by what; then where the fault is reported, and in which words
BAD = {
    "an unknown key": (
        PROGRAMME, "owner:", "ownr:", PROGRAMME, HERE,
        r"read 'ownr', expected 'owner' perhaps; one of: key, version",
    ),
    "a repeated key": (
        PROGRAMME, "phone_hours:", "phone:", PROGRAMME, HERE,
        r"read 'phone', expected each key once: it stands on line 9 too",
    ),
    "a tab": (
        CONTACT, "  after_missed: 2", "\tafter_missed: 2", CONTACT, HERE,
        r"expected spaces, not tabs",
    ),
    "an alias": (
        ACT, "refer_to: [council]", "refer_to: *everybody", ACT, HERE,
        r"read '\*everybody', expected no anchors or aliases",
    ),
    "a version that is a number": (
        PROGRAMME, 'version: "2026.1"', "version: 2026.1", PROGRAMME, HERE,
        r"read '2026.1', expected text: put it in quotes, '2026.1'",
    ),
    "yes for true": (
        PROGRAMME, "clinically_approved: false", "clinically_approved: no", PROGRAMME, HERE,
        r"read 'no', expected true or false",
    ),
    "a day that does not exist": (
        PROGRAMME, "review_date: 2026-10-01", "review_date: 2026-02-30", PROGRAMME, HERE,
        r"read '2026-02-30', expected a date as YYYY-MM-DD",
    ),
    "a review after the sunset": (
        PROGRAMME, "review_date: 2026-10-01", "review_date: 2028-10-01", PROGRAMME, HERE,
        r"expected a day up to the sunset date, 2027-03-31",
    ),
    "a setting that does not exist": (
        PROGRAMME, "2-contact.call.tries", "2-contact.call.trys", PROGRAMME, HERE,
        r"read '2-contact.call.trys', expected file and keys of a setting",
    ),
    "a range without the central value": (
        PROGRAMME, "from: 4", "from: 5", PROGRAMME, "line 24",
        r"read '5 to 8', expected a range with the central value in it, 4",
    ),
    "a period in other words": (
        CONTACT, "open_for: 2 days", "open_for: two days", CONTACT, HERE,
        r"read 'two days', expected a period such as '6 months'",
    ),
    "a channel we do not have": (
        CONTACT, "channels: [letter]", "channels: [pigeon]", CONTACT, HERE,
        r"read 'pigeon', expected one of: sms, email, letter",
    ),
    "calls in the quiet hours": (
        CONTACT, 'hours: {from: "09:00", until: "20:00"}', 'hours: {from: "07:00", until: "20:00"}',
        CONTACT, HERE, r"read '07:00 to 20:00', expected between 08:00 and 20:00",
    ),
    "quiet hours by day": (
        CONTACT, 'quiet_hours: {from: "20:00", until: "08:00"}',
        'quiet_hours: {from: "07:00", until: "20:00"}', CONTACT, HERE,
        r"expected quiet hours over the night",
    ),
    "a call outcome that is retried and ends": (
        CONTACT, 'label: "Voicemail", reached: false, ends: false',
        'label: "Voicemail", reached: false, ends: true', CONTACT, HERE,
        r"read 'voicemail: next retry', expected 'ends: false'",
    ),
    "a reminder after the check-in has closed": (
        CONTACT, "message: remind, after: 1 day", "message: remind, after: 2 days", CONTACT, HERE,
        r"read '2 days', expected before the check-in closes",
    ),
    "a message that nobody wrote": (
        CONTACT, "message: tried_to_call", "message: rang", CONTACT, HERE,
        r"read 'sms.rang', expected the file 2-messages/sms.rang.en.md",
    ),
    "an unknown placeholder": (
        SMS, "((first_name))", "((forename))", SMS, HERE,
        r"read '\(\(forename\)\)', expected one of: \(\(first_name\)\)",
    ),
    "a text that is too long": (
        SMS, "Please tell us how you are.", "Please tell us how you are. " * 30, SMS, HERE,
        r"characters', expected at most 918 characters when filled with long names",
    ),
    "a message without the phone": (
        "2-messages/sms.tried_to_call.en.md", "You can ring us on ((phone)), ((phone_hours)).", "",
        "2-messages/sms.tried_to_call.en.md", "", r"expected \(\(phone\)\) in it",
    ),
    "another channel in the head": (
        SMS, "channel: sms", "channel: email", SMS, HERE, r"read 'email', expected sms, as in the",
    ),
    "a translation that leaves out the link": (
        "2-messages/sms.invite.pl.md", "((link))", "", "2-messages/sms.invite.pl.md", "",
        r"expected the placeholders of the English: .*\(\(link\)\)",
    ),
    "a comma too many": (
        FORM, '"subjectType": ["Patient"],', '"subjectType": ["Patient",],', FORM, HERE,
        r"expected JSON: no comma before '\]'",
    ),
    "a type that is not asked": (
        FORM, '"type": "integer"', '"type": "quantity"', FORM, HERE,
        r"read 'quantity', expected one of the types we ask in",
    ),
    "a question that depends on none": (
        FORM, '"question": "who"', '"question": "whom"', FORM, HERE,
        r"read 'whom', expected the linkId of a question before safe_at_home|page-safe",
    ),
    "a linkId twice": (
        FORM, '"linkId": "diet"', '"linkId": "food"', FORM, HERE,
        r"read 'food', expected each linkId once: it stands on line \d+ too",
    ),
    "a bad cell": (
        TABLE, "<=85", "=<85", TABLE, HERE,
        r"column oximetry: read '=<85', expected a number, or <=92",
    ),
    "a code that is no answer": (
        TABLE, "R01,at_rest", "R01,at_ease", TABLE, HERE,
        r"column breathless: read 'at_ease', expected 'at_ease' to be one of: no, on_exertion",
    ),
    "a row with a cell too few": (
        TABLE, ",call_999,Breathless at rest", ",Breathless at rest", TABLE, HERE,
        r"read '22 cells', expected 23 cells",
    ),
    "a column with another name": (
        TABLE, "id,breathless", "id,breathles", TABLE, HERE, r"column breathles: read 'breathles'",
    ),
    "the same id twice": (
        TABLE, "R02,", "R01,", TABLE, HERE, r"column id: read 'R01', expected each id once",
    ),
    "no else row": (
        TABLE, "R00,else", "R00,no", TABLE, "", r"read 'no else row', expected one row with 'else'",
    ),
    "a second else row": (
        TABLE, "R31,,,,,,,,,,,,,,,,,not_asked,,safeguarding", "R31,else,,,,,,,,,,,,,,,,,,none",
        TABLE, "line 33", r"read 'R00', expected one else row: there is one on line 32",
    ),
    "an urgency that does not exist": (
        TABLE, "clinical,red,call_team,A usual", "clinical,purple,call_team,A usual", TABLE, HERE,
        r"column -> urgency: read 'purple', expected one of: none, amber, red, emergency",
    ),
    "a category that act does not know": (
        TABLE, "food,red,food", "groceries,red,food", TABLE, HERE,
        r"column -> category: read 'groceries', expected a category of 5-act.yaml: clinical,",
    ),
    "an advice that nobody wrote": (
        TABLE, "food,red,food", "food,red,shopping", TABLE, HERE,
        r"column -> advice: read 'shopping', expected the key of an advice",
    ),
    "a worse answer that lowers the urgency": (
        TABLE, "R16,,,,,,,,,,<1", "R16,,,,,,,,,,1", TABLE, HERE,
        r"column medicines_days: .*expected no less with the worse medicines_days 0",
    ),
    "an emergency without a row of its own": (
        TABLE, '"confusion,chest_pain,blue_lips"', '"chest_pain,blue_lips"', TABLE, "",
        r"column signs: read 'no row for 'confusion' of emergency_signs'",
    ),
    "a column that reads no question": (
        COLUMNS, "question: rely_on", "question: relies_on", COLUMNS, HERE,
        r"read 'relies_on', expected the linkId of a question",
    ),
    "a column of another type": (
        COLUMNS, "question: worse_today, type: boolean", "question: mood, type: boolean",
        COLUMNS, HERE, r"read 'boolean, where mood is choice', expected a question of type boolean",
    ),
    "an option that the order leaves out": (
        COLUMNS, "[hardly_ever, sometimes, often]", "[hardly_ever, often]", COLUMNS, HERE,
        r"read 'no 'sometimes'', expected every option of lonely",
    ),
    "a way of having no value that no row names": (
        COLUMNS, "worse: lower, no_value: [not_asked]}", "worse: lower, no_value: [not_asked, not_recorded]}",
        COLUMNS, HERE, r"read 'not_recorded', expected a row of 4-triage.csv",
    ),
    "a required column whose question may not be asked": (
        COLUMNS, 'worse: ["yes", rather_not_say, "no"], no_value: [not_asked]',
        'worse: ["yes", rather_not_say, "no"], no_value: [not_asked], required: true',
        COLUMNS, HERE, r"read 'safe_at_home', expected a question that is required and always",
    ),
    "an urgency without a clock": (
        ACT, "{red: 4 hours, amber: 24 hours}", "{amber: 24 hours}", ACT, HERE,
        r"read 'no 'red'', expected a clock for red, which 4-triage.csv line 17 gives",
    ),
    "an unreachable urgency without a clock": (
        CONTACT, "urgency: red}", "urgency: emergency}", CONTACT, HERE,
        r"read 'emergency', expected an urgency for which unreachable has a clock",
    ),
}  # fmt: skip


def faults_of(files):
    with pytest.raises(PackHasFaults) as refused:
        load_pack_files(files)
    return refused.value.faults


@pytest.mark.parametrize("name", BAD)
def test_a_fault_is_said_with_its_file_its_line_and_what_to_write(name):
    edited, old, new, file, where, words = BAD[name]
    text = FILES[edited].decode()
    before, found, _ = text.partition(old)
    assert found
    if where == HERE:
        where = f"line {before.count(chr(10)) + 1}"
    faults = faults_of({**FILES, edited: text.replace(old, new, 1).encode()})
    assert len(faults) == 1 or name in SAID_TWICE, faults
    fault = faults[0]
    assert fault.file == file
    assert re.fullmatch(where, fault.where), fault
    assert re.search(words, str(fault)), fault


def test_a_missing_file():
    fault = faults_of({name: data for name, data in FILES.items() if name != ACT})[0]
    assert str(fault) == "5-act.yaml: read 'nothing', expected this file in the folder of the pack"


def test_a_file_that_does_not_belong():
    fault = faults_of({**FILES, "7-notes.txt": b"x"})[0]
    assert (fault.file, fault.read) == ("7-notes.txt", "7-notes.txt")


def test_a_file_that_is_not_utf8():
    fault = faults_of({**FILES, SMS: FILES[SMS].replace(b"Hello", b"Hell\xf6")})[0]
    assert str(fault) == f"{SMS}, line 7: read 'byte 0xf6', expected text in UTF-8: save it as UTF-8"


@pytest.mark.parametrize("name", ["nowhere", "empty", "file"])
def test_a_folder_that_is_no_pack(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(PackHasFaults) as refused:
        load_pack(tmp_path / name)
    assert "a folder of a programme" in str(refused.value.faults[0])


@pytest.mark.parametrize(
    "name", [PROGRAMME, "1-cohort.yaml", CONTACT, SMS, FORM, COLUMNS, TABLE, ACT, "6-learn.yaml",
             "examples/ada-is-well.yaml"]
)  # fmt: skip
@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"a: [", b"{}", b"---\n---\n"])
def test_no_file_can_make_the_loader_fail(name, content):
    assert faults_of({**FILES, name: content})
