"""The anchor outside the database: an older copy sends nothing, and the verifier as a command."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from openprotect.config.database_urls import Urls
from openprotect.governance import chain, queries
from openprotect.governance.errors import NothingIsHeld, SendingIsHeld
from openprotect.governance.scope import enter, system
from openprotect.jobs import sending, sweeper, trail
from openprotect.journey import flow
from openprotect.journey.contact import actions as contact
from tests.factories.command_line import ROOT
from tests.factories.seen import one, rows
from tests.factories.small_service import ADA, BEGINS, cohort_run, open_service
from tests.factories.trail import events, intruder, judge, judge_database, sealed

LATER = BEGINS + timedelta(minutes=10)


@pytest.fixture
def anchor(tmp_path: Path, settings: Any) -> Path:
    settings.ANCHOR = tmp_path / "elsewhere" / "anchor.jsonl"
    return settings.ANCHOR


# --- An older copy ---


def put_back(urls: Urls, position: int) -> None:
    """The database as it was when it had so many events."""
    with intruder(urls.owner) as owner:
        owner.execute("DELETE FROM governance_auditseal WHERE position > %s", [position])
        owner.execute("DELETE FROM governance_auditunsealed")
        owner.execute("DELETE FROM governance_auditevent WHERE NOT EXISTS"
                      " (SELECT 1 FROM governance_auditseal WHERE event_id = id)")  # fmt: skip


def test_a_restored_system_sends_nothing_until_a_person_lifts_the_hold(
    committed_db: Urls, tmp_path: Path, anchor: Path
) -> None:
    open_service(tmp_path)
    trail.seal(now=BEGINS)
    before = one("SELECT max(position) FROM governance_auditseal")
    cohort_run(ADA)
    trail.seal(now=BEGINS)
    trail.anchor(now=BEGINS)
    put_back(committed_db, before)
    assert sweeper.sweep(now=LATER) == 0
    assert rows("SELECT reference FROM outbox_message") == []
    assert "older copy" in one("SELECT because FROM governance_sendinghold WHERE lifted_at IS NULL")
    by = system("worker", now=LATER)
    with pytest.raises(SendingIsHeld):
        flow.perform(contact.claim_due, limit=10, by=by, now=LATER)
    assert judge_database(committed_db.app, anchor).code == chain.BROKEN
    trail.resume_sending(who="Ines", why="Restored from Tuesday's copy after a disk failed", now=LATER)
    assert sweeper.sweep(now=LATER) == 1
    judged = judge_database(committed_db.app, anchor)
    assert (judged.findings, len(judged.verdict.notes)) == ([], 1)
    assert rows("SELECT action, why FROM governance_auditevent WHERE action LIKE 'sending%%' ORDER BY id") == [
        ("sending held", ""),
        ("sending goes on", "by Ines"),
    ]
    with pytest.raises(NothingIsHeld):
        trail.resume_sending(who="Ines", why="again", now=LATER)


def test_an_anchor_that_has_gone_holds_sending_too(committed_db: Urls, anchor: Path) -> None:
    sealed(3, anchor)
    anchor.unlink()
    trail.compare(now=LATER)
    with enter(system("test", now=LATER)) as scope:
        hold = queries.sending_hold(scope=scope)
    assert hold is not None
    assert "which wrote there before" in hold.because
    assert sending.send_due(now=LATER) == 0


def test_the_head_is_written_down_every_few_minutes_and_sent_once_a_day(
    committed_db: Urls, anchor: Path, settings: Any
) -> None:
    settings.ANCHOR_EMAIL = "privacy-officer@example.org"
    for minutes in (0, 1, 5, 7, 24 * 60):
        events(2, now=BEGINS)
        now = BEGINS + timedelta(minutes=minutes)
        trail.seal(now=now)
        trail.anchor(now=now)
    assert [each.position for each in chain.anchors_in(anchor, one("SELECT uid::text FROM governance_installation"))] == [
        2, 6, 10,
    ]  # fmt: skip
    sent = rows("SELECT body FROM outbox_message ORDER BY accepted_at")
    assert len(sent) == 2
    line = str(sent[1][0]).splitlines()[-1]
    (anchor.parent / "from-the-mail").write_text(f"{line}\n")
    assert judge_database(committed_db.app, anchor.parent / "from-the-mail").code == chain.INTACT


def test_a_torn_line_of_the_anchor_does_no_harm(committed_db: Urls, anchor: Path) -> None:
    sealed(4, anchor)
    anchor.write_bytes(anchor.read_bytes() + b'{"at":"2020')
    assert judge_database(committed_db.app, anchor).code == chain.INTACT
    trail.anchor(now=LATER)
    judged = subprocess.run(
        [sys.executable, "-m", "openprotect.governance.chain", "--database", committed_db.app, "--anchor", str(anchor)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == chain.INTACT, judged.stdout
    assert "Line 2 of the anchor stops in the middle" in judged.stdout


def three_lines(anchor: Path) -> None:
    for each in range(3):
        sealed(2, anchor, now=BEGINS + each * timedelta(minutes=10))


@pytest.mark.parametrize("gone", [0, 1])
def test_a_line_taken_out_of_the_anchor_is_found_from_the_file_alone(
    committed_db: Urls, tmp_path: Path, anchor: Path, gone: int
) -> None:
    three_lines(anchor)
    copy = tmp_path / "trail.jsonl"
    with psycopg.connect(committed_db.app) as connection, copy.open("w") as out:
        chain.export(chain.Database(connection), out.write)
    assert judge(chain.File(copy), anchor).code == chain.INTACT
    lines = anchor.read_text().splitlines(keepends=True)
    anchor.write_text("".join(lines[:gone] + lines[gone + 1 :]))
    judged = judge(chain.File(copy), anchor)
    assert [str(each) for each in judged.findings] == [
        f"line {gone + 1}, anchor: a line that stood before this one is missing or was changed"
    ]


def test_the_last_lines_of_the_anchor_are_missed_by_the_database(committed_db: Urls, anchor: Path) -> None:
    three_lines(anchor)
    whole = anchor.read_text().splitlines(keepends=True)
    anchor.write_text(whole[0])
    assert [(each.position, "is missing" in each.what) for each in judge_database(committed_db.app, anchor).findings] == [
        (4, True), (6, True),
    ]  # fmt: skip
    # And tied anew around a line that was taken out, which the file alone cannot show
    uid = one("SELECT uid::text FROM governance_installation")
    first, _, third = chain_of("".join(whole), uid, anchor)
    tied = chain.anchor_line(at=third.at, installation=uid, position=6, head=third.head.hex(), after=first)
    anchor.write_text(whole[0] + tied)
    assert [each.position for each in judge_database(committed_db.app, anchor).findings] == [4]
    # And one that is tied to nothing, among those that are
    anchor.write_text(
        "".join(whole) + chain.anchor_line(at=third.at, installation=uid, position=6, head=third.head.hex())
    )
    assert ["not tied" in each.what for each in judge_database(committed_db.app, anchor).findings] == [True]


def test_lines_of_before_they_were_tied_still_verify(committed_db: Urls, anchor: Path) -> None:
    events(2)
    trail.seal(now=BEGINS)
    uid = one("SELECT uid::text FROM governance_installation")
    head = one("SELECT encode(chain_hash, 'hex') FROM governance_auditseal WHERE position = 2")
    anchor.parent.mkdir(parents=True)
    anchor.write_text(chain.anchor_line(at=BEGINS.isoformat(), installation=uid, position=2, head=head))
    judged = judge_database(committed_db.app, anchor)
    assert (judged.code, "not tied to each other" in judged.verdict.notes[0]) == (chain.INTACT, True)
    # And the first that is tied follows the last of them, torn line or not
    anchor.write_text(anchor.read_text() + '{"at":"2020')
    sealed(2, anchor, now=LATER)
    judged = judge_database(committed_db.app, anchor)
    assert (judged.code, len(judged.verdict.notes)) == (chain.INTACT, 1)
    anchor.write_text("".join(anchor.read_text().splitlines(keepends=True)[1:]))
    assert judge_database(committed_db.app, anchor).code == chain.BROKEN


def chain_of(text: str, installation: str, beside: Path) -> list[chain.Anchor]:
    copy = beside.with_name("copy")
    copy.write_text(text)
    return [each for each in chain.anchors_in(copy, installation) if isinstance(each, chain.Anchor)]


@pytest.mark.parametrize(
    "line", ['{"at":"2020"}', "[" * 100_000, '{"installation":"%s","position":1e999,"head":"00"}', "\x00"]
)
def test_a_line_that_is_no_anchor_is_named_and_nothing_is_judged(committed_db: Urls, anchor: Path, line: str) -> None:
    sealed(2, anchor)
    uid = one("SELECT uid::text FROM governance_installation")
    anchor.write_text(anchor.read_text() + line.replace("%s", uid) + "\n")
    with pytest.raises(chain.CannotBeJudged, match="line 2 is no anchor"):
        judge_database(committed_db.app, anchor)


# --- As a command ---


def test_the_verifier_stands_alone() -> None:
    code = "import sys, openprotect.governance.chain; print([m for m in sys.modules if m.startswith(('django', 'openprotect'))])"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "django" not in said
    assert all(name.startswith("openprotect.governance.chain") for name in ast.literal_eval(said)[2:])


def test_the_command_says_which_row_was_touched(committed_db: Urls, tmp_path: Path, anchor: Path) -> None:
    sealed(10, anchor)
    copy = tmp_path / "trail.jsonl"

    def command(*arguments: object) -> tuple[int, str]:
        line = [sys.executable, "-c", "from openprotect.cli import main; main()", "audit", *map(str, arguments)]
        done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    assert command("verify", "--anchor", anchor)[0] == chain.INTACT
    assert command("verify")[0] == chain.NOT_JUDGED
    assert command("export", copy) == (0, f"10 sealed events are in {copy}.\n")
    assert command("verify", "--file", copy, "--anchor", anchor)[0] == chain.INTACT
    copy.write_text(copy.read_text().replace('"actor":"7"', '"actor":"8"', 1))
    code, said = command("verify", "--file", copy, "--anchor", anchor)
    assert code == chain.BROKEN
    assert said.startswith("line 2, position 1, event 1, event: was changed")
