"""What is owed is done whether or not its bell rang, once, and whatever else goes wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from openprotect.config.database_urls import Urls
from openprotect.governance import queries as governance
from openprotect.governance.scope import system
from openprotect.jobs import sending, sweeper, worker
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.contact import ports
from openprotect.journey.contact.ports import OutgoingMessage
from tests.factories.command_line import ROOT
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, answer, cohort_run, open_service, small_service, staff

LATER = BEGINS + timedelta(minutes=10)
EMAILS = "SELECT reference FROM outbox_message WHERE channel = 'email'"


class Unreliable:
    """A provider that is away, or that takes e-mails and whose answer is lost."""

    def __init__(self, real: ports.MessageProvider, *, takes: bool) -> None:
        self.real, self.takes = real, takes

    def send(self, messages: Sequence[OutgoingMessage]) -> frozenset[UUID]:
        if self.takes:
            self.real.send(messages)
        raise ConnectionError(f"cannot send to {messages[0].to}")

    def accepted(self, references: Sequence[UUID]) -> frozenset[UUID]:
        return self.real.accepted(references)


def referred(folder: Path) -> UUID:
    """Ada has no food and the council is asked; no job has run."""
    answer(small_service(folder, ADA)["ada"], food="no_food")
    need, council = one("SELECT id FROM act_calltoaction"), governance.organisations("council")[0].id
    asked = {"call_to_action": need, "organisation": council, "asked": "A food parcel"}
    referral: UUID = flow.perform(act.refer, by=staff("locality-lead"), now=BEGINS, **asked)
    return referral


def first_try_fails(referral: UUID, *, takes: bool) -> None:
    real = ports.provider()
    ports.connect(Unreliable(real, takes=takes))
    try:
        with pytest.raises(ConnectionError):
            sending.send_referral_link(referral=referral, now=BEGINS)
    finally:
        ports.connect(real)
    assert rows("SELECT sent_at FROM act_referrallink") == [(None,)]


@pytest.mark.django_db
def test_a_link_whose_job_never_ran_leaves_with_the_sweep_and_once(tmp_path: Path) -> None:
    referral = referred(tmp_path)
    sweeper.sweep(now=BEGINS)
    sending.send_referral_link(referral=referral, now=BEGINS)  # the job, after all
    sweeper.sweep(now=LATER)
    assert rows("SELECT reference, sent_at FROM act_referrallink") == [(one(EMAILS), BEGINS)]


@pytest.mark.django_db
def test_a_link_that_the_provider_never_had_is_made_anew(tmp_path: Path) -> None:
    first_try_fails(referred(tmp_path), takes=False)
    sweeper.sweep(now=BEGINS + timedelta(minutes=1))  # too soon to give it up: it may be on its way
    assert rows(EMAILS) == []
    for _ in range(2):
        sweeper.sweep(now=LATER)
    assert rows("SELECT reference IN (" + EMAILS + "), sent_at FROM act_referrallink ORDER BY created_at") == [
        (False, None),
        (True, LATER),
    ]


@pytest.mark.django_db
def test_a_link_whose_answer_was_lost_is_settled_and_not_sent_again(tmp_path: Path) -> None:
    first_try_fails(referred(tmp_path), takes=True)
    sweeper.sweep(now=LATER)
    assert rows("SELECT reference, sent_at FROM act_referrallink") == [(one(EMAILS), LATER)]


@pytest.mark.django_db
def test_no_link_is_made_to_a_referral_that_is_settled(tmp_path: Path) -> None:
    referral = referred(tmp_path)
    first_try_fails(referral, takes=False)
    settled = {"referral": referral, "verb": "hand back", "outcome": "", "text": "Not our area."}
    flow.perform(act.answer_referral, by=system("test", now=BEGINS), now=BEGINS, **settled)
    sweeper.sweep(now=LATER)
    sending.send_referral_link(referral=referral, now=LATER)
    assert rows(EMAILS) == []


def break_calls(urls: Urls) -> None:
    """The first step of a sweep cannot be done any more."""
    with psycopg.connect(urls.owner) as owner:
        owner.execute("ALTER TABLE contact_call RENAME TO lost")


def test_a_step_that_fails_keeps_no_other_from_being_done(
    committed_db: Urls, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    open_service(tmp_path)
    cohort_run(ADA)
    break_calls(committed_db)
    with pytest.raises(ExceptionGroup) as failed:
        worker.work_once()
    assert "contact_call" in str(failed.value.exceptions[0])
    assert one("SELECT count(*) FROM outbox_message") == 1
    assert one("SELECT count(*) FROM learn_ledgerday") >= 1


def test_once_ends_with_one_if_a_step_failed(committed_db: Urls, tmp_path: Path) -> None:
    open_service(tmp_path)
    cohort_run(ADA)
    command = [sys.executable, "-c", "from openprotect.cli import main; main(['worker', '--once'])"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    break_calls(committed_db)
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 1


@pytest.mark.django_db
def test_the_log_says_which_step_failed_and_not_what_somebody_wrote(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    referred(tmp_path)
    real = ports.provider()
    ports.connect(Unreliable(real, takes=False))
    try:
        with pytest.raises(ExceptionGroup):
            sweeper.sweep(now=BEGINS)
    finally:
        ports.connect(real)
    assert "send_referral_link" in caplog.text
    assert "ConnectionError" in caplog.text
    assert "t02@example.org" not in caplog.text
