"""The sealed trail: what is committed late is sealed late, and whatever is touched is found and named."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.utils import ProgrammingError
from psycopg import sql

from openprotect.config.database_urls import Urls
from openprotect.governance import chain
from openprotect.governance.scope import enter, system
from openprotect.jobs import trail
from tests.factories.seen import one, rows
from tests.factories.small_service import BEGINS
from tests.factories.trail import (
    COLUMNS,
    EVENTS,
    KEY,
    SEALS,
    Judged,
    events,
    intruder,
    judge,
    judge_database,
    one_byte_off,
    put,
    sealed,
    value_of,
)

LATER = BEGINS + timedelta(minutes=10)
LENGTH = 200
CHANGES = 1_000  # a tenth of the trial
TABLES = (EVENTS, SEALS)


@pytest.fixture
def anchor(tmp_path: Path, settings: Any) -> Path:
    settings.ANCHOR = tmp_path / "elsewhere" / "anchor.jsonl"
    return settings.ANCHOR


# --- Sealing ---


def as_worker(url: str) -> psycopg.Connection[Any]:
    stranger = psycopg.connect(url)
    stranger.execute("SELECT set_config('openprotect.identity', 'system', false)")
    return stranger


def record(one_of: psycopg.Connection[Any], what: str) -> None:
    one_of.execute("SELECT governance_record_events(%s, ARRAY[NULL]::uuid[], '', ARRAY[''], '')", [what])


def order() -> list[tuple[int, str]]:
    return rows(
        "SELECT s.event_id, e.action FROM governance_auditseal s JOIN governance_auditevent e ON e.id = s.event_id"
        " ORDER BY s.position"
    )


def test_what_is_committed_late_is_sealed_late_and_never_forgotten(committed_db: Urls, anchor: Path) -> None:
    with (
        as_worker(committed_db.app) as slow,
        as_worker(committed_db.app) as undone,
        as_worker(committed_db.app) as fast,
    ):
        record(slow, "slow")
        record(undone, "undone")
        record(fast, "fast")
        fast.commit()
        assert trail.seal(now=BEGINS) == 1
        undone.rollback()
        record(fast, "fast again")
        fast.commit()
        assert trail.seal(now=BEGINS) == 1
        slow.commit()
        assert trail.seal(now=LATER) == 1
    first, second, third = order()
    assert [name for _, name in (first, second, third)] == ["fast", "fast again", "slow"]
    assert third[0] < first[0] < second[0]
    assert rows("SELECT position FROM governance_auditseal ORDER BY position") == [(1,), (2,), (3,)]
    assert trail.seal(now=LATER) == 0
    trail.anchor(now=LATER)
    assert judge_database(committed_db.app, anchor).code == chain.INTACT


def test_there_is_one_sealer(committed_db: Urls) -> None:
    events(3)
    with as_worker(committed_db.app) as first:
        assert first.execute("SELECT governance_seal_events(1)").fetchone() == (1,)
        assert trail.seal(now=BEGINS) == 0
        first.commit()
    assert trail.seal(now=BEGINS) == 2
    assert one("SELECT count(*) FROM governance_auditunsealed") == 0


def test_only_the_system_seals_and_nobody_writes_seals(committed_db: Urls) -> None:
    events(2)
    with psycopg.connect(committed_db.app) as stranger, pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.execute("SELECT governance_seal_events(10)")
    for table in ("governance_auditseal", "governance_auditunsealed", "governance_auditcheckpoint"):
        for statement in ("DELETE FROM {}", "INSERT INTO {} SELECT * FROM {}"):
            names = [sql.Identifier(table)] * statement.count("{}")
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                enter(system("forger", now=BEGINS)),
                connection.cursor() as cursor,
            ):
                cursor.execute(sql.SQL(statement).format(*names))


@pytest.mark.parametrize("table", [EVENTS, SEALS, "governance_auditcheckpoint", "governance_auditanchor"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.django_db
def test_the_owner_changes_nothing_by_accident(template: Urls, table: str, change: str) -> None:
    key = sql.Identifier(KEY.get(table, "id" if table.endswith("anchor") else "position"))
    statement = sql.SQL(change).format(*[sql.Identifier(table), key, key][: change.count("{}")])
    address = str(connection.settings_dict["NAME"])
    with psycopg.connect(template.named(address).owner) as owner:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            owner.execute(statement)
        owner.rollback()


def test_every_column_of_an_event_is_sealed(db: None) -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [table],
            )
            assert {name for (name,) in cursor.fetchall()} == set(COLUMNS[table]), (
                "a new column needs a new format in governance/chain and governance_event_hash"
            )


# --- One byte ---


class Export:
    """An export of a sealed trail, to be changed a byte at a time."""

    def __init__(self, url: str, folder: Path, anchor: Path) -> None:
        self.path, self.anchor = folder / "trail.jsonl", anchor
        with psycopg.connect(url) as reader, self.path.open("w", encoding="utf-8") as out:
            chain.export(chain.Database(reader), out.write)
        self.bytes = self.path.read_bytes()

    def judge(self, changed: bytes) -> Judged | None:
        """None where it cannot be judged, which is the fate of a first line that is none."""
        self.path.write_bytes(changed)
        try:
            return judge(chain.File(self.path), self.anchor)
        except chain.CannotBeJudged:
            return None

    def miss(self, chance: random.Random) -> str:
        """Change one byte; what went unnoticed or was not located, else nothing."""
        at = chance.randrange(len(self.bytes))
        byte = chance.choice([each for each in range(256) if each != self.bytes[at]])
        judged = self.judge(self.bytes[:at] + bytes([byte]) + self.bytes[at + 1 :])
        line = self.bytes.count(b"\n", 0, at) + 1
        if line == 1 and (judged is None or judged.code != chain.INTACT):
            return ""  # the head of the file: no row
        if judged is None or judged.code != chain.BROKEN or not judged.names(line=line):
            return f"byte {at} of line {line} became {byte}: {judged}"
        return ""


def misses_in_file(url: str, folder: Path, anchor: Path, changes: int) -> list[str]:
    chance = random.Random(5)
    export = Export(url, folder, anchor)
    intact = export.judge(export.bytes)
    assert intact is not None
    assert intact.code == chain.INTACT
    return [miss for miss in (export.miss(chance) for _ in range(changes)) if miss]


def misses_in_database(
    urls: Urls, anchor: Path, changes: int, *, only: tuple[str, str] | None = None, blind: Any = judge_database
) -> list[str]:
    """Change a byte of a value of an event or a seal, verify, put it back; what was missed."""
    chance = random.Random(7)
    misses = []
    with intruder(urls.owner) as owner:
        for _ in range(changes):
            table, column = only or (lambda t: (t, chance.choice(COLUMNS[t])))(chance.choice(TABLES))
            key = chance.randint(1, LENGTH)
            was = value_of(owner, table, key, column)
            now = one_byte_off(was, column, chance)
            try:
                put(owner, table, key, column, now)
            except (psycopg.errors.DataError, psycopg.errors.IntegrityError):
                continue  # what PostgreSQL does not let in
            new = int(now) if column == KEY[table] else key
            if value_of(owner, table, new, column) == was:
                continue
            judged = blind(urls.app, anchor)
            where = "event" if table == EVENTS else "position"
            if judged.code != chain.BROKEN or not (judged.names(**{where: key}) or judged.names(**{where: new})):
                misses.append(f"{table}.{column} of {key}: {was!r} became {now!r}: {judged.findings}")
            put(owner, table, new, column, was)
    assert judge_database(urls.app, anchor).code == chain.INTACT
    return misses


def test_one_changed_byte_is_found_and_located(committed_db: Urls, tmp_path: Path, anchor: Path) -> None:
    sealed(LENGTH, anchor)
    assert misses_in_file(committed_db.app, tmp_path, anchor, CHANGES * 9 // 10) == []
    assert misses_in_database(committed_db, anchor, CHANGES // 10) == []


@pytest.mark.trial
def test_ten_thousand_changed_bytes_are_found_and_located(committed_db: Urls, tmp_path: Path, anchor: Path) -> None:
    sealed(LENGTH, anchor)
    assert misses_in_file(committed_db.app, tmp_path, anchor, 9_000) == []
    assert misses_in_database(committed_db, anchor, 1_000) == []


class Blind:
    """A verifier that does not look at one column: it takes it to be as it was."""

    def __init__(self, url: str, table: str, column: str) -> None:
        self.table, self.column = table, column
        with psycopg.connect(url) as reader:
            self.was = {row.event_id: row for row in chain.Database(reader).seals() if isinstance(row, chain.Sealed)}
        self.in_order = list(self.was.values())

    def judge(self, url: str, anchor: Path) -> Judged:
        with psycopg.connect(url) as reader:
            source: Any = chain.Database(reader)
            look = source.seals
            source.seals = lambda: self.seals(look())
            if self.column in ("id", "event_id"):
                source.unsealed = lambda: iter(())
            return judge(source, anchor)

    def seals(self, real: Iterator[Any]) -> Iterator[Any]:
        for was, row in zip(
            self.in_order, sorted(real, key=lambda r: (r.sealed_at, 0) and self._place(r)), strict=True
        ):
            if self.table == SEALS and self.column == "event_id":
                yield was
            elif self.table == SEALS:
                yield replace(row, **{self.column: getattr(was, self.column)})
            elif row.event is None or self.column == "id":
                yield replace(row, event=was.event)
            else:
                at = chain.EVENT.index(self.column)
                yield replace(row, event=(*row.event[:at], was.event[at], *row.event[at + 1 :]))

    def _place(self, row: Any) -> int:
        found = self.was.get(row.event_id)
        return found.position if found and self.column == "position" else row.position


@pytest.fixture(scope="module")
def intact(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Urls, Path]]:
    with pytest.MonkeyPatch.context() as patch:
        from django.conf import settings as real

        path = tmp_path_factory.mktemp("intact") / "anchor.jsonl"
        patch.setattr(real, "ANCHOR", path)
        sealed(LENGTH, path)
        yield module_db, path


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in TABLES for column in COLUMNS[table]], ids=lambda value: value
)
def test_a_verifier_that_skips_a_column_is_caught(intact: tuple[Urls, Path], table: str, column: str) -> None:
    urls, anchor = intact
    blind = Blind(urls.app, table, column)
    assert misses_in_database(urls, anchor, 4, only=(table, column), blind=blind.judge) != []


# --- What only the anchor shows ---


def test_a_tail_that_was_cut_off_is_found(committed_db: Urls, anchor: Path) -> None:
    sealed(20, anchor)
    with intruder(committed_db.owner) as owner:
        owner.execute("DELETE FROM governance_auditseal WHERE position > 15")
        owner.execute("DELETE FROM governance_auditevent WHERE id > 15")
    judged = judge_database(committed_db.app, anchor)
    assert (judged.code, judged.names(position=20)) == (chain.BROKEN, True)
    assert "cut short" in str(judged.findings[0])
    assert judge_database(committed_db.app, None).code == chain.NOT_JUDGED


def test_a_chain_that_was_made_anew_is_found(committed_db: Urls, anchor: Path) -> None:
    sealed(10, anchor)
    events(10, now=LATER)
    trail.seal(now=LATER)
    trail.anchor(now=LATER)
    with intruder(committed_db.owner) as owner:
        owner.execute("UPDATE governance_auditevent SET actor = '8' WHERE id = 12")
        owner.execute(
            "INSERT INTO governance_auditunsealed SELECT event_id FROM governance_auditseal WHERE position > 11"
        )
        owner.execute("DELETE FROM governance_auditseal WHERE position > 11")
    trail.seal(now=LATER)
    assert judge_database(committed_db.app, None).findings == []
    judged = judge_database(committed_db.app, anchor)
    assert (judged.code, len(judged.findings)) == (chain.BROKEN, 1)
    assert "it agrees up to position 10" in str(judged.findings[0])


def test_events_and_seals_that_were_removed_or_put_in_are_named(committed_db: Urls, anchor: Path) -> None:
    sealed(20, anchor)
    with intruder(committed_db.owner) as owner:
        owner.execute("DELETE FROM governance_auditevent WHERE id = 3")
        owner.execute("DELETE FROM governance_auditseal WHERE position = 7")
        owner.execute("INSERT INTO governance_auditunsealed VALUES (999)")
    judged = judge_database(committed_db.app, anchor)
    assert judged.code == chain.BROKEN
    assert [str(each).split(":")[0] for each in judged.findings] == [
        "position 3, event 3, event", "position 7, event 8, seal", "event 7, event", "event 999, event",
    ]  # fmt: skip


def test_an_event_that_vanished_before_it_was_sealed_is_named_for_good(committed_db: Urls, anchor: Path) -> None:
    sealed(4, anchor)
    events(2)
    with intruder(committed_db.owner) as owner:
        owner.execute("DELETE FROM governance_auditevent WHERE id = 5")
    trail.seal(now=LATER)  # the sealer seals what is there, and removes no trace of what is not
    judged = judge_database(committed_db.app, anchor)
    assert judged.code == chain.BROKEN
    assert [(each.event, each.what) for each in judged.findings] == [(5, "waits for its seal and is not there")]
    assert one("SELECT max(position) FROM governance_auditseal") == 5


@pytest.mark.parametrize(
    "line", ["[" * 100_000, '{"position":Infinity}', '{"event_id":Infinity,"waiting":true,"event":null}', "{}", "5"]
)
def test_no_line_of_a_file_makes_the_verifier_fail(committed_db: Urls, tmp_path: Path, anchor: Path, line: str) -> None:
    sealed(4, anchor)
    copy = tmp_path / "trail.jsonl"
    with psycopg.connect(committed_db.app) as connection, copy.open("w") as out:
        chain.export(chain.Database(connection), out.write)
    lines = copy.read_text().splitlines()
    for number in range(1, len(lines)):
        copy.write_text("\n".join([*lines[:number], line, *lines[number + 1 :]]) + "\n")
        assert judge(chain.File(copy), anchor).code == chain.BROKEN, number
