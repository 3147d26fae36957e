"""Codings and references of FHIR resources, as the NHS and Synthea write them."""

from __future__ import annotations

import re
from typing import Any

from openprotect.interop.feeds.fhir_lines import Skipped, Wrong, objects, of
from openprotect.lib.nhs_number import NotAnNhsNumber, parse_nhs_number

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
SYSTEMS = {
    "http://snomed.info/sct": "snomed",
    "https://dmd.nhs.uk": "dmd",
    "http://dmd.nhs.uk": "dmd",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-10-uk": "icd10",
    "https://fhir.hl7.org.uk/Id/opcs-4": "opcs4",
    "https://fhir.nhs.uk/Id/opcs-4": "opcs4",
    "http://loinc.org": "loinc",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://hl7.org/fhir/sid/cvx": "cvx",
}
BY_NUMBER = "nhs-number:"
"""What stands before a person's NHS number where a resource does not name them by an id; ids have no colon."""

_CODES = {
    "snomed": (r"\d{6,18}", "a code of 6 to 18 digits"),
    "dmd": (r"\d{6,18}", "a code of 6 to 18 digits"),
    "icd10": (r"[A-Z]\d{2}[0-9A-Z]{0,3}", "an ICD-10 code"),
    "opcs4": (r"[A-Z]\d{2}[0-9A-Z]{0,3}", "an OPCS-4 code"),
}
_ANY = (r"[!-~]{1,40}", "a code of up to 40 characters")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_REFERENCE = re.compile(r"(?:https?://[^\s#]+/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]+)?")


def id_of(resource: dict[str, Any]) -> str:
    """The id of a resource, which every one in an export has."""
    found = of(str, resource, "id")
    if found is None or not _ID.fullmatch(found):
        raise Wrong("id", found or "", "an id of up to 64 letters, digits, - and .")
    return found


def reference_parts(reference: str, kind: str = "Patient") -> tuple[str, str] | None:
    """Type and id of what a reference leads to: relative, absolute, to a version, or by a UUID, which has no type.

    None for another reference; `kind` is the type that goes with a UUID.
    """
    if reference.startswith("urn:uuid:") and _ID.fullmatch(reference[9:]):
        return kind, reference[9:]
    parts = _REFERENCE.fullmatch(reference)
    return (parts[1], parts[2]) if parts else None


def referred(holder: dict[str, Any], name: str, kind: str) -> str | None:
    """The id of the resource that is referred to; None where nothing is. Raises Wrong, or Skipped for another kind."""
    found = of(dict, holder, name)
    reference = of(str, found, "reference", f"{name}.") if found else None
    if reference is None:
        return None
    parts = reference_parts(reference, kind)
    if parts is None:
        raise Wrong(f"{name}.reference", reference, f"a reference such as {kind}/ID or urn:uuid:ID")
    if parts[0] != kind:
        raise Skipped(f"about no {kind.lower()} but a {parts[0]}")
    return parts[1]


def patient_of(resource: dict[str, Any], name: str = "subject") -> str:
    """Whom a resource is about: the id of a patient, or BY_NUMBER and an NHS number. Raises Wrong, Skipped."""
    about = of(dict, resource, name) or {}
    reference = of(str, about, "reference", f"{name}.")
    if reference and reference.startswith("#"):
        return _contained(resource, reference, f"{name}.reference")
    found = referred(resource, name, "Patient")
    if found is not None:
        return found
    identifier = of(dict, about, "identifier", f"{name}.")
    if identifier is None:
        raise Wrong(f"{name}.reference", resource.get(name, ""), "a reference such as Patient/ID or urn:uuid:ID")
    kind = of(str, about, "type", f"{name}.") or "Patient"
    if kind != "Patient":
        raise Skipped(f"about no patient but a {kind}")
    number = nhs_number_of({"identifier": [identifier]}, f"{name}.identifier", at=False)
    if number is None:
        raise Wrong(f"{name}.identifier.system", identifier.get("system", ""), f"{NHS_NUMBER}, or a reference")
    return BY_NUMBER + number


def _contained(resource: dict[str, Any], reference: str, path: str) -> str:
    """Whom a resource is about that brings its patient along: by their NHS number alone, for they have no id."""
    for at, each in enumerate(objects(resource, "contained")):
        if each.get("id") == reference[1:]:
            kind = of(str, each, "resourceType", f"contained[{at}].")
            if kind != "Patient":
                raise Skipped(f"about no patient but a {kind}")
            number = nhs_number_of(each, f"contained[{at}].identifier")
            if number is None:
                raise Wrong(f"contained[{at}].identifier", each.get("identifier", ""), "an NHS number")
            return BY_NUMBER + number
    raise Wrong(path, reference, "the id of something contained")


def codings(concept: dict[str, Any] | None, path: str, unknown: set[str]) -> dict[str, str]:
    """System -> code of a concept, in the systems that we know; the addresses of others go into `unknown`.

    A coding that a user did not choose stands behind one that they did.
    """
    found: dict[str, str] = {}
    if concept is None:
        return found
    for at, coding in enumerate(objects(concept, "coding", f"{path}.")):
        where = f"{path}.coding[{at}]."
        address, code = of(str, coding, "system", where), of(str, coding, "code", where)
        if not address or not code:
            continue
        system = SYSTEMS.get(address)
        if system is None:
            if len(unknown) < 50:
                unknown.add(address[:100])
            continue
        if system in ("icd10", "opcs4"):
            code = code.replace(".", "").upper().removesuffix("X") if system == "icd10" else code.replace(".", "")
        pattern, expected = _CODES.get(system, _ANY)
        if not re.fullmatch(pattern, code):
            raise Wrong(f"{where}code", code, expected)
        if system not in found or of(bool, coding, "userSelected", where):
            found[system] = code
    return found


def coded_word(holder: dict[str, Any], name: str) -> str:
    """The first code of a concept that is a word of FHIR's own, such as `refuted`."""
    concept = of(dict, holder, name)
    for coding in objects(concept, "coding", f"{name}.") if concept else ():
        if code := of(str, coding, "code", f"{name}.coding."):
            return code
    return ""


def nhs_number_of(patient: dict[str, Any], where: str = "identifier", *, at: bool = True) -> str | None:
    """The NHS number among a patient's identifiers, those that are out of use left out."""
    found: dict[str, str] = {}
    for number, identifier in enumerate(objects(patient, "identifier")):
        path = f"{where}[{number}]." if at else f"{where}."
        if of(str, identifier, "system", path) != NHS_NUMBER or of(str, identifier, "use", path) == "old":
            continue
        value = of(str, identifier, "value", path)
        if value:
            try:
                found.setdefault(parse_nhs_number(value), path)
            except NotAnNhsNumber as wrong:
                raise Wrong(f"{path}value", value, wrong.expected) from None
    if len(found) > 1:
        raise Wrong(where, ", ".join(found), "one NHS number")
    return next(iter(found), None)
