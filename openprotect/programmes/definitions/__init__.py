"""What a pack says, as frozen values. Pure: no Django, no database."""

from openprotect.programmes.definitions.act import Act, Category, Desk, Outcome
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.definitions.contact import (
    Cadence,
    CallOutcome,
    CallRule,
    Contact,
    PartOfDay,
    Step,
)
from openprotect.programmes.definitions.decision_table import DecisionTable
from openprotect.programmes.definitions.learn import Learn
from openprotect.programmes.definitions.message import Message
from openprotect.programmes.definitions.pack import Pack
from openprotect.programmes.definitions.programme import Programme
from openprotect.programmes.definitions.questionnaire import Item, Option, Page, Questionnaire

__all__ = [
    "Act",
    "Cadence",
    "CallOutcome",
    "CallRule",
    "Category",
    "Cohort",
    "Contact",
    "DecisionTable",
    "Desk",
    "Item",
    "Learn",
    "Message",
    "Option",
    "Outcome",
    "Pack",
    "Page",
    "PartOfDay",
    "Programme",
    "Questionnaire",
    "Step",
]
