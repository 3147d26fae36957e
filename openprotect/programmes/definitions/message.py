"""2-messages/*.md: one message in one language, with ((placeholders))."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from openprotect.lib.errors import Fault
from openprotect.programmes.document import Node

LONGEST_TEXT = 918  # GOV.UK Notify: a text of six parts

# What a message may hold, and something as long as the longest that is likely to stand there.
PLACEHOLDERS: Mapping[str, str] = {
    "first_name": "Oluwadamilola-Temitope",
    "link": "https://check-in.example.nhs.uk/c/" + "x" * 43,
    "phone": "01632 960001 extension 1234",
    "phone_hours": "8am to 8pm from Monday to Friday, and 9am to 5pm at weekends",
    "programme": "COVID-19 Protect for Norfolk and Waveney",
    "practice": "The Very Long Name Medical Practice and Walk-in Health Centre",
    "number": "999 000 0000 000",
    "closes": "Wednesday 30 September 2026 at 11:59pm",
    "caller": "Oluwadamilola-Temitope",
    "organisation": "North Norfolk District Council community support team",
    "category": "food and other essential shopping",
    "due": "Wednesday 30 September 2026 at 11:59pm",
}
_NAME = re.compile(r"(sms|email|letter|call|referral)\.([a-z][a-z0-9_]*)\.([a-z]{2,3}(?:-[A-Z]{2})?)\.md")
_PLACEHOLDER = re.compile(r"\(\(([^()]*)\)\)")


@dataclass(frozen=True)
class Message:
    """A message in one language. `name` is channel and message: "sms.invite"."""

    name: str
    language: str
    channel: str
    subject: str
    body: str
    purpose: str
    reading_age: int

    def filled(self, values: Mapping[str, str]) -> str:
        """The body with every placeholder replaced; KeyError where a value is missing."""
        return fill(self.body, values)


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each ((placeholder)) replaced by its value; KeyError where one is missing."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def name_parts(file_name: str) -> tuple[str, str] | None:
    """ "sms.invite.en.md" as ("sms.invite", "en"); None for no name of a message."""
    match = _NAME.fullmatch(file_name)
    return (f"{match[1]}.{match[2]}", match[3]) if match else None


def parse_message(head: Node, body: str, body_line: int, file: str, faults: list[Fault]) -> Message | None:
    """The message in a head that has the shape of its schema, and the text below it.

    `body_line` is the line of the file on which the body begins.
    """
    parts = name_parts(file.rsplit("/", 1)[-1])
    if parts is None:
        expected = "a name such as sms.invite.en.md: channel, message, language"
        faults.append(Fault(file, "", "", file.rsplit("/", 1)[-1], expected))
        return None
    name, language = parts
    raw = head.value
    for key, named in (("channel", name.split(".")[0]), ("language", language)):
        if raw[key] != named:
            where = f"line {head[key].line}"
            faults.append(Fault(file, where, "", raw[key], f"{named}, as in the file's name"))
    if ("subject" in raw) != (raw["channel"] in ("email", "referral")):
        line = head["subject"].line if "subject" in raw else head.line
        expected = "a subject for email and referral, and for nothing else"
        faults.append(Fault(file, f"line {line}", "", raw.get("subject", "no subject"), expected))
    for line, text in enumerate(body.splitlines(), start=body_line):
        for found in _PLACEHOLDER.findall(text):
            if found not in PLACEHOLDERS:
                expected = "one of: " + ", ".join(f"(({key}))" for key in PLACEHOLDERS)
                faults.append(Fault(file, f"line {line}", "", f"(({found}))", expected))
    message = Message(
        name, language, raw["channel"], raw.get("subject", ""), body.strip(),
        raw["purpose"], raw["reading_age"],
    )  # fmt: skip
    if not message.body:
        faults.append(Fault(file, f"line {body_line}", "", "nothing", "the text of the message"))
    if message.channel == "sms":
        filler = {found: PLACEHOLDERS.get(found, "") for found in _PLACEHOLDER.findall(body)}
        length = len(message.filled(filler))
        if length > LONGEST_TEXT:
            expected = f"at most {LONGEST_TEXT} characters when filled with long names"
            faults.append(Fault(file, f"line {body_line}", "", f"{length} characters", expected))
    return message
