"""What of a programme rests on which purpose's legal basis.

Finding people in a population is risk stratification. Asking them (messages, check-ins, calls, and the
board's teams that do it) rests on the communicable-disease basis where the pack names one, and is direct
care otherwise. Acting on what they say is direct care; counting and comparing is evaluation.
"""

from __future__ import annotations

from collections.abc import Collection

from openprotect.governance.facts.law import COMMUNICABLE_DISEASE, DIRECT_CARE, EVALUATION, RISK_STRATIFICATION
from openprotect.programmes.definitions.programme import Programme

FINDING, ASKING, CARING, EVALUATING = "finding", "asking", "caring", "evaluating"


def purpose_of(programme: Programme, part: str) -> str:
    """The purpose whose basis must be in force for a part of the programme."""
    named = {basis.for_ for basis in programme.legal_bases}
    if part == FINDING:
        return RISK_STRATIFICATION
    if part == ASKING:
        return COMMUNICABLE_DISEASE if COMMUNICABLE_DISEASE in named else DIRECT_CARE
    return DIRECT_CARE if part == CARING else EVALUATION


def parts_on(programme: Programme, purposes: Collection[str]) -> tuple[str, ...]:
    """The parts of the programme that rest on one of these purposes."""
    return tuple(part for part in (FINDING, ASKING, CARING) if purpose_of(programme, part) in purposes)


def needed(programme: Programme) -> tuple[str, ...]:
    """The purposes that must each have a basis in force before the programme is switched on."""
    parts = (purpose_of(programme, part) for part in (FINDING, ASKING, CARING))
    return tuple(dict.fromkeys([*(basis.for_ for basis in programme.legal_bases), *parts]))
