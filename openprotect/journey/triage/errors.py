"""What triage refuses."""

from openprotect.lib.errors import Refusal


class AlreadyTriaged(Refusal):
    """These answers were triaged before: the decision stands as it was made."""
