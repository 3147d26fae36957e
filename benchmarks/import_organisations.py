"""Taking in the national extract, in rows a second, beside reading and copying it without looking at it.

    make bench NAME=import_organisations

reads `../shared/data/organisations`, or a folder that is given, into a PostgreSQL that is gone afterwards:
the whole extract, the same again, and as baseline the plain `csv` module and COPY into two unlogged tables.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PUBLISHED = Path(__file__).parents[2] / "shared/data/organisations"
NOW = datetime(2019, 10, 14, 9, 0, tzinfo=UTC)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PUBLISHED
    if not folder.is_dir():
        sys.exit(f"There is no extract in {folder}: give its folder.")
    with tempfile.TemporaryDirectory(prefix="openprotect-bench-") as data:
        os.environ["OPENPROTECT_DATA"] = data
        from openprotect.cli.session import ready

        with ready(throwaway=True):
            figures = measured(folder)
    for name, (seconds, rows) in figures.items():
        print(f"{name:42} {seconds:7.2f} s {rows:8,} rows {rows / seconds:10,.0f} rows/s")
    print(
        json.dumps(
            {name: {"seconds": round(s, 3), "rows_per_second": round(n / s)} for name, (s, n) in figures.items()}
        )
    )


def measured(folder: Path) -> dict[str, tuple[float, int]]:
    from openprotect.governance.actions import take_in_extract
    from openprotect.governance.scope import system
    from openprotect.interop.feeds.organisation_extract import find_files, read_extract
    from openprotect.journey import flow

    def imported() -> int:
        extract = read_extract(*find_files([folder]))
        by = system("bench", now=NOW)
        totals = flow.perform(take_in_extract, extract=extract, by=by, now=NOW)
        return totals.organisations.rows_in + totals.relations.rows_in

    def read() -> int:
        extract = read_extract(*find_files([folder]))
        return len(extract.organisations) + len(extract.relations)

    return {
        "baseline: csv and COPY, nothing checked": timed(lambda: copied(folder)),
        "read and checked": timed(read),
        "imported, the first time": timed(imported),
        "imported, the same again": timed(imported),
    }


def copied(folder: Path) -> int:
    """The baseline: every row as text into a table without a key."""
    from django.db import connection, transaction

    count = 0
    with transaction.atomic(), connection.cursor() as wrapped:
        cursor: Any = wrapped.cursor
        for name, width in (("epraccur", 27), ("epcmem", 6)):
            columns = ", ".join(f"c{number} text" for number in range(width))
            cursor.execute(f"CREATE TEMPORARY TABLE plain_{name} ({columns}) ON COMMIT DROP")
            path = folder / f"{name}.csv"
            with path.open(newline="", encoding="utf-8") as file, cursor.copy(f"COPY plain_{name} FROM STDIN") as copy:
                for row in csv.reader(file):
                    copy.write_row(row)
                    count += 1
    return count


def timed(run: Callable[[], int]) -> tuple[float, int]:
    begun = time.perf_counter()
    rows = run()
    return time.perf_counter() - begun, rows


if __name__ == "__main__":
    main()
