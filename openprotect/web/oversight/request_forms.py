"""What the forms of people's requests about their records sent, as the arguments of an action."""

from __future__ import annotations

from datetime import datetime

from django.http import QueryDict

from openprotect.lib import london
from openprotect.lib.nhs_number import NotAnNhsNumber, parse_nhs_number
from openprotect.people.rules import routes
from openprotect.web.oversight.agreement_forms import day, missing
from openprotect.web.staff.forms import Form, written


def new(sent: QueryDict, *, now: datetime) -> Form:
    """A request as it came in."""
    faults = missing(
        sent, who="Enter who asks", reply_to="Enter where the answer goes", asked="Enter what they ask for"
    )
    kind, received_on = sent.get("kind", ""), day(sent, "received_on")
    if kind not in routes():
        faults["kind"] = "Choose what they ask for"
    if received_on is None:
        faults["received_on"] = "Enter a real date on which it was received"
    elif received_on > london.today(now):
        faults["received_on"] = "The day of receipt cannot be in the future"
    number, wrong = _number(sent, asked=False)
    faults |= wrong
    values = {name: written(sent, name) for name in ("who", "reply_to", "asked")}
    return Form(sent, {**values, "kind": kind, "received_on": received_on, "nhs_number": number}, faults)


def acknowledge(sent: QueryDict) -> Form:
    return Form(sent, {"words": written(sent, "told")}, missing(sent, told="Enter how they were told"))


def identity(sent: QueryDict) -> Form:
    return Form(sent, {"how": written(sent, "how")}, missing(sent, how="Enter how their identity was checked"))


def person(sent: QueryDict) -> Form:
    number, faults = _number(sent, asked=True)
    return Form(sent, {"nhs_number": number}, faults)


def extend(sent: QueryDict) -> Form:
    return Form(sent, {"why": written(sent, "why")}, missing(sent, why="Enter why it takes longer"))


def note(sent: QueryDict) -> Form:
    return Form(sent, {"words": written(sent, "words")}, missing(sent, words="Enter what was done"))


def file(sent: QueryDict) -> Form:
    return Form(sent)


def answer(sent: QueryDict) -> Form:
    faults = missing(sent, answer="Enter what they were told")
    if not sent.get("outcome"):
        faults["outcome"] = "Choose what came of it"
    return Form(sent, {"outcome": sent.get("outcome", ""), "words": written(sent, "answer")}, faults)


def erase(sent: QueryDict) -> Form:
    """That whoever erases has looked for themselves."""
    faults = {} if sent.get("sure") == "yes" else {"sure": "Confirm that you have looked at the request yourself"}
    return Form(sent, {}, faults)


def _number(sent: QueryDict, *, asked: bool) -> tuple[str, dict[str, str]]:
    typed = written(sent, "nhs_number")
    if not typed:
        return "", {"nhs_number": "Enter their NHS number"} if asked else {}
    try:
        return parse_nhs_number(typed), {}
    except NotAnNhsNumber as wrong:
        return typed, {"nhs_number": f"Enter {wrong.expected}"}
