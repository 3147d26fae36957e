"""`python -m chain`: by itself, on the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .judging import run


def main(arguments: list[str] | None = None) -> int:
    """Verify and say what was found; the exit code is 0 intact, 1 broken, 2 cannot be judged."""
    parser = argparse.ArgumentParser(description="Verify a sealed audit trail.")
    parser.add_argument("--database", metavar="URL", help="postgresql://... of a role that may read the trail")
    parser.add_argument("--file", type=Path, help="a file that was exported")
    parser.add_argument("--anchor", type=Path, help="the anchor that was kept outside the database")
    given = parser.parse_args(arguments)
    if (given.database is None) == (given.file is None):
        parser.error("give --database or --file")
    return run(print, database=given.database, file=given.file, anchor=given.anchor)


if __name__ == "__main__":
    sys.exit(main())
