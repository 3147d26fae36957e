"""Questionnaires: the shipped ones are FHIR R4, and real ones parse or have a named fault."""

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire as FhirQuestionnaire

from openprotect.programmes import json_lines, shape
from openprotect.programmes.definitions.questionnaire import parse_questionnaire

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared/data/fhir"

# What each of HL7's examples holds that we do not ask; empty for those that parse.
NOT_ASKED = {
    "questionnaire-sdc-profile-example-PHQ9": {"value set", "quantity"},
    "questionnaire-sdc-test-all-data-types": {"value set", "attachment"},
    "questionnaire-sdc-test-enablewhen": {"value set"},
    "questionnaire-sdc-test-initial-value": {"value set"},
    "questionnaire-sdc-test-repeatable-nested-groups": {"value set", "repeats"},
    "questionnaire-sdc-test-required-field": {"value set"},
}


def parsed(text, file):
    faults = []
    document = json_lines.read(text, file, faults)
    assert document is not None, faults
    assert shape.fits(document, "3-check-in", file, faults), [str(fault) for fault in faults]
    return parse_questionnaire(document, file, faults), faults


@pytest.mark.parametrize("path", sorted(ROOT.glob("packs/*/*/3-check-in.json")), ids=str)
def test_the_shipped_questionnaires_are_fhir_r4(path):
    FhirQuestionnaire.model_validate_json(path.read_text())


@pytest.mark.parametrize("name", NOT_ASKED)
def test_real_questionnaires_parse_or_say_what_is_not_asked(name):
    path = REAL / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not there: see the README of the shared data")
    form, faults = parsed(path.read_text(), path.name)
    assert list(form.questions())
    said = {
        word
        for fault in faults
        for word in ("value set", "repeats", "quantity", "attachment")
        if word in f"{fault.read} {fault.expected}"
    }
    assert said == NOT_ASKED[name], [str(fault) for fault in faults]


@pytest.mark.parametrize("name", NOT_ASKED)
def test_real_questionnaires_parse_once_that_is_taken_out(name):
    path = REAL / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not there: see the README of the shared data")
    raw = json.loads(path.read_text())

    def asked(items):
        kept = [one for one in items if one["type"] not in ("quantity", "attachment", "reference")]
        for one in kept:
            if one.pop("answerValueSet", None):
                one["answerOption"] = [{"valueString": "yes"}, {"valueString": "no"}]
            if one["type"] == "group":
                one.pop("repeats", None)
            if "item" in one:
                one["item"] = asked(one["item"])
        return kept

    raw["item"] = asked(raw["item"])
    _, faults = parsed(json.dumps(raw), path.name)
    assert not faults, [str(fault) for fault in faults]


def test_translations_are_read():
    def polish(text):
        url = "http://hl7.org/fhir/StructureDefinition/translation"
        parts = [{"url": "lang", "valueCode": "pl"}, {"url": "content", "valueString": text}]
        return {"extension": [{"url": url, "extension": parts}]}

    coding = {"code": "yes", "display": "Yes", "_display": polish("Tak")}
    question = {
        "linkId": "q", "text": "Well?", "_text": polish("Zdrowa?"), "type": "choice",
        "answerOption": [{"valueCoding": coding}],
    }  # fmt: skip
    text = json.dumps({"resourceType": "Questionnaire", "status": "draft", "item": [question]})
    form, faults = parsed(text, "3-check-in.json")
    assert not faults
    assert form.languages == ("en", "pl")
    item = form.item("q")
    assert item.in_language("pl") == "Zdrowa?"
    assert item.options[0].in_language("pl") == "Tak"
    assert item.in_language("lt") == "Well?"
