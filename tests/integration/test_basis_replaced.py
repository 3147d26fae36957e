"""What carries on after a legal basis: nothing of other controllers, chosen or by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from openprotect.governance import actions as governance
from openprotect.governance import basis_errors, queries
from openprotect.governance.facts.bases import Party
from openprotect.governance.models import User
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from tests.factories.seen import one
from tests.factories.small_service import BEGINS, open_service, staff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AFTER = BEGINS + 11 * DAY
OTHERS = (
    {"code": "U01", "name": "Other Board", "kind": "icb"},
    {"code": "U02", "name": "Other Council", "kind": "council"},
)


@pytest.fixture(autouse=True)
def opened(tmp_path: Path) -> None:
    """A service of one board, beside which there is another; its own basis for finding people ends on the second day."""
    open_service(tmp_path)
    flow.perform(governance.register_organisations, rows=OTHERS, by=system("test", now=BEGINS), now=BEGINS)
    own = one("SELECT id FROM governance_legalbasis WHERE key = 'risk-stratification'")
    flow.perform(governance.end_basis, basis=own, ends_at=BEGINS + DAY, words="x", by=lead(), now=BEGINS)


def test_what_another_controls_does_not_carry_on() -> None:
    ours = of("ours", "T01", ends_at=BEGINS + 10 * DAY)
    theirs, councils = of("theirs", "U01"), of("councils", "U02")
    processed = of("processed", "U01", capacity="processor")  # nobody's but theirs
    page = Client()
    page.force_login(User.objects.get(username="ig-lead"))
    shown = page.get(f"/oversight/bases/{ours}").content.decode()
    for other in (theirs, councils, processed):
        with pytest.raises(basis_errors.ReplacementIsAnothers, match="nobody controls under both"):
            replace(ours, other)
        assert f'value="{other}"' not in shown
    assert after(ours) is None
    # Of two who control together, one is enough, and it steps in by itself
    joint = of("joint", "T01", "U02", capacity="joint_controller")
    assert after(ours) == joint
    replace(ours, joint)
    assert after(ours) == joint


def test_what_names_nobody_is_for_whoever_uses_the_service_but_not_to_be_given_to_another_board() -> None:
    ours, anybodys = of("ours", "T01", ends_at=BEGINS + 10 * DAY), of("anybodys")
    theirs = of("theirs", "U01", ends_at=BEGINS + 99 * DAY)
    assert after(ours) == anybodys  # not theirs, which lasts longer
    replace(ours, anybodys)
    with pytest.raises(basis_errors.ReplacementIsAnothers):
        replace(anybodys, theirs)


def test_a_board_that_became_another_is_that_other() -> None:
    ours, theirs = of("ours", "T01", ends_at=BEGINS + 10 * DAY), of("theirs", "U01")
    assert after(ours) is None
    with enter(system("test", now=BEGINS)), connection.cursor() as cursor:
        cursor.execute("UPDATE governance_organisation SET successor_id = %s WHERE code = 'T01'", [organisation("U01")])
    assert after(ours) == theirs


def of(key: str, *who: str, ends_at: datetime = BEGINS + 90 * DAY, capacity: str = "controller") -> int:
    """A basis for finding people, of these organisations."""
    parties = [Party(organisation(code), "A statute", capacity) for code in who]
    given = {"key": key, "title": key, "purpose": "risk_stratification", "owner": "x", "parties": parties,
             "starts_at": BEGINS, "ends_at": ends_at}  # fmt: skip
    found: int = flow.perform(governance.state_basis, **given, by=system("test", now=BEGINS), now=BEGINS)
    return found


def replace(basis: int, other: int) -> None:
    flow.perform(governance.replace_basis, basis=basis, replaced_by=other, words="x", by=lead(), now=BEGINS)


def after(basis: int) -> int | None:
    with enter(lead(AFTER)):
        return queries.successor(basis, now=AFTER)


def organisation(code: str) -> int:
    return int(one("SELECT id FROM governance_organisation WHERE code = %s", code))


def lead(now: datetime = BEGINS) -> Scope:
    return staff("ig-lead", now)
