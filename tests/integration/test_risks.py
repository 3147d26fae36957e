"""Risks are decided by whom the role lets, suspend what nobody reviewed, and documents are accepted one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from openprotect.config.database_urls import Urls
from openprotect.governance import actions as governance
from openprotect.governance import queries
from openprotect.governance.actions import Dissent
from openprotect.governance.bases import DIRECT_CARE
from openprotect.governance.basis_errors import NoLiveBasis
from openprotect.governance.errors import AgreementNotInForce, NoExport, NotPermitted
from openprotect.governance.risk_errors import (
    NotAsked,
    RiskHasMovedOn,
    RiskIsIncomplete,
    Suspended,
)
from openprotect.governance.scope import Scope, enter, system
from openprotect.jobs import sending, sweeper
from openprotect.journey import flow
from openprotect.programmes import actions as programmes
from openprotect.programmes import queries as running
from tests.factories.agreed import agreed
from tests.factories.emergencies import rolled_back
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, Invited, answer, cohort_run, small_service, staff

DAY = timedelta(days=1)
REVIEW_BY = BEGINS + 7 * DAY
SAID = {
    "what": "People are asked by text before the contract is signed",
    "why_now": "The list came yesterday",
    "who_harmed": "Anybody whose number is wrong",
    "mitigations": "No name stands in the text",
    "stop_rule": "One text in a thousand goes astray",
}
PROTECT = {"activity_kind": "programme", "activity_key": "covid-protect"}


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Invited:
    return small_service(tmp_path_factory.mktemp("service"), ADA)["ada"]


@pytest.fixture(autouse=True)
def alone(service: Invited) -> Iterator[None]:
    with rolled_back():
        yield


def recorded(by: str = "ig-lead", now: datetime = BEGINS, **changed: Any) -> int:
    given = {"said": SAID, "kind": "information", **PROTECT, **changed}
    risk: int = flow.perform(governance.record_risk, by=staff(by, now), now=now, **given)
    return risk


def decided(risk: int, outcome: str = "go", by: str = "siro", now: datetime = BEGINS, **changed: Any) -> None:
    given = {"words": "The need is greater", "review_by": REVIEW_BY, "without_basis": "It needs none", **changed}
    flow.perform(governance.decide_risk, risk=risk, outcome=outcome, by=staff(by, now), now=now, **given)


def reviewed(risk: int, outcome: str, now: datetime, review_by: datetime | None = None) -> None:
    by = staff("caldicott-guardian", now)
    given: dict[str, Any] = {"words": "Looked at again today", "review_by": review_by}
    flow.perform(governance.review_risk, risk=risk, outcome=outcome, by=by, now=now, **given)


def stands_still(now: datetime, kind: str = "programme", key: str = "covid-protect") -> bool:
    return queries.suspended(kind, key, now=now)


def test_what_nobody_reviewed_is_suspended_at_that_second_and_lifted_by_a_review() -> None:
    risk = recorded()
    assert not stands_still(BEGINS)
    decided(risk)
    assert not stands_still(REVIEW_BY - timedelta(microseconds=1))
    assert stands_still(REVIEW_BY)
    assert not stands_still(REVIEW_BY, key="long-term-conditions")
    reviewed(risk, "go", REVIEW_BY + DAY, REVIEW_BY + 9 * DAY)
    assert not stands_still(REVIEW_BY + DAY)
    reviewed(risk, "stop", REVIEW_BY + 2 * DAY)
    assert stands_still(REVIEW_BY + 2 * DAY)
    reviewed(risk, "close", REVIEW_BY + 3 * DAY)
    assert not stands_still(REVIEW_BY + 3 * DAY)
    with pytest.raises(RiskHasMovedOn):
        reviewed(risk, "go", REVIEW_BY + 4 * DAY, REVIEW_BY + 9 * DAY)


def test_a_programme_asks_nobody_new_while_it_is_suspended_and_what_is_open_goes_on() -> None:
    decided(recorded())
    version = one("SELECT pack_version_id FROM programmes_activation WHERE ends_at IS NULL")
    by = system("test", now=REVIEW_BY)
    with enter(by):
        assert version in running.may_contact(now=REVIEW_BY - DAY)
        assert version not in running.may_contact(now=REVIEW_BY)
        assert version in running.may_ask(now=REVIEW_BY)
        assert running.switched_on() == {"covid-protect": version}
    with pytest.raises(Suspended, match="covid-protect"):
        flow.perform(programmes.switch_on, version=version, by=by, now=REVIEW_BY)
    with pytest.raises(Suspended), transaction.atomic():
        cohort_run(ADA, now=REVIEW_BY)


def test_messages_wait_while_their_programme_is_suspended_and_answers_do_not(service: Invited) -> None:
    risk = recorded()
    decided(risk, "stop", review_by=None)
    due = one("SELECT min(due_at) FROM contact_intent WHERE status = 'planned' AND step <> 'call'")
    assert sending.send_due(now=due) == 0
    reviewed(risk, "go", due, due + DAY)
    assert sending.send_due(now=due) > 0
    reviewed(risk, "stop", due)
    answer(service, due, food="no_food")
    assert one("SELECT count(*) FROM act_calltoaction WHERE category = 'food'", now=due) == 1


def test_a_suspended_basis_carries_nothing_new() -> None:
    decided(recorded(activity_kind="basis", activity_key="risk-stratification"))
    with enter(system("test", now=REVIEW_BY)):
        assert queries.require_basis(purpose="risk_stratification", now=REVIEW_BY - timedelta(seconds=1))
        with pytest.raises(NoLiveBasis):
            queries.require_basis(purpose="risk_stratification", now=REVIEW_BY)


@pytest.mark.parametrize("kind", ["agreement", "export", "basis"])
def test_no_file_is_asked_for_or_collected_under_what_is_suspended(kind: str) -> None:
    agreement = agreed()
    asked: UUID = flow.perform(
        governance.ask_export, agreement=agreement, reason="Parcels", by=staff("surveillance"), now=BEGINS
    )
    decided(recorded(activity_kind=kind, activity_key=DIRECT_CARE if kind == "basis" else str(agreement)))
    then = staff("surveillance", REVIEW_BY)
    with pytest.raises(AgreementNotInForce, match="not reviewed in time"):
        flow.perform(governance.ask_export, agreement=agreement, reason="More", by=then, now=REVIEW_BY)
    with pytest.raises(NoExport, match="not reviewed in time"):
        flow.perform(governance.collect_export, export=asked, by=then, now=REVIEW_BY)


def test_the_sweep_writes_a_suspension_down_once() -> None:
    risk = recorded(activity_kind="none", activity_key="")
    decided(risk)
    for now in (REVIEW_BY - DAY, REVIEW_BY, REVIEW_BY + DAY):
        sweeper.sweep(now=now)
    assert rows("SELECT at, by_id FROM governance_riskstep WHERE what = 'suspended'") == [(REVIEW_BY, None)]
    assert one("SELECT count(*) FROM governance_auditevent WHERE action = 'risk: not reviewed, suspended'") == 1


def test_who_disagreed_stands_beside_the_decision() -> None:
    risk = recorded()
    decided(risk, dissents=[Dissent("Dr Amina Yusuf", "Caldicott guardian", "Wait for the contract")])
    with enter(staff("siro")) as scope:
        found = queries.risk(risk, scope=scope)
    assert found is not None
    (step,) = found.steps
    assert [each.words for each in step.dissents.all()] == ["Wait for the contract"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"said": {**SAID, "why_now": ""}}, "why_now"),
        ({"said": {**SAID, "stop_rule": "None"}}, "stop_rule"),
        ({"said": {**SAID, "who_harmed": "The person 999 000 0018 is at home"}}, "who_harmed"),
        ({"kind": "weather"}, "kind"),
        ({"kind": "financial"}, "amount"),
        ({"kind": "financial", "amount": Decimal(5), "cap": Decimal(4), "carried_by": "Board"}, "amount"),
        ({"activity_kind": "programme", "activity_key": ""}, "activity_key"),
        ({"activity_kind": "none"}, "activity_key"),
    ],
)
def test_a_risk_that_lacks_something_is_not_written_down(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(RiskIsIncomplete) as refused:
        recorded(**changed)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"words": "Yes"}, "words"),
        ({"outcome": "perhaps"}, "outcome"),
        ({"review_by": None}, "review_by"),
        ({"review_by": BEGINS}, "review_by"),
        ({"review_by": BEGINS + 400 * DAY}, "review_by"),
        ({"without_basis": ""}, "basis"),
        ({"basis": 10**6}, "basis"),
        ({"dissents": [Dissent("Somebody", "", "No")]}, "dissents"),
        ({"dissents": [Dissent("Somebody", "Nurse", "Ask 9990000018")]}, "dissents"),
    ],
)
def test_a_decision_that_lacks_something_is_none(changed: dict[str, Any], field: str) -> None:
    risk = recorded()
    with pytest.raises(RiskIsIncomplete) as refused:
        decided(risk, **changed)
    assert refused.value.field == field
    assert one("SELECT status FROM governance_risk") == "open"


def test_who_records_does_not_decide_by_that_and_nothing_is_decided_twice() -> None:
    risk = recorded()
    with pytest.raises(NotPermitted):
        decided(risk, by="ig-lead")
    with pytest.raises(NotPermitted):
        recorded(by="practice-reviewer")
    decided(risk)
    with pytest.raises(RiskHasMovedOn):
        decided(risk)


def test_how_long_decisions_take_by_kind() -> None:
    for kind, hours in (("information", 2), ("information", 4), ("legal", 30)):
        now = BEGINS + timedelta(hours=hours)
        decided(recorded(kind=kind), now=now, review_by=now + DAY)
    recorded()
    with enter(staff("siro")) as scope:
        taken = queries.time_to_decision(scope=scope)
    assert taken["information"].median == timedelta(hours=3)
    assert taken["all"].longest == timedelta(hours=30)
    assert taken["all"].decisions == 3
    assert "clinical" not in taken


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE governance_risk SET status = 'going', decided_at = op_now()",
        "UPDATE governance_risk SET status = 'stopped'",
        "UPDATE governance_risk SET what = 'Something else'",
        "INSERT INTO governance_riskstep (risk_id, what, outcome, words, without_basis, review_by, at)"
        " SELECT id, 'decided', 'go', 'x', 'x', op_now() + interval '1 day', op_now() FROM governance_risk",
        "INSERT INTO governance_riskstep (risk_id, what, outcome, by_id, words, without_basis, review_by, at)"
        " SELECT id, 'decided', 'go', recorded_by_id, 'x', '', op_now() + interval '1 day', op_now()"
        " FROM governance_risk",
        "DELETE FROM governance_risk",
    ],
)
def test_the_database_refuses_by_itself(broken: str) -> None:
    recorded()
    by = system("test", now=BEGINS)
    with pytest.raises(DatabaseError), transaction.atomic(), enter(by), connection.cursor() as cursor:
        cursor.execute(broken)


def test_the_register_is_read_with_its_permission() -> None:
    recorded()
    for username, seen in (("siro", 1), ("practice-reviewer", 0)):
        with enter(staff(username)), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM governance_risk")
            assert cursor.fetchone() == (seen,)


def test_each_organisation_accepts_a_version_for_itself_and_the_next_anew() -> None:
    board, practice = (staff(name) for name in ("siro", "practice-manager"))
    both = [board.organisation, practice.organisation]
    given = {"kind": "dpia", "label": "1.0", "what_changed": "The first one", "organisations": both}
    by = staff("ig-lead")
    document = flow.perform(governance.publish_document, title="Protect DPIA", **given, by=by, now=BEGINS)
    first = newest(document, practice)
    says(first.version.id, "accepted", practice)
    assert [(v.accepted, len(v.stands)) for v in (newest(document, board),)] == [(1, 2)]
    with pytest.raises(RiskIsIncomplete, match="reservations"):
        says(first.version.id, "reservations", board)
    says(first.version.id, "reservations", board, "Review it in a month")
    assert newest(document, board).accepted == 2
    # A new version begins anew, and nobody answers the old one any more
    again = {**given, "label": "1.1", "title": "", "document": document}
    flow.perform(governance.publish_document, **again, by=by, now=BEGINS + DAY)
    assert newest(document, board).accepted == 0
    with pytest.raises(NotAsked):
        says(first.version.id, "accepted", board)
    with pytest.raises(NotAsked):
        says(newest(document, board).version.id, "accepted", staff("reviewer-t07", BEGINS), permitted=True)


def newest(document: int, by: Scope) -> Any:
    with enter(by) as scope:
        found = queries.document(document, scope=scope)
    assert found is not None
    return found.versions[0]


def says(version: int, said: str, by: Scope, words: str = "", *, permitted: bool = False) -> None:
    if permitted:
        by = Scope(**{**vars(by), "permissions": by.permissions | {"see.risks"}})
    flow.perform(governance.answer_document, version=version, answer=said, words=words, by=by, now=by.now)
