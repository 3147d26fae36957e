"""What a command needs before the care plane can hold people: a board, its teams, a basis."""

from datetime import datetime
from typing import TYPE_CHECKING

from openprotect.governance import queries as governance
from openprotect.governance.facts.law import DIRECT_CARE
from openprotect.lib.errors import Refusal

if TYPE_CHECKING:
    from openprotect.people.population import Population


class NoBoard(Refusal):
    """No integrated care board has been brought in, or no legal basis for direct care is in force, so nobody
    would own these people. Bring the organisations in and state the basis first.
    """


def ensure_board(*, now: datetime) -> int:
    """The id of the basis that direct care rests on. A demo without a board is given one."""
    if governance.is_demo() and not governance.organisations("icb"):
        from openprotect.demo.setting_up import set_up_board

        set_up_board(now=now)
    basis = governance.live_basis(purpose=DIRECT_CARE, now=now)
    if basis is None or not governance.organisations("icb"):
        raise NoBoard
    return basis


def ensure_opt_outs(population: "Population", *, now: datetime) -> None:
    """In a demo nobody answers for the national data opt-out service but the demo itself: nobody has opted out."""
    if governance.is_demo():
        from openprotect.demo.opt_outs import exchange

        exchange(population, now=now, of_a_thousand=0)
