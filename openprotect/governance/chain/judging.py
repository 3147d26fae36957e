"""Verify what is given, and say what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .anchor import anchors_in
from .database import Database
from .file import File
from .sealing import CannotBeJudged, Source
from .verification import NOT_JUDGED, verify


def run(
    say: Callable[[str], object], *, database: str | None = None, file: Path | None = None, anchor: Path | None = None
) -> int:
    """The same for a database or a file; each finding and the verdict are said as lines."""

    def judge(source: Source) -> int:
        anchors = anchors_in(anchor, source.installation) if anchor else None
        verdict = verify(source, anchors, lambda finding: say(str(finding)))
        for note in verdict.notes:
            say(note)
        say(str(verdict))
        return verdict.code

    try:
        if file is not None:
            return judge(File(file))
        import psycopg

        try:
            with psycopg.connect(database or "") as connection:
                return judge(Database(connection))
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise CannotBeJudged(f"The database cannot be read: {reason}.") from error
    except CannotBeJudged as error:
        say(f"cannot be judged: {error}")
        return NOT_JUDGED
