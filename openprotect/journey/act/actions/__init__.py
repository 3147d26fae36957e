"""Writes of act: raise calls to action, work them, refer them, close them."""

from openprotect.journey.act.actions.basis_ends import hand_over_early, hand_to_care, take_over_asked
from openprotect.journey.act.actions.handing_over import hand_over
from openprotect.journey.act.actions.raising import follow_moves, own_restricted, raise_calls, raise_for
from openprotect.journey.act.actions.referring import (
    answer_referral,
    note_refused_link,
    open_referral,
    refer,
    send_referral_link,
    settle_referral_links,
    take_back,
    unsent_referrals,
    unsettled_links,
)
from openprotect.journey.act.actions.working import acknowledge, add_note, close, record_view

__all__ = [
    "acknowledge",
    "add_note",
    "answer_referral",
    "close",
    "follow_moves",
    "hand_over",
    "hand_over_early",
    "hand_to_care",
    "note_refused_link",
    "open_referral",
    "own_restricted",
    "raise_calls",
    "raise_for",
    "record_view",
    "refer",
    "send_referral_link",
    "settle_referral_links",
    "take_back",
    "take_over_asked",
    "unsent_referrals",
    "unsettled_links",
]
