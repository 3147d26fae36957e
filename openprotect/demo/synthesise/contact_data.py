"""How people can be reached, as well and as badly as it stands in records."""

import unicodedata
from dataclasses import dataclass

from openprotect.demo.synthesise import places
from openprotect.demo.synthesise.draw import Draw, Weighted
from openprotect.demo.synthesise.people import Person

# About a fifth cannot be phoned, as the National Audit Office found of the shielded in 2020.
_CONDITION = Weighted(
    {
        "right": 695,
        "no_number": 100,
        "wrong_number": 60,  # somebody else answers: only the demo knows
        "digit_lost": 40,
        "landline_in_mobile": 40,
        "two_numbers": 35,
        "lost_zero": 30,
    }
)


@dataclass(frozen=True)
class Reach:
    """The cells of one person, as they are written."""

    mobile: str
    landline: str
    email: str


class ContactData:
    """Gives out drama numbers: to people at risk each their own while they last."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.at_risk = 0
        self.landlines = 0
        self.shared = ""  # the mobile of the first of the household

    def reach(self, person: Person, household: list[Person], at_risk: bool, own: str) -> Reach:
        """The cells of a person; `own` is the household's landline."""
        draw = self.draw
        mobile = self._mobile(at_risk) if self._has_mobile(person) else ""
        landline = own if person.age < 16 or draw.chance(0.35 + person.age / 180) else ""
        if not mobile and not landline:
            landline = own
        if person is household[0]:
            self.shared = mobile
        elif mobile and self.shared and draw.chance(0.06):
            person.traits.append("shared_phone")
            mobile = self.shared
        if "no_fixed_address" in person.needs:
            landline = ""
        condition = draw.weighted(_CONDITION)
        if condition != "right":
            person.traits.append(condition)
            mobile, landline = self._spoilt(condition, mobile, landline, own)
        return Reach(mobile, landline, self._email(person))

    def new_landline(self) -> str:
        """The next number for a household."""
        self.landlines += 1
        return places.landline(100 + self.landlines * 7)

    def _has_mobile(self, person: Person) -> bool:
        if person.age < 12:
            return False
        return self.draw.chance(0.95 if person.age < 65 else 0.82 if person.age < 80 else 0.55)

    def _mobile(self, at_risk: bool) -> str:
        if not at_risk:
            return places.mobile(self.draw.below(1_000))
        self.at_risk += 1
        return places.mobile(self.at_risk * 389)

    def _spoilt(self, condition: str, mobile: str, landline: str, own: str) -> tuple[str, str]:
        if condition == "no_number":
            return "", ""
        if condition == "landline_in_mobile":
            return landline or own, ""
        if condition == "two_numbers":
            second = landline or own
            return f"{mobile or own}{self.draw.pick((' / ', ' or ', '/', ' '))}{second}", ""
        if condition == "lost_zero":
            return mobile.replace(" ", "")[1:], landline.replace(" ", "")[1:]
        if condition == "digit_lost":
            return mobile[:-1], landline[:-1]
        return mobile, landline

    def _email(self, person: Person) -> str:
        share = 0.1 if person.age < 16 else 0.6 if person.age < 70 else 0.35
        if not self.draw.chance(share):
            return ""
        letters = unicodedata.normalize("NFKD", f"{person.given_name}.{person.family_name}")
        plain = letters.replace("ł", "l").replace("Ł", "L").replace("ı", "i")
        kept = "".join(mark for mark in plain if mark == "." or (mark.isascii() and mark.isalpha()))
        return f"{kept.lower()}.{person.serial + 1}@example.org"
