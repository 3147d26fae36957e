"""How made-up people behave. Pure.

Everything is decided by hashing what it is about (seed, person, topic, occurrence), never by
a stream of random numbers: the order in which questions are asked, and a restart in between,
change nothing. `person` is the NHS number, or the source's id where there is none.

The rates are those of docs/how-to/synthesise.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b

from openprotect.demo.answer_sets import Answers, AnswerSets
from openprotect.programmes.definitions.contact import CallOutcome, CallRule

NEVER_ONLINE = 0.22
LEAST_STEADY, MOST_STEADY = 0.50, 0.91  # so that 55% of all check-ins are answered online
RAISES = 0.05
NOBODY_ANSWERS = 0.20
SAYS_WRONG_NUMBER = 0.6  # the rest of the wrong numbers ring out
OPTS_OUT = 0.002
DIES_WITHIN_A_YEAR = 0.07
ACCEPTS = 0.92
LATE = 0.06
_DAYS_OF_A_YEAR = 365
_SLOWEST_ANSWER = 26 * 60  # minutes

# What comes of a call that reached somebody, by what follows from it in the pack.
_AFTER_REACHING = (
    ("answered", 0.885),
    ("retry", 0.06),
    ("stop", 0.03),
    ("opt_out", 0.01),
    ("welfare", 0.008),
    ("contacted_in_error", 0.004),
    ("died", 0.003),
)


@dataclass(frozen=True)
class Behaviour:
    """The behaviour of everybody, for one seed."""

    seed: int

    def chance(self, person: str, topic: str, *about: object) -> float:
        """A number from 0 up to 1 that belongs to this and nothing else."""
        key = "\x1f".join(str(part) for part in (self.seed, person, topic, *about))
        digest = blake2b(key.encode(), digest_size=7).digest()
        # 53 bits, so that the division is exact and never comes to 1.
        return (int.from_bytes(digest) >> 3) / 2**53

    def will_answer_online(self, person: str, occurrence: int) -> bool:
        """Whether somebody who was sent a link answers by it: some never do, most are steady."""
        if self.chance(person, "never online") < NEVER_ONLINE:
            return False
        steadiness = self._between(LEAST_STEADY, MOST_STEADY, person, "steadiness")
        return self.chance(person, "answers", occurrence) < steadiness

    def answer_delay(self, person: str, occurrence: int) -> int:
        """Minutes from the message to the answer: half within three and a half hours, all within 27."""
        return 3 + int(_SLOWEST_ANSWER * self.chance(person, "delay", occurrence) ** 3)

    def raises(self, person: str, occurrence: int) -> bool:
        """Whether this answer set asks for anything."""
        return self.chance(person, "raises", occurrence) < RAISES

    def answers_for(self, sets: AnswerSets, person: str, occurrence: int) -> Answers:
        """The answers that somebody gives this time, by link or by telephone."""

        def habit(*about: object) -> float:
            return self.chance(person, "habit", *about)

        def chance(*about: object) -> float:
            return self.chance(person, "answer", occurrence, *about)

        return sets.pick(raises=self.raises(person, occurrence), habit=habit, chance=chance)

    def call_reaches(self, person: str, occurrence: int, try_no: int, *, number_is_wrong: bool = False) -> bool:
        """Whether this call reaches the person; a wrong number never does."""
        return not number_is_wrong and (self.chance(person, "call", occurrence, try_no) >= NOBODY_ANSWERS)

    def call_outcome(
        self,
        rule: CallRule,
        person: str,
        occurrence: int,
        try_no: int,
        *,
        number_is_wrong: bool = False,
    ) -> CallOutcome:
        """What the caller records: one of the outcomes of the pack."""
        about = (occurrence, try_no)
        reached = self.call_reaches(person, *about, number_is_wrong=number_is_wrong)
        if number_is_wrong and self.chance(person, "says wrong number") < SAYS_WRONG_NUMBER:
            return self._among(rule.outcomes, "wrong_number", person, about)
        if not reached:
            unreached = [one for one in rule.outcomes if not one.reached]
            return self._among(unreached, "retry", person, about)
        place = self.chance(person, "after reaching", *about)
        for follows, share in _AFTER_REACHING:
            if place < share:
                found = [one for one in rule.outcomes if one.reached or follows == "died"]
                return self._among(found, follows, person, about)
            place -= share
        return self._among(rule.outcomes, "answered", person, about)

    def opts_out(self, person: str, occurrence: int) -> bool:
        """Whether somebody wants no more of this, told by link or reply."""
        return self.chance(person, "opts out", occurrence) < OPTS_OUT

    def dies_on(self, person: str, start: date) -> date | None:
        """The day of death within a year from the start, if there is one."""
        place = self.chance(person, "dies")
        if place >= DIES_WITHIN_A_YEAR:
            return None
        return start + timedelta(days=int(place / DIES_WITHIN_A_YEAR * _DAYS_OF_A_YEAR))

    def reviewer_minutes(self, person: str, call_to_action: object, limit: timedelta) -> int:
        """Minutes until a reviewer takes up a call to action; a few are later than its limit."""
        minutes = max(1, int(limit.total_seconds() // 60))
        late = self.chance(person, "late", call_to_action) < LATE
        low, high = (1.05, 1.6) if late else (0.1, 0.9)
        return max(1, int(minutes * self._between(low, high, person, "reviewer", call_to_action)))

    def partner_accepts(self, person: str, referral: object) -> bool:
        """Whether the organisation that was referred to accepts; else it hands back."""
        return self.chance(person, "partner accepts", referral) < ACCEPTS

    def _between(self, low: float, high: float, person: str, topic: str, *about: object) -> float:
        return low + (high - low) * self.chance(person, topic, *about)

    def _among(
        self,
        outcomes: Sequence[CallOutcome],
        follows: str,
        person: str,
        about: tuple[int, int],
    ) -> CallOutcome:
        """One of the outcomes after which this follows, or of all if the pack has none such."""
        fitting = [one for one in outcomes if one.next == follows] or list(outcomes)
        return fitting[int(self.chance(person, "outcome", *about) * len(fitting))]
