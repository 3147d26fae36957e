"""5-act.yaml: categories of calls to action, who holds them, how fast, what closes them."""

from collections.abc import Mapping
from dataclasses import dataclass

from openprotect.lib.errors import Fault
from openprotect.lib.periods import Period
from openprotect.programmes.document import Node, line_of

EMERGENCY = "emergency"


@dataclass(frozen=True)
class Outcome:
    """A way in which a call to action ends, or which a partner reports."""

    code: str
    label: str


@dataclass(frozen=True)
class Desk:
    """The duty of a team, and where that team is: practice, locality, council or central."""

    team: str
    at: str


@dataclass(frozen=True)
class Category:
    """A kind of need: who holds it, within what time, and what closes it."""

    key: str
    label: str
    public_label: str
    team: str
    at: str
    emergency: Desk | None
    clocks: Mapping[str, Period]
    escalate_to: str
    refer_to: tuple[str, ...]
    outcomes: tuple[Outcome, ...]

    def desk(self, urgency: str) -> Desk:
        """Who holds a call to action of this urgency."""
        if urgency == EMERGENCY and self.emergency:
            return self.emergency
        return Desk(self.team, self.at)


@dataclass(frozen=True)
class Act:
    """What is done about what people say."""

    categories: Mapping[str, Category]
    partner_outcomes: tuple[Outcome, ...]
    advice: Mapping[str, str]


def parse_act(document: Node, file: str, faults: list[Fault]) -> Act:
    """The categories in a document that has the shape of its schema."""
    raw = document.value
    for path, listed in [
        (["partner_outcomes"], raw["partner_outcomes"]),
        *((["categories", key, "outcomes"], one["outcomes"]) for key, one in raw["categories"].items()),
    ]:
        codes = [outcome["code"] for outcome in listed]
        for place, code in enumerate(codes):
            if code in codes[:place]:
                line = line_of(document, [*path, place])
                faults.append(Fault(file, f"line {line}", "", code, "each outcome's code once"))
    return Act(
        categories={
            key: Category(
                key=key,
                label=one["label"],
                public_label=one["public_label"],
                team=one["team"],
                at=one["at"],
                emergency=Desk(**one["emergency"]) if "emergency" in one else None,
                clocks={urgency: Period.parse(text) for urgency, text in one["clocks"].items()},
                escalate_to=one["escalate_to"],
                refer_to=tuple(one["refer_to"]),
                outcomes=_outcomes(one["outcomes"]),
            )
            for key, one in raw["categories"].items()
        },
        partner_outcomes=_outcomes(raw["partner_outcomes"]),
        advice=raw["advice"],
    )


def _outcomes(listed: list[dict[str, str]]) -> tuple[Outcome, ...]:
    return tuple(Outcome(one["code"], one["label"]) for one in listed)
