"""The words for colleagues of what the record holds as codes."""

from __future__ import annotations

from collections.abc import Mapping

STATUS: Mapping[str, str] = {
    "open": "Not accepted yet",
    "acknowledged": "Accepted",
    "with_partner": "With a partner",
    "closed": "Closed",
}
REFERRAL_STATUS: Mapping[str, str] = {
    "sent": "Sent, not accepted yet",
    "accepted": "Accepted",
    "handed_back": "Handed back",
    "reported": "Outcome reported",
}
DONE: Mapping[str, str] = {
    "raised": "Raised",
    "heard again": "Raised again by a later answer",
    "acknowledge": "Accepted",
    "refer": "Referred",
    "take back": "Came back from the partner",
    "report": "The partner reported an outcome",
    "hand over": "Handed to another team, because access was stopped",
    "moved": "Moved with the person",
    "close": "Closed",
}
PARTNER_DID: Mapping[str, str] = {
    "sent": "Sent",
    "accept": "Accepted",
    "hand back": "Handed back",
    "report": "Reported",
}
REACH: Mapping[str, str] = {
    "mobile": "Mobile",
    "landline": "Landline",
    "email": "E-mail",
    "address": "Address",
}
MIND: Mapping[str, str] = {
    "interpreter": "Needs an interpreter",
    "easy_read": "Needs easy words and pictures",
    "large_print": "Needs large print",
    "deaf": "Deaf or hard of hearing",
    "no_digital": "Does not use texts, e-mail or the web",
    "carer": "Somebody cares for them, or answers for them",
    "guardian": "A child: speak to the parent or guardian",
    "care_home": "Lives in a care home",
    "no_fixed_address": "Has no fixed address",
}
WHY_RUNG: Mapping[str, str] = {"missed_check_ins": "They have not answered their last check-ins."}
ANSWERED_BY: Mapping[str, str] = {
    "self": "the person",
    "carer": "their carer",
    "call_handler": "the person, on the phone to a call handler",
}
LANGUAGES: Mapping[str, str] = {
    "am": "Amharic", "ar": "Arabic", "bn": "Bengali", "cy": "Welsh", "en": "English", "fa": "Farsi", "fr": "French",
    "gu": "Gujarati", "hi": "Hindi", "ku": "Kurdish", "lt": "Lithuanian", "pa": "Punjabi", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "so": "Somali", "sw": "Swahili", "ta": "Tamil",
    "tet": "Tetum", "tr": "Turkish", "ur": "Urdu", "yue": "Cantonese", "zh": "Chinese",
}  # fmt: skip
_COLOURS = {"emergency": "red", "red": "red", "amber": "orange"}


def language(code: str) -> str:
    """The name of a language, its code where we have none."""
    return LANGUAGES.get(code.split("-")[0], code)


def urgency_tag(urgency: str) -> dict[str, str]:
    """The tag of an urgency; its word says the same as its colour."""
    return {"text": urgency.capitalize(), "classes": f"nhsuk-tag--{_COLOURS.get(urgency, 'grey')}"}
