"""What a command needs before the care plane can hold people: a board, its teams, a basis."""

from datetime import datetime

from openprotect.governance import queries as governance
from openprotect.governance.bases import DIRECT_CARE
from openprotect.lib.errors import Refusal


class NoBoard(Refusal):
    """No integrated care board, or no legal basis '{basis}', has been brought in, so nobody would
    own these people. Bring the organisations in first.
    """


def ensure_board(*, now: datetime) -> int:
    """The id of the basis that direct care rests on. A demo without a board is given one."""
    if governance.is_demo() and not governance.organisations("icb"):
        from openprotect.demo.setting_up import set_up_board

        set_up_board(now=now)
    basis = governance.find_basis(DIRECT_CARE)
    if basis is None or not governance.organisations("icb"):
        raise NoBoard(basis=DIRECT_CARE)
    return basis
