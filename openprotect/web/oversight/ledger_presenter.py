"""The ledger as its template draws it: tables, and a chart that says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from openprotect.journey.learn.facts import STATES, LedgerLine, LocalityLine
from openprotect.web.shown import shown_date

# The chart's bands, from below: few enough to be told apart; the table has every state.
BANDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "answered": ("Answered", ("answered",)),
    "asked": ("Invited, or next check-in not due", ("invited", "not_yet_contacted")),
    "behind": ("Missed, or being phoned", ("missed", "being_phoned")),
    "helped": (
        "Needs action, with a partner, or cannot be reached",
        ("call_to_action_open", "with_partner", "no_route"),
    ),
    "over": ("Not asked any more", ("died", "contacted_in_error", "no_longer_listed", "asking_ended", "opted_out")),
}
WIDTH, HEIGHT, GAP = 720, 200, 0.25


def ledger(
    programme: str,
    titles: Mapping[str, str],
    *,
    now: LedgerLine | None,
    days: Sequence[LedgerLine],
    localities: Sequence[LocalityLine],
) -> dict[str, Any]:
    """The page. `now` is None for readers who may see counts only: then the last day stands in."""
    latest = now or (days[-1] if days else None)
    used = [state for state in STATES if any(line.states.get(state) for line in (*days, *([now] if now else ())))]
    return {
        "programme": titles.get(programme, ""),
        "others": [
            {"text": title, "href": f"{reverse('oversight:ledger')}?{urlencode({'programme': key})}"}
            for key, title in titles.items()
            if key != programme
        ],
        "live": now is not None,
        "listed": latest.listed if latest else 0,
        "lost": latest.states.get("lost", 0) if latest else 0,
        "as_of": latest.date if latest else None,
        "states": [
            {"label": label, "people": latest.states.get(state, 0), "share": _share(latest, state)}
            for state, label in STATES.items()
            if latest
        ],
        "columns": [STATES[state] for state in used],
        "days": [
            {"date": day.date, "listed": day.listed, "people": [day.states.get(state, 0) for state in used]}
            for day in reversed(days)
        ],
        "chart": chart(days),
        "localities": localities,
    }


def chart(days: Sequence[LedgerLine]) -> dict[str, Any]:
    """A stacked bar for each day, as rectangles, and the sentence that says what they show."""
    if not days:
        return {}
    tallest = max(day.listed for day in days) or 1
    step = WIDTH / len(days)
    bars = []
    for number, day in enumerate(days):
        top = float(HEIGHT)
        for band, (_, states) in BANDS.items():
            height = sum(day.states.get(state, 0) for state in states) / tallest * HEIGHT
            top -= height
            bars.append({
                "band": band,
                "x": round(number * step + step * GAP / 2, 1),
                "y": round(top, 1),
                "width": round(step * (1 - GAP), 1),
                "height": round(height, 1),
            })  # fmt: skip
    first, last = days[0], days[-1]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "bars": bars,
        "legend": [{"band": band, "text": text} for band, (text, _) in BANDS.items()],
        "first": first.date,
        "last": last.date,
        "sentence": (
            f"Stacked bars, one a day from {shown_date(first.date)} to {shown_date(last.date)}. "
            + " ".join(f"{text}: {_sum(first, states)} at first, {_sum(last, states)} at last."
                       for text, states in BANDS.values())
            + " The table below has every day."
        ),
    }  # fmt: skip


def _sum(day: LedgerLine, states: Sequence[str]) -> int:
    return sum(day.states.get(state, 0) for state in states)


def _share(line: LedgerLine, state: str) -> str:
    return f"{100 * line.states.get(state, 0) / line.listed:.1f}%" if line.listed else ""
