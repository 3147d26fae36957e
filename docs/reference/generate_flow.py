"""Writes flow.md from the table in journey/flow.py: `python docs/reference/generate_flow.py`."""

import os
import tempfile
from inspect import getdoc
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("flow.md")
INTRODUCTION = """# What follows from what

Made from `FLOW` in `openprotect/journey/flow.py`; do not edit it here.

An action returns the events that happened; this table says what follows. *Now* is in the same
transaction, as the system actor `flow`; *later* is a job deferred in that transaction.
"""


def page() -> str:
    """The reference page as it should stand."""
    from openprotect.journey.flow import FLOW

    return "\n".join([INTRODUCTION, *_picture(FLOW), "", *_table(FLOW), ""])


def _picture(flow: Any) -> list[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for event, lines in flow.items():
        for line in lines:
            ends = _stage(event), "queue" if hasattr(line, "job") else _stage(line.action)
            names = arrows.setdefault(ends, [])
            if event.__name__ not in names:
                names.append(event.__name__)
    drawn = [f'    {start} -- "{"<br>".join(names)}" --> {end}' for (start, end), names in arrows.items()]
    return ["```mermaid", "flowchart LR", *drawn, "```"]


def _table(flow: Any) -> list[str]:
    rows = ["| event | of | what happened | what follows |", "|---|---|---|---|"]
    for event, lines in flow.items():
        what = (getdoc(event) or "").split("\n\n")[0].replace("\n", " ")
        follows = "<br>".join(_said(line) for line in lines) or "nothing"
        rows.append(f"| `{event.__name__}` | {_stage(event)} | {what} | {follows} |")
    return rows


def _said(line: Any) -> str:
    if hasattr(line, "job"):
        return f"later: job `{line.job}`"
    return f"now: `{_stage(line.action)}.{line.action.__name__}`"


def _stage(thing: Any) -> str:
    _, first, second, *_ = str(thing.__module__).split(".")
    return second if first == "journey" else first


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:  # start-up makes keys; these are thrown away
        os.environ |= {"OPENPROTECT_MODE": "test", "OPENPROTECT_DATA": folder}
        os.environ["DJANGO_SETTINGS_MODULE"] = "openprotect.config.settings"
        import django

        django.setup()
        PAGE.write_text(page(), encoding="utf-8")
