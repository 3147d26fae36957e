"""Writes packs.md from the JSON Schemas: `python docs/reference/generate_packs.py`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openprotect.programmes.definitions.message import PLACEHOLDERS
from openprotect.programmes.shape import schema

PAGE = Path(__file__).with_name("packs.md")
FILES = {
    "0-programme.yaml": "0-programme",
    "1-cohort.yaml": "1-cohort",
    "2-contact.yaml": "2-contact",
    "2-messages/CHANNEL.MESSAGE.LANGUAGE.md": "2-message",
    "3-check-in.json": "3-check-in",
    "4-triage.yaml": "4-triage",
    "5-act.yaml": "5-act",
    "6-learn.yaml": "6-learn",
    "codelists.lock": "codelists-lock",
    "examples/*.yaml": "example",
}
INTRODUCTION = """# The files of a pack

Made from the JSON Schemas in `openprotect/programmes/schemas`; do not edit it here.
`openprotect pack check DIR` holds a pack against them, and against the rules between files.

YAML is read strictly: each key once; no anchors, aliases or tags; only `true` and `false` are yes
and no; a version, a time of day and anything else that looks like a number goes in quotes.
A key with `?` may be left out. Periods are a whole number and a unit: `6 months`, `15 minutes`.
"""
TABLE = """## 4-triage.csv

A decision table. The columns are `id`, those of `inputs` in 4-triage.yaml in the same order,
`-> category`, `-> urgency`, `-> advice` and `why`. Every row that matches fires; in each category
the most urgent wins. A cell holds:

| cell | matches |
|---|---|
| empty | anything, also no value |
| `at_rest`, `"cough,fever"` | one of these answers, or ways of having no value |
| `<=92` `<1` `>=3` `>4` `93..94` `7` | numbers; both ends of `93..94` are included |
| `true`, `false` | yes, no |
| `else` | alone in one row: when no other row fires |

An answer that is left out reads as the first `no_value` of its column; a required one, or one of
the wrong type, cannot be assessed, and raises what `cannot_assess` says, besides all that fired.
"""
EXTENSIONS = """
Extensions that are read: `questionnaire-itemControl` with `help` on a display item (the hint of
the question around it), `questionnaire-optionExclusive`, `minValue`, `maxValue`, `translation`,
and two of ours: `urn:openprotect:emergency` on an option (the 999 page at once) and
`urn:openprotect:private` on an item (never kept on the device, shown again or shown to a carer).
"""


def page() -> str:
    """The reference page as it should stand."""
    parts = [INTRODUCTION]
    for file, name in FILES.items():
        described = schema(name)
        title = described["title"] if described["title"] != file else described["description"]
        parts.append(f"## {file}\n\n{title}.\n\n| key | type | what it says |\n|---|---|---|")
        parts[-1] += "".join(f"\n| {' | '.join(row)} |" for row in _rows(described))
        parts[-1] += "\n"
        if name == "2-message":
            held = ", ".join(f"`(({key}))`" for key in PLACEHOLDERS)
            parts[-1] += f"\nThe text below the head may hold {held}.\n"
        if name == "3-check-in":
            parts[-1] += EXTENSIONS
        if name == "4-triage":
            parts.append(TABLE)
    return "\n".join(parts)


def _rows(described: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, type and meaning of everything in a schema; what holds itself is described once."""
    seen: set[str] = set()

    def keys(part: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
        required = part.get("required", [])
        for key, value in part.get("properties", {}).items():
            if value.get("description"):
                name = f"{path}{key}" + ("" if key in required else "?")
                yield f"`{name}`", _type(value), value["description"].replace("|", "\\|")
            yield from inside(value, f"{path}{key}")

    def inside(value: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
        if name := value.get("$ref"):
            if name in seen:
                return
            seen.add(name)
            value = described["$defs"][name.rsplit("/", 1)[-1]]
        if isinstance(value.get("additionalProperties"), dict):
            value, path = value["additionalProperties"], f"{path}.KEY"
        if isinstance(value.get("items"), dict):
            yield from inside(value["items"], f"{path}[]")
        yield from keys(value, f"{path}.")

    yield from keys(described, "")


def _type(value: dict[str, Any]) -> str:
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
    kind = value.get("format") or value.get("type", "")
    names = {"object": "mapping", "array": "list", "string": "text", "integer": "whole number",
             "boolean": "`true`, `false`", "clock": "HH:MM", "date": "YYYY-MM-DD"}  # fmt: skip
    kinds = kind if isinstance(kind, list) else [kind]
    listed = value.get("items", {}).get("enum")
    return " or ".join(names.get(one, one) for one in kinds) + (
        f" of {', '.join(f'`{choice}`' for choice in listed)}" if listed else ""
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
