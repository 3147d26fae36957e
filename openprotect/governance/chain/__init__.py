"""Verify a sealed audit trail, in a database or in a file that was exported from one.

Stands alone: the standard library and psycopg, nothing else of OpenProtect. This folder may be copied
to another machine and run there (`python -m chain --help`), because whoever checks the trail should
need to trust neither the service nor its database. What the service itself writes (the anchor and
the export) is written with the functions here, so there is one description of both.

The database seals in SQL and this verifies in Python: two implementations of the same few lines.
"""

from .anchor import Anchor, Torn, anchor_line, anchors_in, in_force, last_anchor_in
from .database import Database
from .file import File, export
from .judging import run
from .sealing import EVENT, FORMATS, SEAL, CannotBeJudged, Finding, Sealed, Source, Unsealed, event_hash, start_of
from .verification import BROKEN, INTACT, NOT_JUDGED, Verdict, verify

__all__ = [
    "BROKEN",
    "EVENT",
    "FORMATS",
    "INTACT",
    "NOT_JUDGED",
    "SEAL",
    "Anchor",
    "CannotBeJudged",
    "Database",
    "File",
    "Finding",
    "Sealed",
    "Source",
    "Torn",
    "Unsealed",
    "Verdict",
    "anchor_line",
    "anchors_in",
    "event_hash",
    "export",
    "in_force",
    "last_anchor_in",
    "run",
    "start_of",
    "verify",
]
