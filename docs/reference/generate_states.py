"""Writes states.md from the rules of act and the facts of learn: `python docs/reference/generate_states.py`."""

from collections.abc import Mapping
from pathlib import Path

from openprotect.journey.act.rules import REFERRAL_TRANSITIONS, TRANSITIONS
from openprotect.journey.learn.facts import STATES

PAGE = Path(__file__).with_name("states.md")
INTRODUCTION = """# States

Made from `openprotect/journey/act/rules.py` and `openprotect/journey/learn/facts.py`; do not edit it here.
"""
LEDGER = """## A person in the ledger

Every member is in exactly one state: the first that holds, in the order of the view
`learn_person_state`. [Never losing anybody](../explanation/never-losing-anybody.md) says what each rests on.

| state | on screen |
|---|---|"""


def page() -> str:
    """The reference page as it should stand."""
    return "\n".join(
        [
            INTRODUCTION,
            *_machine("A call to action", TRANSITIONS),
            *_machine("A referral", REFERRAL_TRANSITIONS),
            LEDGER,
            *(f"| `{state}` | {words} |" for state, words in STATES.items()),
            "",
        ]
    )


def _machine(title: str, transitions: Mapping[tuple[str, str], str]) -> list[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, verb), after in transitions.items():
        arrows.setdefault((state, after), []).append(verb)
    drawn = [f"    {state} --> {after}: {', '.join(verbs)}" for (state, after), verbs in arrows.items()]
    rows = [f"| `{state}` | {verb} | `{after}` |" for (state, verb), after in transitions.items()]
    return [
        *(f"## {title}", "", "What does not stand here cannot be done.", ""),
        *("```mermaid", "stateDiagram-v2", *drawn, "```", ""),
        *("| in state | this may be done | state after |", "|---|---|---|", *rows, ""),
    ]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
