"""What the people of the demo do in one hour: answer, ring, review, help, die."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from openprotect.demo import seen, setting_up
from openprotect.demo.answer_sets import AnswerSets
from openprotect.demo.behaviour import Behaviour
from openprotect.governance import queries as governance
from openprotect.governance.scope import Scope, enter, system
from openprotect.journey import flow
from openprotect.journey.act import actions as act
from openprotect.journey.act.errors import NotPossibleNow
from openprotect.journey.check_in import actions as check_in
from openprotect.journey.contact import actions as contact
from openprotect.journey.contact.errors import NobodyToRing
from openprotect.people import actions as people
from openprotect.programmes.definitions import Pack

POST_TAKES = timedelta(days=2)
SUBMISSIONS = UUID("5d1c6a5e-6a3c-4f0e-9a55-0d4f1d6e5a10")


class Living:
    """The behaviour of everybody in one demo; `truth` is what only the demo knows of each person.

    `share` of `shares` is the part of the people that this process plays.
    """

    def __init__(
        self,
        *,
        seed: int,
        pack: Pack,
        truth: Mapping[str, Mapping[str, Any]],
        start: date,
        share: int = 0,
        shares: int = 1,
    ) -> None:
        self.pack = pack
        self.truth = truth
        self.start = start
        self.share = share
        self.shares = shares
        self.behaviour = Behaviour(seed)
        self.answers = AnswerSets(pack.questionnaire, pack.triage)
        self._staff: dict[str, Scope] = {}
        self._answers_at: dict[tuple[str, int], datetime | None] = {}

    def learn_of_deaths(self, day: date, now: datetime) -> None:
        """PDS tells us who has died."""
        by = system("pds", now=now)
        with enter(by):
            alive = seen.living_members(scope=by)
        for member in alive:
            dies_on = self.behaviour.dies_on(member.key, self.start)
            if dies_on is not None and dies_on <= day:
                flow.perform(people.record_death, by=by, now=now, person=member.person, died_on=dies_on)

    def answer(self, now: datetime) -> None:
        """People whom a message reached answer it, in their own time; some ask us to stop."""
        by = system("demo", now=now)
        with enter(by):
            asked = seen.asked(scope=by)
        for one in asked:
            if not (self._plays(one.key) and self._reads(one, now)):
                continue
            person = Scope("person", actor=f"link:{one.key}", now=now, person=one.person)
            if self.behaviour.opts_out(one.key, one.occurrence):
                flow.perform(people.record_wish, by=person, now=now, person=one.person, kind="no_contact")
                continue
            self._submit(one.check_in, one.key, one.occurrence, "self", person, now)

    def ring(self, now: datetime) -> None:
        """Call handlers ring everybody who is due, one after the other, while calls are made."""
        handler = self._as(setting_up.call_handler(self.share), now)
        while True:
            try:
                call_id = flow.perform(contact.claim_call, by=handler, now=now)
            except NobodyToRing:
                return
            with enter(handler):
                call = seen.call(call_id, scope=handler)
            wrong = call.number is None or "wrong_number" in self._traits(call.key)
            outcome = self.behaviour.call_outcome(
                self.pack.contact.call, call.key, call.occurrence, call.tries + 1, number_is_wrong=wrong
            )
            if outcome.next == "answered" and call.check_in:
                self._submit(call.check_in, call.key, call.check_in_number, "call_handler", handler, now)
            elif outcome.next == "answered":
                outcome = next(o for o in self.pack.contact.call.outcomes if o.next == "retry")
            flow.perform(
                contact.record_call,
                by=handler,
                now=now,
                call=call_id,
                outcome=outcome.code,
                contact_point=call.number,
            )

    def work(self, now: datetime) -> None:
        """Reviewers take up what is theirs; partners accept, report or hand back."""
        by = system("demo", now=now)
        with enter(by):
            todo = seen.needs(scope=by)
            partners = seen.partners(scope=by)
        for need in filter(lambda need: self._plays(need.key), todo):
            about = f"{need.category} {need.raised_at.isoformat()}"
            minutes = self.behaviour.reviewer_minutes(need.key, about, need.due_at - need.raised_at)
            taken = need.raised_at + timedelta(minutes=minutes)
            if need.status == "open" and taken <= now:
                self._by_reviewer(act.acknowledge, need, now)
            elif need.status == "acknowledged" and taken + timedelta(minutes=minutes) <= now:
                self._finish(need, partners, about, now)
        self._partners_answer(now)

    def _finish(self, need: seen.Need, partners: Mapping[str, int], about: str, now: datetime) -> None:
        category = self.pack.act.categories[need.category]
        chance = self.behaviour.chance(need.key, "finish", about)
        partner = next((partners[k] for k in category.refer_to if k in ("council", "voluntary")), None)
        if need.source == "contact":
            self._find(need, chance, now)
        elif partner and not need.referred and category.team == "social":
            asked = f"Please help with {category.label.lower()}."
            self._by_reviewer(act.refer, need, now, organisation=partner, asked=asked)
        else:
            outcome = category.outcomes[int(chance * len(category.outcomes))]
            self._by_reviewer(act.close, need, now, outcome=outcome.code)

    def _find(self, need: seen.Need, chance: float, now: datetime) -> None:
        """A team looks for a way to reach somebody: a third are found after two days."""
        if need.restricted or chance > 1 / 3 or now < need.raised_at + timedelta(days=2):
            return
        number = f"+447700900{int(chance * 3000):03d}"
        reviewer = self._as(need.worker, now)
        flow.perform(people.add_contact_point, by=reviewer, now=now, person=need.person, kind="mobile", value=number)
        self._by_reviewer(act.close, need, now, outcome="new_contact_details")

    def _partners_answer(self, now: datetime) -> None:
        by = system("demo", now=now)
        with enter(by):
            referrals = seen.referrals(scope=by)
        for one in filter(lambda one: self._plays(one.key), referrals):
            about = f"{one.category} {one.sent_at.isoformat()}"
            accepts = self.behaviour.partner_accepts(one.key, about)
            partner = Scope("partner", actor="partner", now=now, referral=one.id, organisation=one.organisation)
            age = now - one.sent_at
            if one.status == "sent" and age >= timedelta(hours=3):
                verb, text = ("accept", "") if accepts else ("hand back", "Not in our area.")
                self._answer_referral(one, verb, "", text, partner, now)
            elif one.status == "accepted" and age >= timedelta(hours=26):
                outcomes = self.pack.act.partner_outcomes
                chance = self.behaviour.chance(one.key, "partner reports", about)
                code = outcomes[int(chance**2 * len(outcomes))].code
                self._answer_referral(one, "report", code, "", partner, now)

    def _answer_referral(
        self, one: seen.Referred, verb: str, outcome: str, text: str, by: Scope, now: datetime
    ) -> None:
        flow.perform(act.answer_referral, by=by, now=now, referral=one.id, verb=verb, outcome=outcome, text=text)

    def _by_reviewer(self, action: Callable[..., Any], need: seen.Need, now: datetime, **arguments: object) -> None:
        try:
            flow.perform(action, by=self._as(need.worker, now), now=now, call_to_action=need.id, **arguments)
        except NotPossibleNow:
            return  # it moved on within this hour

    def _submit(self, check_in_id: UUID, key: str, occurrence: int, answered_by: str, by: Scope, now: datetime) -> None:
        flow.perform(
            check_in.submit,
            by=by,
            now=now,
            check_in=check_in_id,
            answers=self.behaviour.answers_for(self.answers, key, occurrence),
            answered_by=answered_by,
            submission_key=uuid5(SUBMISSIONS, f"{check_in_id}"),
        )

    def _reads(self, one: seen.Asked, now: datetime) -> bool:
        about = (one.key, one.occurrence)
        if about not in self._answers_at:
            self._answers_at[about] = self._decides(one)
        at = self._answers_at[about]
        return at is not None and at <= now

    def _decides(self, one: seen.Asked) -> datetime | None:
        """When somebody answers what was sent; None where they do not."""
        if one.channel == "sms" and "wrong_number" in self._traits(one.key):
            return None
        if not self.behaviour.will_answer_online(one.key, one.occurrence):
            return None
        delay = timedelta(minutes=self.behaviour.answer_delay(one.key, one.occurrence))
        return one.sent_at + delay + (POST_TAKES if one.channel == "letter" else timedelta(0))

    def _plays(self, key: str) -> bool:
        return zlib.crc32(key.encode()) % self.shares == self.share

    def _traits(self, key: str) -> str:
        return str(self.truth.get(key, {}).get("traits", ""))

    def _as(self, username: str, now: datetime) -> Scope:
        """A member of staff now. Looked up once: in a demo nobody's role ends."""
        if username not in self._staff:
            user = governance.user_id_of(username)
            member = governance.staff_member(user, now=now) if user else None
            if member is None:
                raise LookupError(f"nobody is called {username}")
            self._staff[username] = member.scope
        return replace(self._staff[username], now=now)
