"""Cohorts: whom a programme's runs found, what its definition says, what changed, and who was in on a day."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from openprotect.governance.actions import record, record_each
from openprotect.governance.errors import NotThere
from openprotect.journey.identify import figures, queries
from openprotect.journey.identify.differences import compare as compare_definitions
from openprotect.journey.identify.english import read_definition
from openprotect.people import queries as people
from openprotect.programmes import queries as programmes
from openprotect.web.oversight import cohorts_presenter as presenter
from openprotect.web.pages import ScopedRequest
from openprotect.web.signed_in import needs, staff_page


@require_GET
@needs("see.cohorts")
def cohorts(request: ScopedRequest) -> HttpResponse:
    """One run of a programme's cohort: how it was found and who is in it, in numbers.

    Whoever cares for the people is shown their own; all others everybody, without small numbers.
    """
    titles, programme = _programme(request)
    scope = request.scope
    latest = queries.runs(programme, scope=scope)
    run = next(iter(latest), None)
    if asked := request.GET.get("run", ""):
        run = queries.run(programme, _number(asked), scope=scope)
        if run is None:
            raise NotThere
    if run is None:
        return staff_page(request, "oversight/cohorts.html", presenter.nothing(programme, titles))
    cohort, _ = programmes.cohort_with_lists(run.pack_version_id)
    units = queries.own_units(programme, scope=scope)
    shown = figures.picture(
        queries.figures(run, scope=scope), units, cohort.groups, [rule.id for rule in cohort.rules], scope=scope
    )
    record("cohort viewed", by=scope, of="cohort run", id=run.id)
    names = queries.unit_names(presenter.units_in(shown))
    context = presenter.cohort(run, shown, cohort, names, runs=latest, titles=titles, scope=scope)
    return staff_page(request, "oversight/cohorts.html", context)


@require_GET
@needs("see.cohorts")
def definition(request: ScopedRequest) -> HttpResponse:
    """What a published version of the definition says, for who signs it: the one that runs, where none is asked for."""
    titles, programme = _programme(request)
    published = programmes.versions(programme)
    asked = request.GET.get("version", "")
    runs = programmes.switched_on().get(programme)
    wanted = (each for each in published if (each.version == asked if asked else each.id == runs))
    version = next(wanted, None if asked else next(iter(published), None))
    if version is None:
        raise NotThere
    read = read_definition(*programmes.cohort_with_lists(version.id))
    context = presenter.definition(read, version, published, programme, titles)
    context["runs"] = version.id == runs
    context["running"] = next((each.version for each in published if each.id == runs), "")
    return staff_page(request, "oversight/cohort_definition.html", context)


@require_GET
@needs("see.cohorts")
def compare(request: ScopedRequest) -> HttpResponse:
    """Two versions of the definition in words, or two runs with who came in and went out."""
    titles, programme = _programme(request)
    scope = request.scope
    runs, published = queries.runs(programme, scope=scope), programmes.versions(programme)
    asked = presenter.read_comparison(request.GET, runs, published)
    found: dict[str, Any] = {}
    if asked.complete:
        before, after = (
            (queries.run(programme, number, scope=scope), None) if what == "run" else (None, number)
            for what, number in asked.sides
        )
        found = _compared(request, before, after, {each.id for each in published})
    context = presenter.comparison(asked, found, runs, published, programme, titles)
    return staff_page(request, "oversight/cohort_compare.html", context)


@require_GET
@needs("see.reasons")
def was_in(request: ScopedRequest) -> HttpResponse:
    """Who of the reader's people was in at the end of a day, and why each of them."""
    titles, programme = _programme(request)
    scope = request.scope
    asked = presenter.read_day(request.GET, now=scope.now)
    run, found, named = None, [], {}
    if asked.day is not None:
        run = queries.run_on(programme, asked.day, scope=scope)
    if run is not None:
        found = queries.who_was_in(run, after=asked.after, scope=scope)
        ids = [each.person for each in found]
        named = people.names(ids, scope=scope)
        record_each("seen in who was in", by=scope, people=ids, of="cohort run", ids=[str(run.id)] * len(ids))
    context = presenter.was_in(asked, run, found, named, programme, titles, full=len(found) == queries.PAGE)
    return staff_page(request, "oversight/cohort_was_in.html", context)


def _compared(request: ScopedRequest, before: Any, after: Any, published: set[int]) -> dict[str, Any]:
    """What is said of two runs or two versions; the definitions where their versions differ."""
    scope = request.scope
    (run_a, version_a), (run_b, version_b) = before, after
    if (run_a is None) != (version_a is not None) or (run_b is None) != (version_b is not None):
        raise NotThere
    versions = (version_a or run_a.pack_version_id, version_b or run_b.pack_version_id)
    if not published.issuperset(versions):
        raise NotThere
    same = versions[0] == versions[1]
    told: dict[str, Any] = {
        "runs": (run_a, run_b) if run_a else None,
        "same_version": same,
        "changes": () if same else compare_definitions(*(programmes.cohort_with_lists(each) for each in versions)),
    }
    if run_a is not None:
        units = queries.own_units(run_a.programme, scope=scope)
        moves = queries.moves(run_a, run_b, units or queries.EVERYBODY, scope=scope)
        told["own"] = units is not None and not units.everybody
        told["exact"] = units is not None
        told["moves"] = figures.moves(moves, own=units is not None, scope=scope)
        told["cohort"], _ = programmes.cohort_with_lists(versions[1])
        record("cohorts compared", by=scope, of="cohort run", id=run_b.id, why=f"with {run_a.id}")
    return told


def _programme(request: ScopedRequest) -> tuple[dict[str, str], str]:
    """The programmes that run, and the one that is asked for; the first without one. Raises NotThere."""
    titles = programmes.titles()
    programme = request.GET.get("programme", "") or next(iter(titles), "")
    if request.GET.get("programme") and programme not in titles:
        raise NotThere
    return titles, programme


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
