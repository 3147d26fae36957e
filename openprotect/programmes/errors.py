"""What programmes refuse. Faults of a pack stand in `loader.PackHasFaults`."""

from openprotect.lib.errors import Refusal


class VersionIsFrozen(Refusal):
    """Version {version} of {programme} is published and frozen. Give the changed files a new version."""


class NotClinicallyApproved(Refusal):
    """{programme} {version} is not clinically approved: no clinical safety officer has signed it,
    so it can be switched on in a demo only.
    """


class BasisIsMissing(Refusal):
    """{programme} cannot be switched on: no legal basis is in force for {purposes}. State it first."""


class SwitchedOnJustNow(Refusal):
    """A version of {programme} was switched on at this very moment of the service's clock, or after it, and has
    to run before another can follow. Try again when the clock has gone on.
    """
