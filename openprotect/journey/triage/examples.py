"""Puts the made-up people of a pack through check-in and triage. Pure."""

from collections.abc import Iterator

from openprotect.journey.check_in.rules import kept, validate_all
from openprotect.journey.triage.rules import decide
from openprotect.lib.errors import Fault
from openprotect.programmes.definitions import Pack
from openprotect.programmes.definitions.example import Example


def run_examples(pack: Pack) -> list[Fault]:
    """A fault for each made-up person to whom something else happens than the pack says."""
    return [fault for example in pack.examples for fault in _run(pack, example)]


def _run(pack: Pack, example: Example) -> Iterator[Fault]:
    def fault(key: str, read: object, expected: str) -> Fault:
        return Fault(example.file, f"line {example.lines[key]}", "", str(read), expected)

    # An example may leave out a required answer, to show what cannot be assessed.
    left_out = {one.question for one in pack.triage.inputs if one.column in example.cannot_assess}
    for link_id, sentence in validate_all(pack.questionnaire, example.answers).items():
        if link_id not in left_out:
            read = f"{link_id}: {example.answers.get(link_id, 'no answer')}"
            yield fault("answers", read, f"an answer that the form takes ({sentence})")
    decision = decide(pack.triage, kept(pack.questionnaire, example.answers))
    rows = tuple(fired.row_id for fired in decision.fired)
    calls = {call.category: call.urgency for call in decision.calls}
    if rows != example.rows:
        yield fault("rows", ", ".join(example.rows), f"{', '.join(rows)}, which fire")
    if calls != dict(example.calls):
        expected = ", ".join(f"{category}: {urgency}" for category, urgency in calls.items())
        read = ", ".join(f"{category}: {urgency}" for category, urgency in example.calls.items())
        yield fault("calls", read or "{}", f"{expected or 'nothing'}, which is raised")
    if set(decision.cannot_assess) != set(example.cannot_assess):
        key = "cannot_assess" if "cannot_assess" in example.lines else "rows"
        expected = ", ".join(decision.cannot_assess) or "nothing"
        yield fault(key, ", ".join(example.cannot_assess) or "nothing", f"{expected} not assessed")
