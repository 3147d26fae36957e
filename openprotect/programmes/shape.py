"""Holds a file of a pack against its JSON Schema, and says each fault by line and in words."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, cast

import jsonschema
from jsonschema.exceptions import FormatError, ValidationError

from openprotect.lib.errors import Fault
from openprotect.lib.periods import Period
from openprotect.programmes.document import Node, line_of

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _clock(written: str) -> None:
    if not _CLOCK.fullmatch(written):
        raise ValueError(written)


_FORMATS = {
    "period": (Period.parse, "a period such as '6 months', '1 day', '4 hours' or '15 minutes'"),
    "date": (date.fromisoformat, "a date as YYYY-MM-DD, such as 2026-10-01"),
    "clock": (_clock, 'a time of day as "HH:MM", such as "08:00"'),
}


class _Formats(jsonschema.FormatChecker):
    def conforms(self, instance: object, format: str) -> bool:
        if not isinstance(instance, str):
            return True  # the schema's `type` says so already
        try:
            _FORMATS[format][0](instance)
        except ValueError:
            return False
        return True

    def check(self, instance: object, format: str) -> None:
        if not self.conforms(instance, format):
            raise FormatError(f"{instance!r} is no {format}")


_TYPES = {
    "object": "keys and values",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


@cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a file of a pack, by the file's name without its ending."""
    text = (files(__package__) / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema(name), format_checker=_Formats())


def fits(document: Node, name: str, file: str, faults: list[Fault]) -> bool:
    """Whether `document` has the shape of the schema `name`; each way in which not is a fault."""
    found = [
        (line_of(document, path), read, expected)
        for error in _each_type_once(_validator(name).iter_errors(document.value))
        for path, read, expected in _in_words(error)
    ]
    faults += [Fault(file, f"line {line}", "", *said) for line, *said in sorted(found)]
    return not found


def _each_type_once(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """A value of the wrong type is one fault, also where a key and what it refers to both say so."""
    types: dict[tuple[str | int, ...], ValidationError] = {}
    for error in errors:
        if error.validator != "type":
            yield error
        elif (path := tuple(error.absolute_path)) not in types or "description" in cast(
            Mapping[str, Any], error.schema
        ):
            types[path] = error
    yield from types.values()


def _in_words(error: ValidationError) -> Iterator[tuple[list[str | int], str, str]]:
    # What jsonschema says of an error from a schema of ours, all of which are mappings.
    within: Mapping[str, Any] = cast(Mapping[str, Any], error.schema)
    wanted: Any = error.validator_value
    path, rule, read = list(error.absolute_path), error.validator, _short(error.instance)
    if rule == "additionalProperties":
        known = list(within.get("properties", ()))
        pattern = next(iter(within.get("patternProperties", ())), "")
        for key in cast(Mapping[str, Any], error.instance):
            if key not in known and not (pattern and re.search(pattern, key)):
                yield [*path, key], key, _one_of(known, key) if known else f"a key like {pattern}"
    elif rule == "required":
        missing = next(key for key in wanted if f"'{key}' is a required" in error.message)
        known = within["properties"]
        if get_close_matches(missing, [key for key in cast(Mapping[str, Any], error.instance) if key not in known]):
            return  # it is there, misspelt: that fault says so
        means = known.get(missing, {}).get("description", "")
        yield path, f"no '{missing}'", f"the key '{missing}'" + (f": {means}" if means else "")
    elif rule == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        expected = " or ".join(_TYPES[kind] for kind in kinds)
        if wanted == "string" and isinstance(error.instance, bool | int | float):
            expected += f": put it in quotes, '{read}'"
        elif len(kinds) > 1 and "description" in within:
            expected += f": {within['description']}"
        yield path, read, expected
    elif rule in ("enum", "const"):
        choices = wanted if rule == "enum" else [wanted]
        yield path, read, _one_of([_short(choice) for choice in choices], read)
    elif rule == "format":
        yield path, read, _FORMATS[wanted][1]
    elif rule == "pattern":
        yield path, read, within.get("description", f"text like {wanted}")
    elif rule in ("minItems", "minProperties", "minLength"):
        entries = "at least one entry" if wanted == 1 else f"{wanted} entries"
        yield path, read or "nothing", entries if rule != "minLength" else "some text"
    elif rule == "maxItems":
        yield path, read, f"{wanted} entries"
    elif rule == "uniqueItems":
        yield path, read, "each entry once"
    elif rule in ("minimum", "exclusiveMinimum"):
        yield path, read, f"{wanted} or more"
    elif rule == "maximum":
        yield path, read, f"{wanted} or less"
    else:
        yield path, read, error.message


def _one_of(choices: list[str], read: str) -> str:
    near = get_close_matches(read, [str(choice) for choice in choices], n=1)
    hint = f"'{near[0]}' perhaps; " if near else ""
    return f"{hint}one of: {', '.join(map(str, choices))}"


def _short(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
