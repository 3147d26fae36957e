"""Writes of contact: plan the ladder, send what is due, ring, stop."""

from openprotect.journey.contact.actions.calls import (
    claim_call,
    record_call,
    release_calls_of_leavers,
    release_expired_calls,
)
from openprotect.journey.contact.actions.plan import (
    after_answer,
    after_missed,
    plan,
    resume,
    resume_all,
    stop,
    stop_unasked,
)
from openprotect.journey.contact.actions.send import claim_due, hash_of, settle, unsettled

__all__ = [
    "after_answer",
    "after_missed",
    "claim_call",
    "claim_due",
    "hash_of",
    "plan",
    "record_call",
    "release_calls_of_leavers",
    "release_expired_calls",
    "resume",
    "resume_all",
    "settle",
    "stop",
    "stop_unasked",
    "unsettled",
]
