"""0-programme.yaml: what the programme is for, who owns it, and when it ends."""

from dataclasses import dataclass
from datetime import date

from openprotect.lib.errors import Fault
from openprotect.programmes.document import Node, line_of


@dataclass(frozen=True)
class LegalBasis:
    """A legal basis that must be in force before the programme is switched on, and while it is used.

    It is matched by `for_`, a purpose; `key` is the pack's own name for it.
    """

    key: str
    for_: str  # direct_care, risk_stratification, communicable_disease or evaluation
    note: str


@dataclass(frozen=True)
class Guidance:
    """A published guidance that questions and rules cite, in the version they cite."""

    key: str
    title: str
    source: str
    date: date


@dataclass(frozen=True)
class Setting:
    """How far a locality may adapt one setting; a setting that is not named is fixed."""

    path: str  # file and keys: "2-contact.call.tries"
    bound: str  # fixed, range or free
    lowest: str | int | None
    highest: str | int | None
    why: str


@dataclass(frozen=True)
class Programme:
    """A version of a programme as a whole."""

    key: str
    version: str
    title: str
    purpose: str
    owner: str
    phone: str
    phone_hours: str
    clinically_approved: bool
    approval: str
    legal_bases: tuple[LegalBasis, ...]
    review_date: date
    sunset_date: date
    guidance: tuple[Guidance, ...]
    settings: tuple[Setting, ...]


def parse_programme(document: Node, file: str, faults: list[Fault]) -> Programme:
    """The programme in a document that has the shape of its schema."""
    raw = document.value
    review, sunset = (date.fromisoformat(raw[key]) for key in ("review_date", "sunset_date"))
    if review > sunset:
        line = f"line {line_of(document, ['review_date'])}"
        faults.append(Fault(file, line, "", str(review), f"a day up to the sunset date, {sunset}"))
    for place, setting in enumerate(raw["settings"]):
        if (setting["bound"] == "range") != ("from" in setting and "to" in setting):
            line = f"line {line_of(document, ['settings', place])}"
            expected = "'from' and 'to' with the bound 'range', and with no other"
            faults.append(Fault(file, line, "", setting["setting"], expected))
    return Programme(
        **{
            key: raw[key]
            for key in (
                "key", "version", "title", "purpose", "owner", "phone", "phone_hours",
                "clinically_approved", "approval",
            )
        },
        legal_bases=tuple(
            LegalBasis(basis["key"], basis["for"], basis["note"]) for basis in raw["legal_bases"]
        ),
        review_date=review,
        sunset_date=sunset,
        guidance=tuple(
            Guidance(cited["key"], cited["title"], cited["source"], date.fromisoformat(cited["date"]))
            for cited in raw["guidance"]
        ),
        settings=tuple(
            Setting(one["setting"], one["bound"], one.get("from"), one.get("to"), one["why"])
            for one in raw["settings"]
        ),
    )  # fmt: skip
