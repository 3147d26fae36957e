"""What people of a community are called, by sex and age."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from openprotect.demo.synthesise.draw import Draw, Weighted

_OLDER = 60  # from this age on, names of the generation before, where a community has them
_POLISH_ENDINGS = {"ski": "ska", "cki": "cka", "dzki": "dzka"}
_LITHUANIAN_ENDINGS = {"auskas": "auskienė", "ius": "ienė", "as": "ienė", "us": "uvienė"}


@dataclass(frozen=True)
class Community:
    name: str
    share: int
    ethnic: list[str]
    languages: list[str]
    female: list[str]
    male: list[str]
    family: list[str]
    older_female: list[str] = field(default_factory=list)
    older_male: list[str] = field(default_factory=list)

    def given_name(self, draw: Draw, sex: str, age: int) -> str:
        """A given name of the person's generation."""
        female = sex == "female" or (sex != "male" and draw.chance(0.5))
        older = self.older_female if female else self.older_male
        return draw.pick(older if older and age >= _OLDER else self.female if female else self.male)

    def family_name(self, name: str, sex: str) -> str:
        """The form of a family name that a woman bears, where the language has one."""
        endings = {"polish": _POLISH_ENDINGS, "lithuanian": _LITHUANIAN_ENDINGS}.get(self.name, {})
        for ending, hers in endings.items() if sex == "female" else ():
            if name.endswith(ending):
                return name.removesuffix(ending) + hers
        return name


@cache
def communities() -> Weighted[Community]:
    """All communities, to be drawn by their share."""
    text = resources.files(__package__).joinpath("names.toml").read_text(encoding="utf-8")
    found = [Community(name=name, **lists) for name, lists in tomllib.loads(text).items()]
    return Weighted([(community, community.share) for community in found])
