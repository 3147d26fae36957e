"""A version of a programme: everything that stands in its folder."""

from collections.abc import Mapping
from dataclasses import dataclass

from openprotect.programmes.definitions.act import Act
from openprotect.programmes.definitions.cohort import Cohort
from openprotect.programmes.definitions.contact import Contact
from openprotect.programmes.definitions.decision_table import DecisionTable
from openprotect.programmes.definitions.example import Example
from openprotect.programmes.definitions.learn import Learn
from openprotect.programmes.definitions.message import Message
from openprotect.programmes.definitions.programme import Programme
from openprotect.programmes.definitions.questionnaire import Questionnaire


@dataclass(frozen=True)
class Pack:
    """A checked version of a programme. `hash` is of `files`: the same files, the same hash."""

    programme: Programme
    cohort: Cohort
    contact: Contact
    messages: Mapping[tuple[str, str], Message]  # (name, language): ("sms.invite", "en")
    questionnaire: Questionnaire
    triage: DecisionTable
    act: Act
    learn: Learn
    examples: tuple[Example, ...]
    hash: str
    files: Mapping[str, bytes]  # by path in the folder, such as "2-messages/sms.invite.en.md"

    def message(self, name: str, language: str) -> Message:
        """The message in that language, in English where there is none."""
        return self.messages.get((name, language)) or self.messages[name, "en"]
