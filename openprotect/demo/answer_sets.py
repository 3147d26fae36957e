"""Which answers to a pack's questionnaire are harmless, and which raise something.

Nothing here knows a question or a code: the pack's decision table is asked once about every
answer, when the demo starts. Pure.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping

from openprotect.journey.check_in import rules as check_in
from openprotect.journey.triage import rules as triage
from openprotect.programmes.definitions.decision_table import DecisionTable
from openprotect.programmes.definitions.questionnaire import Item, Questionnaire

Answers = dict[str, object]
Chance = Callable[..., float]  # from 0 to 1, decided by what it is about: Behaviour.chance

_MOST_NUMBERS = 120  # of a range without bounds, so many are tried
_USUAL_IS_BEST = 0.6  # of people, the rest have another harmless answer that is usual for them
_DIFFERS = 0.1  # how often somebody answers differently from what is usual for them
_WEIGHT_OF_RANK = (0.0, 8.0, 3.0)  # of what is raised; anything more urgent is rare
_WEIGHT_OF_MOST_URGENT = 0.3


class AnswerSets:
    """The answer sets of one version of a pack."""

    def __init__(self, questionnaire: Questionnaire, table: DecisionTable) -> None:
        self.questionnaire = questionnaire
        self.table = table
        self._order = {one.question: one.worse for one in table.inputs}
        self._best: Answers = {}
        self.harmless = self._completed({})
        """The answers of somebody who needs nothing."""
        self.others: dict[str, list[object]] = {}
        """The answers to each question that raise nothing, where there is a choice."""
        self.raising: list[tuple[str, object]] = []
        """The answers that raise something by themselves."""
        self._bounds = [0.0]
        for item in questionnaire.questions():
            self._sort(item)

    def pick(self, *, raises: bool, habit: Chance, chance: Chance) -> Answers:
        """A whole answer set, valid for the questionnaire, that raises something or does not.

        `habit` decides what a person mostly answers, `chance` what they do this time.
        """
        answers: Answers = {}
        for question, choices in self.others.items():
            usual = habit("usual", question) < _USUAL_IS_BEST
            if chance("differs", question) < _DIFFERS:
                answers[question] = choices[int(chance("which", question) * len(choices))]
            elif not usual:
                answers[question] = choices[int(habit("which", question) * len(choices))]
        answers = self._completed(answers)
        if self._calls(answers):  # harmless one by one, not together
            answers = dict(self.harmless)
        if not (raises and self.raising):
            return answers
        place = bisect_right(self._bounds, chance("raising") * self._bounds[-1]) - 1
        question, value = self.raising[place]
        return self._completed(self._leading_to(question) | {question: value})

    def _sort(self, item: Item) -> None:
        """Puts every answer to a question among the harmless or the raising ones."""
        path = self._leading_to(item.link_id)
        before = self._calls(self._completed(path))
        harmless: list[object] = []
        raising: list[tuple[object, float]] = []
        for value in self._candidates(item):
            answers = self._completed(path | {item.link_id: value})
            calls = self._calls(answers)
            if not calls:
                harmless.append(value)
            elif calls != before:
                rank = max(self.table.rank(urgency) for _, urgency in calls)
                known = rank < len(_WEIGHT_OF_RANK)
                raising.append((value, _WEIGHT_OF_RANK[rank] if known else _WEIGHT_OF_MOST_URGENT))
        for value, weight in raising:
            # A range of numbers weighs no more than one answer in words.
            self._bounds.append(self._bounds[-1] + weight / len(raising))
            self.raising.append((item.link_id, value))
        if item.link_id in self.harmless and len(harmless) > 1:
            self.others[item.link_id] = harmless

    def _leading_to(self, question: str) -> Answers:
        """The answers on which being asked this question depends."""
        found: Answers = {}
        for top in self.questionnaire.pages:
            for item in top.group.within():
                if any(inner.link_id == question for inner in item.within()):
                    for condition in item.enable_when:
                        if condition.operator == "=":
                            needed = self.questionnaire.item(condition.question)
                            several = needed is not None and needed.repeats
                            answer = [condition.answer] if several else condition.answer
                            found |= self._leading_to(condition.question)
                            found[condition.question] = answer
        return found

    def _completed(self, given: Mapping[str, object]) -> Answers:
        """`given`, and for every other question that is asked the answer that raises least."""
        answers: Answers = dict(given)

        def walk(item: Item) -> None:
            if not check_in.is_enabled(item, answers):
                return
            if item.is_question and item.link_id not in answers:
                best = self._best_answer(item, answers)
                if best is not None:
                    answers[item.link_id] = best
            for inner in item.items:
                walk(inner)

        for page in self.questionnaire.pages:
            walk(page.group)
        return check_in.kept(self.questionnaire, answers)

    def _best_answer(self, item: Item, answers: Answers) -> object:
        """None where nothing needs to be answered. The first finding holds for good."""
        if item.link_id not in self._best:
            wanted = item.required or item.link_id in self._order
            choices = list(self._candidates(item)) if wanted else []
            harm = {place: self._harm(item, answers, one) for place, one in enumerate(choices)}
            self._best[item.link_id] = choices[min(harm, key=lambda place: harm[place])] if harm else None
        return self._best[item.link_id]

    def _harm(self, item: Item, answers: Answers, value: object) -> tuple[int, int]:
        decision = triage.decide(self.table, {**answers, item.link_id: value})
        urgencies = (self.table.rank(fired.urgency) for fired in decision.fired)
        return sum(urgencies), len(decision.cannot_assess)

    def _calls(self, answers: Answers) -> set[tuple[str, str]]:
        calls = triage.decide(self.table, answers).calls
        return {(call.category, call.urgency) for call in calls}

    def _candidates(self, item: Item) -> Iterator[object]:
        """Answers worth trying, the best of the table's order first."""
        if item.type == "boolean":
            yield from (False, True)
        elif item.type in ("integer", "decimal"):
            lowest = int(item.min_value or 0)
            highest = int(item.max_value) if item.max_value is not None else lowest + _MOST_NUMBERS
            yield from range(highest, lowest - 1, -1)
        elif item.options:
            order = self._order.get(item.link_id, ())
            codes = [option.code for option in item.options]
            codes.sort(key=lambda code: order.index(code) if code in order else len(order))
            yield from ([code] if item.repeats else code for code in codes)
        elif item.required and item.type in ("string", "text"):
            yield "Synthetic"
