import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprotect.journey.check_in.rules import (
    emergency_options,
    kept,
    validate_all,
    validate_page,
    visible_pages,
)
from openprotect.programmes import json_lines, shape
from openprotect.programmes.definitions.questionnaire import parse_questionnaire
from openprotect.programmes.loader import load_pack

PACK = load_pack(Path(__file__).parents[3] / "packs/covid-protect")
FORM = PACK.questionnaire
WELL = dict(PACK.examples[0].answers)


def a_form(*items):
    text = json.dumps({"resourceType": "Questionnaire", "status": "draft", "item": list(items)})
    faults = []
    document = json_lines.read(text, "3-check-in.json", faults)
    assert shape.fits(document, "3-check-in", "3-check-in.json", faults), faults
    form = parse_questionnaire(document, "3-check-in.json", faults)
    assert not faults
    return form


def a_question(link_id="q", kind="string", **more):
    return {"linkId": link_id, "text": "Question", "type": kind, **more}


def one(form, raw, known=None):
    page = form.pages[0].id
    return validate_page(form, page, raw, known or {})


@pytest.mark.parametrize(
    ("question", "sent", "answer"),
    [
        (a_question(kind="boolean"), "true", True),
        (a_question(kind="integer"), " 12 ", 12),
        (a_question(kind="decimal"), "36.6", 36.6),
        (a_question(kind="date"), "2020-03-30", "2020-03-30"),
        (a_question(kind="time"), "14:30", "14:30"),
        (a_question(kind="text"), "one\r\ntwo\x00", "one\ntwo"),
        (a_question(kind="url"), "https://www.nhs.uk", "https://www.nhs.uk"),
        (a_question(kind="choice", answerOption=[{"valueString": "a"}]), "a", "a"),
        (a_question(kind="choice", answerOption=[{"valueInteger": 3}]), "3", "3"),
        (a_question(kind="open-choice", answerOption=[{"valueString": "a"}]), "other", "other"),
    ],
)
def test_an_answer_is_read_by_its_type(question, sent, answer):
    assert one(a_form(question), {"q": [sent]}) == ({"q": answer}, {})


@pytest.mark.parametrize(
    ("question", "sent", "sentence"),
    [
        (a_question(required=True), [""], "Answer this: Question"),
        (a_question(kind="boolean"), ["maybe"], "Select yes or no"),
        (a_question(kind="integer"), ["1.5"], "Enter a whole number, like 12"),
        (a_question(kind="decimal"), ["1e9"], "Enter a number, like 12 or 36.6"),
        (a_question(kind="date"), ["2020-02-30"], "Enter a real date, like 27 3 2020"),
        (a_question(maxLength=3), ["abcd"], "Use 3 characters or fewer"),
        (a_question(), ["a\nb"], "Write it in one line"),
        (a_question(kind="url"), ["javascript:alert(1)"], "Enter a web address"),
        (a_question(kind="choice", answerOption=[{"valueString": "a"}]), ["b"], "Select from the"),
        (a_question(kind="choice", answerOption=[{"valueString": "a"}]), ["a", "b"], "Select one"),
    ],
)
def test_what_cannot_be_taken_is_said(question, sent, sentence):
    answers, errors = one(a_form(question), {"q": sent})
    assert answers == {}
    assert errors["q"].startswith(sentence)


def test_a_date_may_come_in_three_fields():
    form = a_form(a_question(kind="date"))
    sent = {"q-day": ["3"], "q-month": ["4"], "q-year": ["1950"]}
    assert one(form, sent) == ({"q": "1950-04-03"}, {})
    assert "q" in one(form, {**sent, "q-month": [""]})[1]


ASKED = [
    ("exists", {"answerBoolean": True}, 5, True),
    ("exists", {"answerBoolean": False}, None, True),
    ("=", {"answerInteger": 5}, 5, True),
    ("=", {"answerInteger": 5}, 5.0, True),
    ("!=", {"answerInteger": 5}, 4, True),
    ("!=", {"answerInteger": 5}, None, False),
    (">", {"answerInteger": 5}, 6, True),
    (">", {"answerInteger": 5}, "6", False),
    ("<", {"answerInteger": 5}, 4, True),
    (">=", {"answerInteger": 5}, 5, True),
    ("<=", {"answerInteger": 5}, 6, False),
]


@pytest.mark.parametrize(("operator", "answer", "given_answer", "asked"), ASKED)
def test_enable_when(operator, answer, given_answer, asked):
    condition = {"question": "q", "operator": operator, **answer}
    form = a_form(a_question("q", "integer"), a_question("then", enableWhen=[condition]))
    answers = {} if given_answer is None else {"q": given_answer}
    assert ("then" in {page.id for page in visible_pages(form, answers)}) is asked


@pytest.mark.parametrize(("behaviour", "asked"), [("any", True), ("all", False)])
def test_any_or_all_conditions(behaviour, asked):
    conditions = [{"question": "q", "operator": "=", "answerInteger": number} for number in (1, 2)]
    form = a_form(
        a_question("q", "integer"),
        a_question("then", enableWhen=conditions, enableBehavior=behaviour),
    )
    assert ("then" in {page.id for page in visible_pages(form, {"q": 1})}) is asked


def test_an_answer_that_does_not_count_enables_nothing():
    condition = {"operator": "exists", "answerBoolean": True}
    form = a_form(
        a_question("a"),
        a_question("b", enableWhen=[{"question": "a", **condition}]),
        a_question("c", enableWhen=[{"question": "b", **condition}]),
    )
    assert kept(form, {"a": "x", "b": "x", "c": "x"}) == {"a": "x", "b": "x", "c": "x"}
    assert kept(form, {"b": "x", "c": "x"}) == {}


def test_the_private_page_is_put_only_to_the_person():
    pages = {who: [page.id for page in visible_pages(FORM, {"who": who})] for who in ("self", "carer")}
    assert "page-safe" in pages["self"]
    assert "page-safe" not in pages["carer"]
    assert "safe_at_home" not in kept(FORM, {**WELL, "who": "carer"})
    assert all(item.private for item in FORM.items() if item.link_id in ("page-safe", "safe_at_home"))


def test_questions_of_the_same_page_are_dropped_or_required_by_its_other_answers():
    enough = validate_page(FORM, "page-medicines", {"medicines": ["enough"], "medicines_days": ["3"]}, {})
    assert enough == ({"medicines": "enough"}, {})
    answers, errors = validate_page(FORM, "page-medicines", {"medicines": ["not_enough"]}, {})
    assert answers == {"medicines": "not_enough"}
    assert set(errors) == {"medicines_days", "medicines_collect"}


def test_a_number_keeps_within_its_bounds():
    raw = {"oximeter": ["have"], "oximeter_reading": ["920"], "oximeter_usual": ["not_recorded"]}
    assert validate_page(FORM, "page-oximeter", raw, {})[1] == {"oximeter_reading": "Enter a number from 50 to 100"}


def test_none_of_these_is_chosen_alone():
    raw = {"home": ["heating", "none"]}
    assert validate_page(FORM, "page-home", raw, {}) == (
        {},
        {"home": "Select “None of these” alone, or take it out"},
    )


def test_emergency_answers():
    assert emergency_options(FORM, WELL) == ()
    signs = emergency_options(FORM, {**WELL, "breathless": "at_rest", "emergency_signs": ["chest_pain"]})
    assert [(sign.link_id, sign.code) for sign in signs] == [
        ("breathless", "at_rest"),
        ("emergency_signs", "chest_pain"),
    ]


def test_all_answers_together():
    assert validate_all(FORM, WELL) == {}
    wrong = {**WELL, "mood": 3, "shoe_size": 42, "home": "none"}
    del wrong["food"]
    assert set(validate_all(FORM, wrong)) == {"mood", "shoe_size", "home", "food"}


def test_a_page_that_does_not_exist():
    with pytest.raises(KeyError):
        validate_page(FORM, "page-nowhere", {}, {})


@given(
    st.sampled_from([page.id for page in FORM.pages]),
    st.dictionaries(
        st.sampled_from([item.link_id for item in FORM.questions()]),
        st.lists(st.text(max_size=8), max_size=3),
    ),
)
def test_whatever_is_sent_is_taken_or_said(page, raw):
    answers, errors = validate_page(FORM, page, raw, WELL)
    assert not set(answers) & set(errors)
    assert not set(validate_all(FORM, answers)) & set(answers)
