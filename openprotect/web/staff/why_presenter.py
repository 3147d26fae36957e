"""Why somebody is listed, as its template draws it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from openprotect.journey.identify.facts import OPT_OUTS
from openprotect.journey.identify.why import Asked, InProgramme, Kept, WhyListed
from openprotect.programmes.definitions.cohort import Cohort

_LEFT = {
    "no_longer_found": "that run did not find them any more",
    "contacted_in_error": "contacting them was an error",
    "basis_ended": "the legal basis for asking people ended",
}
_EXCLUDED = {
    "died": "they had died",
    "not_born": "they were born later",
    "deregistered": "they had left their practice",
}
OUT_OF_USE = (
    "Their records are not used to look for people at risk: somebody has asked for that, or it is not known whether"
    " they did. Lists that were drawn up for their care are used."
)


def page(found: WhyListed, name: str) -> dict[str, Any]:
    """The page: one part for each programme that runs."""
    return {
        "name": name,
        "restricted": found.restricted,
        "parts": [_part(each, restricted=found.restricted) for each in found.programmes],
    }


def _part(found: InProgramme, *, restricted: bool) -> dict[str, Any]:
    member, asked = found.member, found.asked
    return {
        "title": found.title,
        "key": found.programme,
        "run": found.run,
        "listed": member is not None and member.left_at is None,
        "since": member.joined_at if member else None,
        "joined_by": member.run.number if member else None,
        "left": member.left_at if member else None,
        "left_by": member.left_run.number if member and member.left_run else None,
        "left_because": _LEFT.get(member.left_because, "") if member else "",
        "reasons": [_reason(each, found.cohort) for each in found.reasons],
        "before": [_reason(each, found.cohort) for each in found.before],
        "may_ask": found.run is not None and not restricted,
        "waits": asked is not None and asked.state == "asked",
        "refused": asked.refused_because if asked else "",
        "asked_at": asked.asked_at if asked else None,
        "answer": _answer(asked, found.cohort) if asked and asked.answer else None,
    }


def _reason(kept: Kept, cohort: Cohort) -> dict[str, Any]:
    group = cohort.groups.get(kept.group)
    record = ", ".join(part for part in (kept.term, f"code {kept.code}" if kept.code else "") if part)
    return {
        "reason": kept.reason,
        "rule": kept.rule,
        "group": group.label if group else kept.group,
        "record": record,
        "date": kept.evidence_date,
        "count": kept.count if kept.count and kept.count > 1 else None,
        "since": kept.since,
        "until": kept.until,
    }


def _answer(asked: Asked, cohort: Cohort) -> dict[str, Any]:
    told: Mapping[str, Any] = asked.answer or {}
    opted_out = told["out_of_use"] or told["excluded"] in OPT_OUTS
    rules = [_rule(each, cohort, of_lists_alone=opted_out) for each in told["rules"]]
    excluded = told["excluded"] or ""
    return {
        "read_at": asked.settled_at,
        "run": asked.run,
        "index_date": date.fromisoformat(told["index_date"]),
        "is_member": told["is_member"],
        "out_of_use": OUT_OF_USE if opted_out else "",
        "excluded": "" if opted_out else _EXCLUDED.get(excluded, excluded.replace("_", " ")),
        "left_out": [f"{_plain(table)} ({_plain(source)})" for table, source in told["left_out"].items()],
        "true": [rule for rule in rules if rule["holds"]],
        "untrue": [] if opted_out else [rule for rule in rules if not rule["holds"]],
    }


def _rule(told: Mapping[str, Any], cohort: Cohort, *, of_lists_alone: bool) -> dict[str, Any]:
    group = cohort.groups.get(told["group"])
    return {
        "id": told["id"],
        "group": group.label if group else told["group"],
        "holds": told["holds"],
        "when": _what_is_true(told["when"]) if of_lists_alone else told["when"],
        # Where the rule itself is not true, what would take somebody out again says nothing.
        "unless": told["unless"] if told["when"]["holds"] and not of_lists_alone else None,
    }


def _what_is_true(told: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not true: of records that are not read that says nothing of the person."""
    return {**told, "parts": [_what_is_true(part) for part in told["parts"] if part["holds"]]}


def _plain(key: str) -> str:
    return key.replace("_", " ").replace("-", " ")
