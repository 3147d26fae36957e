"""What a legal basis may say: the closed lists of `law.toml`, each key with its name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from openprotect.lib.periods import Period

_LAW: Mapping[str, Any] = tomllib.loads(Path(__file__).parents[1].joinpath("law.toml").read_text(encoding="utf-8"))


def _list(name: str) -> Mapping[str, str]:
    return MappingProxyType(dict(_LAW[name]))


PURPOSES = _list("purposes")
ARTICLE_6 = _list("article_6")
ARTICLE_9 = _list("article_9")
CONFIDENCE = _list("confidence")
CAPACITIES = _list("capacities")
CONTROLLERS = ("controller", "joint_controller")  # of the capacities
APPROVERS = _list("approvers")
CHOICES = _list("choices")
WHO_SAW_LETTER = Period.parse(str(_LAW["clocks"]["who_saw_letter"]))
WARNING_DAYS: tuple[int, ...] = tuple(sorted(_LAW["warnings"]["days"], reverse=True))

DIRECT_CARE = "direct_care"
RISK_STRATIFICATION = "risk_stratification"
COMMUNICABLE_DISEASE = "communicable_disease"
EVALUATION = "evaluation"
