"""By what members are counted, and which numbers are shown: what stands in dimensions.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

_READ = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

AGES: tuple[int, ...] = tuple(_READ["age"]["bands"])
ETHNICITY: Mapping[str, tuple[str, ...]] = {name: tuple(codes) for name, codes in _READ["ethnicity"].items()}
SHOWN_FROM: int = _READ["shown"]["from"]
UNKNOWN = "unknown"

PEOPLE, AGE, SEX, DEPRIVATION, ETHNIC, GROUP, RULE, GROUPS = (
    "people", "age", "sex", "deprivation", "ethnicity", "group", "rule", "groups",
)  # fmt: skip
"""`groups` is the whole set of groups that somebody is in: everybody has one, so they add up."""

TITLES: Mapping[str, str] = {
    AGE: "Age",
    SEX: "Sex",
    DEPRIVATION: "Deprivation",
    ETHNIC: "Ethnicity",
    GROUP: "Group",
    RULE: "Rule",
    GROUPS: "Groups together",
}
# What a member of staff has to be allowed of a person to be shown small numbers of their own people.
NEEDS: Mapping[str, str] = {
    PEOPLE: "see.person",
    AGE: "see.identity",
    SEX: "see.identity",
    DEPRIVATION: "see.identity",
    ETHNIC: "see.identity",
    GROUP: "see.reasons",
    RULE: "see.reasons",
    GROUPS: "see.reasons",
}
SEXES = ("female", "male", "other", UNKNOWN)


def band(lowest: int) -> str:
    """How the band that begins at this age is called: 18 to 29, 90 or over."""
    place = AGES.index(lowest)
    return f"{lowest} or over" if place + 1 == len(AGES) else f"{lowest} to {AGES[place + 1] - 1}"


def values(dimension: str) -> tuple[str, ...]:
    """Every value of a dimension that has a closed list, as they are shown from the top; unknown last."""
    if dimension == AGE:
        return (*(band(lowest) for lowest in AGES), UNKNOWN)
    if dimension == SEX:
        return SEXES
    if dimension == DEPRIVATION:
        return (*(str(decile) for decile in range(1, 11)), UNKNOWN)
    return (*ETHNICITY, UNKNOWN) if dimension == ETHNIC else ()
