"""From a FHIR R4 resource to rows of the record tables. What a profile of UK Core adds is read where it is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from openprotect.interop.feeds.fhir_codes import (
    ODS_CODE,
    coded_word,
    codings,
    id_of,
    nhs_number_of,
    patient_of,
    reference_parts,
    referred,
)
from openprotect.interop.feeds.fhir_lines import Skipped, Wrong, day_of, objects, of, texts
from openprotect.interop.feeds.fhir_people import Replaced
from openprotect.interop.feeds.tables import ETHNIC_CATEGORIES, SEXES

Row = dict[str, Any]

ERROR = "entered in error"
UNSURE = "unconfirmed or refuted"
UNDATED = "without a date"
UNCODED = "without a code in a system that is known"
REPLACED = "replaced by another patient, who has their records"
_STAYS = {"IMP", "ACUTE", "NONACUTE"}
_ETHNIC = re.compile(r".*Extension-(UKCore|CareConnect)-EthnicCategory(-1)?")
_VACCINATION = re.compile(r".*Extension-(UKCore|CareConnect)-VaccinationProcedure(-1)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass
class Context:
    """What is the same for all resources of an import, and what is noticed on the way."""

    today: date
    medications: Mapping[str, dict[str, str]] = field(default_factory=dict)
    noticed: Counter[str] = field(default_factory=Counter)
    unknown: set[str] = field(default_factory=set)  # addresses of code systems
    replaced: Replaced = field(default_factory=Replaced)

    def person(self, resource: dict[str, Any], name: str = "subject") -> str:
        """Whom a resource is about, or who replaced them."""
        return self.replaced.whom(patient_of(resource, name))

    def day(self, holder: dict[str, Any], *names: str, path: str = "") -> str | None:
        """The first of these dates that is there."""
        for name in names:
            inside, _, last = name.rpartition(".")
            within = of(dict, holder, inside, path) if inside else holder
            found = day_of(within, last, self.today, f"{path}{inside}." if inside else path) if within else None
            if found:
                if not found.is_whole:
                    self.noticed["dates of which only the year or month is known, taken for its first day"] += 1
                return found.iso
        return None


def patient(resource: Row, context: Context) -> list[Row]:
    """One row: the columns of people and of identities. None of a patient who was replaced by another one."""
    if heir := _heir(resource):
        if (other := context.replaced.by.setdefault(id_of(resource), heir)) != heir:
            raise Wrong("link", heir, f"one patient who replaces this one: another row says {other}")
        raise Skipped(REPLACED)
    if of(bool, resource, "active") is False:
        context.noticed["patients whose record is said not to be in use any more (active: false), kept"] += 1
    restricted = any(
        of(str, label, "code", "meta.security.") in ("R", "V")
        for label in objects(of(dict, resource, "meta") or {}, "security", "meta.")
    )
    address = _address(resource)
    row: Row = {
        "person_id": id_of(resource),
        "date_of_birth": _birth(resource, context),
        "sex": _one_of(of(str, resource, "gender") or "unknown", "gender", SEXES),
        "date_of_death": _death(resource, context),
        "practice_code": _practice(resource),
        "ethnic_category": _ethnic_category(resource),
        "nhs_number": nhs_number_of(resource),
        "language": _language(resource),
        "other_needs": "restricted" if restricted else None,
        **_name(resource),
        **address,
        **_telecom(resource),
    }
    if row["date_of_birth"] and row["date_of_death"] and row["date_of_death"] < row["date_of_birth"]:
        raise Wrong("deceasedDateTime", row["date_of_death"], "a day not before birthDate")
    return [row]


def condition(resource: Row, context: Context) -> list[Row]:
    """An event; and for a stay, the code of it."""
    verification = coded_word(resource, "verificationStatus")
    if verification == "entered-in-error":
        raise Skipped(ERROR)
    if verification in ("refuted", "unconfirmed", "provisional", "differential"):
        raise Skipped(UNSURE)
    person = context.person(resource)
    codes = codings(of(dict, resource, "code"), "code", context.unknown)
    day = context.day(resource, "onsetDateTime", "onsetPeriod.start", "recordedDate")
    rows = _event(person, day, codes, UNDATED)
    encounter = _or_nothing(lambda: referred(resource, "encounter", "Encounter"))
    stays = [
        {"encounter": encounter, "code": codes[system], "system": system}
        for system in ("icd10", "opcs4")
        if encounter and system in codes
    ]
    if not rows and not stays:
        raise Skipped(UNCODED)
    return rows + stays


def procedure(resource: Row, context: Context) -> list[Row]:
    """What was done, as an event; and for a stay, the code of it."""
    _refuse_status(resource, {"entered-in-error": ERROR, "not-done": "not done", "preparation": "not done yet"})
    person = context.person(resource)
    codes = codings(of(dict, resource, "code"), "code", context.unknown)
    rows = _event(person, context.day(resource, "performedDateTime", "performedPeriod.start"), codes, UNDATED)
    encounter = _or_nothing(lambda: referred(resource, "encounter", "Encounter"))
    stays = (
        [{"encounter": encounter, "code": codes["opcs4"], "system": "opcs4"}] if encounter and "opcs4" in codes else []
    )
    if not rows and not stays:
        raise Skipped(UNCODED)
    return rows + stays


def observation(resource: Row, context: Context) -> list[Row]:
    """A result with its value, and one for each of its components."""
    _refuse_status(
        resource,
        {"entered-in-error": ERROR, "cancelled": "cancelled", "registered": "not final", "preliminary": "not final"},
    )
    person = context.person(resource)
    day = context.day(resource, "effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued")
    rows = []
    for path, part in [
        ("", resource),
        *((f"component[{n}].", c) for n, c in enumerate(objects(resource, "component"))),
    ]:
        codes = codings(of(dict, part, "code", path), f"{path}code", context.unknown)
        rows += [row | _value(part, path, context) for row in _event(person, day, codes, UNDATED)]
    if not rows:
        raise Skipped(UNCODED)
    return rows


def immunization(resource: Row, context: Context) -> list[Row]:
    """A vaccination: the procedure where UK Core has it, and the vaccine."""
    _refuse_status(resource, {"entered-in-error": ERROR, "not-done": "not done"})
    person = context.person(resource, "patient")
    day = context.day(resource, "occurrenceDateTime", "recorded")
    rows = []
    for at, extension in enumerate(objects(resource, "extension")):
        if _VACCINATION.fullmatch(of(str, extension, "url", f"extension[{at}].") or ""):
            path = f"extension[{at}].valueCodeableConcept"
            concept = of(dict, extension, "valueCodeableConcept", f"extension[{at}].")
            rows += _event(person, day, codings(concept, path, context.unknown), UNDATED)
    codes = codings(of(dict, resource, "vaccineCode"), "vaccineCode", context.unknown)
    rows += _event(person, day, codes, UNDATED)
    if not rows:
        raise Skipped(UNCODED)
    return rows


def medication_request(resource: Row, context: Context) -> list[Row]:
    """An issue of a medicine."""
    _refuse_status(resource, {"entered-in-error": ERROR, "cancelled": "cancelled", "draft": "a draft"})
    if of(bool, resource, "doNotPerform"):
        raise Skipped("not to be given")
    if of(str, resource, "intent") in ("plan", "proposal", "option"):
        raise Skipped("a plan and no issue")
    person = context.person(resource)
    codes = codings(of(dict, resource, "medicationCodeableConcept"), "medicationCodeableConcept", context.unknown)
    if not codes:
        codes = _medication(resource, context)
    system = next((each for each in ("dmd", "snomed", "rxnorm") if each in codes), None)
    if system is None:
        raise Skipped(UNCODED)
    day = context.day(resource, "authoredOn")
    if day is None:
        raise Skipped(UNDATED)
    return [{"person_id": person, "date": day, "code": codes[system], "system": system}]


def encounter(resource: Row, context: Context) -> list[Row]:
    """A stay in a hospital; its codes come from conditions and procedures."""
    _refuse_status(resource, {"entered-in-error": ERROR, "cancelled": "cancelled", "planned": "not begun"})
    kind = of(str, of(dict, resource, "class") or {}, "code", "class.")
    if kind not in _STAYS:
        raise Skipped("no stay in a hospital")
    person = context.person(resource)
    start, end = context.day(resource, "period.start"), context.day(resource, "period.end")
    if start is None:
        raise Skipped(UNDATED)
    if end is not None and end < start:
        raise Wrong("period.end", end, "a day not before period.start")
    return [{"person_id": person, "admitted_on": start, "discharged_on": end, "encounter": id_of(resource)}]


def medication(resource: Row, context: Context) -> dict[str, str]:
    """The codes of a medicine that requests refer to."""
    return codings(of(dict, resource, "code"), "code", context.unknown)


READERS: Mapping[str, Callable[[Row, Context], list[Row]]] = {
    "Patient": patient,
    "Encounter": encounter,
    "Condition": condition,
    "Procedure": procedure,
    "Observation": observation,
    "Immunization": immunization,
    "MedicationRequest": medication_request,
}


def _event(person: str, day: str | None, codes: Mapping[str, str], undated: str) -> list[Row]:
    system = next((each for each in ("snomed", "loinc", "cvx") if each in codes), None)
    if system is None:
        return []
    if day is None:
        raise Skipped(undated)
    return [{"person_id": person, "date": day, "code": codes[system], "system": system}]


def _value(part: Row, path: str, context: Context) -> Row:
    quantity = of(dict, part, "valueQuantity", path)
    if quantity is None:
        whole = of(float, part, "valueInteger", path)
        return {} if whole is None else {"value": whole}
    where = f"{path}valueQuantity."
    value = of(float, quantity, "value", where)
    if value is not None and not abs(value) < 1e15:
        raise Wrong(f"{where}value", value, "a number such as 48 or 7.5")
    if of(str, quantity, "comparator", where):
        context.noticed["results below or above a limit, such as <5, kept without their value"] += 1
        value = None
    unit = of(str, quantity, "unit", where) or of(str, quantity, "code", where)
    return {"value": value, "unit": _clean(unit, 40)}


def _medication(resource: Row, context: Context) -> dict[str, str]:
    found = of(dict, resource, "medicationReference")
    reference = of(str, found, "reference", "medicationReference.") if found else None
    if reference and reference.startswith("#"):
        for at, contained in enumerate(objects(resource, "contained")):
            if contained.get("id") == reference[1:]:
                path = f"contained[{at}].code"
                return codings(of(dict, contained, "code", f"contained[{at}]."), path, context.unknown)
        raise Wrong("medicationReference.reference", reference, "the id of something contained")
    wanted = referred(resource, "medicationReference", "Medication")
    if wanted is None:
        return {}
    if wanted not in context.medications:
        raise Wrong("medicationReference.reference", reference, "a medication that is in the export")
    return context.medications[wanted]


def _refuse_status(resource: Row, reasons: Mapping[str, str]) -> None:
    status = of(str, resource, "status")
    if status and status in reasons:
        raise Skipped(reasons[status])


def _or_nothing(read: Callable[[], str | None]) -> str | None:
    """A reference that only leads somewhere else is not needed."""
    try:
        return read()
    except Skipped:
        return None


def _birth(resource: Row, context: Context) -> str | None:
    found = day_of(resource, "birthDate", context.today)
    if found and not found.is_whole:
        context.noticed["dates of birth of which only the year or month is known, left empty"] += 1
        return None
    return found.iso if found else None


def _death(resource: Row, context: Context) -> str | None:
    found = context.day(resource, "deceasedDateTime")
    if found is None and of(bool, resource, "deceasedBoolean"):
        context.noticed["deaths without a date, taken for the day of the import"] += 1
        return context.today.isoformat()
    return found


def _heir(resource: Row) -> str | None:
    """The id of the patient by whom one was replaced, if they were."""
    heirs = []
    for at, link in enumerate(objects(resource, "link")):
        if of(str, link, "type", f"link[{at}].") == "replaced-by":
            other = of(dict, link, "other", f"link[{at}].") or {}
            reference = of(str, other, "reference", f"link[{at}].other.") or ""
            kind, heir = reference_parts(reference) or ("", "")
            if kind != "Patient" or heir == resource.get("id"):
                raise Wrong(f"link[{at}].other.reference", reference, "another patient, such as Patient/ID")
            heirs.append(heir)
    if len(set(heirs)) > 1:
        raise Wrong("link", ", ".join(heirs), "one patient who replaces this one")
    return heirs[0] if heirs else None


def _practice(resource: Row) -> str | None:
    references = [*objects(resource, "generalPractitioner"), of(dict, resource, "managingOrganization") or {}]
    for reference in references:
        identifier = of(dict, reference, "identifier", "generalPractitioner.") or {}
        code = of(str, identifier, "value", "generalPractitioner.identifier.")
        if code and of(str, identifier, "system", "generalPractitioner.identifier.") == ODS_CODE:
            if not re.fullmatch(r"[A-Z0-9]{3,8}", code):
                raise Wrong("generalPractitioner.identifier.value", code, "an ODS code such as D82001")
            return code
    return None


def _ethnic_category(resource: Row) -> str | None:
    for at, extension in enumerate(objects(resource, "extension")):
        if _ETHNIC.fullmatch(of(str, extension, "url", f"extension[{at}].") or ""):
            concept = of(dict, extension, "valueCodeableConcept", f"extension[{at}].") or {}
            for coding in objects(concept, "coding", f"extension[{at}].valueCodeableConcept."):
                path = f"extension[{at}].valueCodeableConcept.coding.code"
                return _one_of(of(str, coding, "code", path) or "", path, ETHNIC_CATEGORIES)
    return None


def _language(resource: Row) -> str | None:
    spoken = objects(resource, "communication")
    for each in sorted(spoken, key=lambda one: one.get("preferred") is not True):
        concept = of(dict, each, "language", "communication.") or {}
        for coding in objects(concept, "coding", "communication.language."):
            code = (of(str, coding, "code", "communication.language.coding.") or "").lower().split("-")[0]
            if re.fullmatch(r"[a-z]{2,3}", code):
                return code
    return None


def _name(resource: Row) -> Row:
    order = ["official", "usual", None]
    names = [name for name in objects(resource, "name") if name.get("use") not in ("old", "maiden", "anonymous")]
    for name in sorted(names, key=lambda one: order.index(one.get("use")) if one.get("use") in order else 9):
        family = of(str, name, "family", "name.") or of(str, name, "text", "name.")
        return {
            "given_name": _clean(" ".join(texts(name, "given", "name.")), 200),
            "family_name": _clean(family, 200),
        }
    return {}


def _address(resource: Row) -> Row:
    order = ["home", None]
    found = [each for each in objects(resource, "address") if each.get("use") not in ("old", "billing")]
    for each in sorted(found, key=lambda one: order.index(one.get("use")) if one.get("use") in order else 9):
        said = (of(str, each, part, "address.") for part in ("city", "district"))
        written = [*texts(each, "line", "address."), *filter(None, said)]
        lines = [line for line in (_clean(text, 200) for text in dict.fromkeys(written)) if line][:5]
        return {f"address_line_{n}": line for n, line in enumerate(lines, start=1)} | {
            "postcode": _clean(of(str, each, "postalCode", "address."), 10)
        }
    return {}


def _telecom(resource: Row) -> Row:
    found: Row = {}
    for point in objects(resource, "telecom"):
        system, use = of(str, point, "system", "telecom."), of(str, point, "use", "telecom.")
        value = _clean(of(str, point, "value", "telecom."), 100)
        if not value or use == "old":
            continue
        if system == "email":
            found.setdefault("email", value)
        elif system == "sms" or (system == "phone" and use == "mobile"):
            found.setdefault("mobile", value)
        elif system == "phone":
            found.setdefault("landline", value)
    return found


def _one_of(value: str, path: str, among: Iterable[str]) -> str:
    words = tuple(among)
    if value not in words:
        raise Wrong(path, value, f"one of: {', '.join(words)}")
    return value


def _clean(text: str | None, longest: int) -> str | None:
    """Text in one line, which is left empty rather than cut where it is too long."""
    cleaned = _CONTROL.sub(" ", text or "").strip()
    return cleaned if cleaned and len(cleaned) <= longest else None
