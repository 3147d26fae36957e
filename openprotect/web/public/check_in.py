"""The check-in, as a person meets it: prove, answer a page at a time, check, send, be thanked.

Every view makes one call into the domain. A GET changes nothing and uses no link up.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from openprotect.governance.errors import NotThere
from openprotect.journey import flow
from openprotect.journey.act import queries as act
from openprotect.journey.check_in import actions, errors, queries, rules
from openprotect.journey.check_in.queries import CheckInView
from openprotect.programmes import queries as programmes
from openprotect.web import kept
from openprotect.web.errors import refused
from openprotect.web.identity import PersonProof, remember_person
from openprotect.web.pages import ScopedRequest, page
from openprotect.web.public import presenters
from openprotect.web.public.proven import proven
from openprotect.web.questionnaire import posted

UNPROCESSABLE = 422
form = require_http_methods(["GET", "POST"])
_LEADS_TO = {"check-in": "public:resume", "stop": "public:stop", "who-saw": "public:who_saw"}


@form
def start(request: ScopedRequest, token: str, wish: str = "check-in") -> HttpResponse:
    """The door: the same for every token. Wrong and too often are the same answer too.

    Where nobody is asked any more, every token leads to whom to ring.
    """
    if programmes.asks_nobody(now=request.scope.now):
        return page(request, "public/asking_ended.html")
    if request.method == "GET":
        return page(request, "public/start.html", presenters.start(token, wish))
    born, faults = presenters.date_of_birth(request.POST)
    if born is None:
        return page(
            request, "public/start.html", presenters.start(token, wish, request.POST, faults), status=UNPROCESSABLE
        )
    proof = flow.perform(
        actions.prove,
        token=token,
        date_of_birth=born,
        address=request.META["REMOTE_ADDR"],
        by=request.scope,
        now=request.scope.now,
    )
    if proof is None:
        context = presenters.start(token, wish, request.POST, presenters.not_matched())
        return page(request, "public/start.html", context, status=UNPROCESSABLE)
    if proof.ended:
        return page(request, "public/asking_ended.html")
    remember_person(request, PersonProof(proof.link_id, str(proof.person_id), str(proof.check_in_id)))
    before = kept.answers_of(request, str(proof.person_id))
    if wish == "check-in" and before and before.page.startswith(reverse("public:resume")):
        return redirect(before.page)
    return redirect(_LEADS_TO[wish])


@require_GET
@proven
def resume(request: ScopedRequest, proof: PersonProof) -> HttpResponse:
    """Goes on where the person was: at the first page with an answer missing, else at the end."""
    check_in = _asked(request, proof)
    return _over(request, check_in) or redirect(presenters.first_unanswered(check_in))


@form
@proven
def topic(request: ScopedRequest, proof: PersonProof, page_id: str) -> HttpResponse:
    """One page of questions. What is sent is saved before the next page is shown."""
    check_in = _asked(request, proof)
    if over := _over(request, check_in):
        return over
    asked = presenters.find_page(check_in, page_id)
    checking = "check" in request.GET
    if request.method == "GET":
        before = kept.answers_of(request, proof.person)
        again = before if before and before.page == request.path else None
        # What was entered when the page had ended: shown again, and saved when it is sent.
        entered = posted.form(asked, again.sent(), check_in.answers) if again else None
        return page(request, "public/topic.html", presenters.topic(check_in, asked, sent=entered, checking=checking))
    kept.answers_sent(request)
    raw = posted.form(asked, request.POST, check_in.answers)
    answers, faults = rules.validate_page(check_in.questionnaire, page_id, raw, check_in.answers)
    if faults:
        context = presenters.topic(check_in, asked, sent=raw, faults=faults, checking=checking)
        return page(request, "public/topic.html", context, status=UNPROCESSABLE)
    flow.perform(
        actions.save_page,
        check_in=check_in.id,
        answers=presenters.with_page(check_in, asked, answers),
        by=request.scope,
        now=request.scope.now,
    )
    return redirect(presenters.onward(check_in, asked, answers, checking=checking))


@require_GET
@proven
def emergency(request: ScopedRequest, proof: PersonProof, page_id: str) -> HttpResponse:
    """999 before anything else, and then on: what was answered is saved already."""
    check_in = _asked(request, proof)
    if over := _over(request, check_in):
        return over
    asked = presenters.find_page(check_in, page_id)
    return page(request, "public/emergency.html", presenters.emergency(check_in, asked))


@form
@proven
def check_answers(request: ScopedRequest, proof: PersonProof) -> HttpResponse:
    """Everything that was answered, then sent: a double tap is one check-in with one receipt."""
    check_in = _asked(request, proof)
    if over := _over(request, check_in):
        return over
    key = _submission_key(request)
    if request.method == "GET":
        return page(request, "public/check_answers.html", presenters.check_answers(check_in, key))
    try:
        flow.perform(
            actions.submit,
            check_in=check_in.id,
            answers=check_in.answers,
            answered_by=presenters.answered_by(check_in),
            submission_key=key,
            by=request.scope,
            now=request.scope.now,
        )
    except errors.AlreadyAnswered:
        pass  # its receipt is what the person wants to see
    except errors.AnswersIncomplete as refusal:
        faults = rules.validate_all(check_in.questionnaire, check_in.answers)
        context = presenters.check_answers(check_in, key, faults=faults)
        return refused(page(request, "public/check_answers.html", context, status=UNPROCESSABLE), refusal)
    return redirect("public:receipt")


@require_GET
@proven
def receipt(request: ScopedRequest, proof: PersonProof) -> HttpResponse:
    """What was sent, and what happens next."""
    check_in = _asked(request, proof)
    held = flow.perform(actions.receipt, check_in=check_in.id, by=request.scope, now=request.scope.now)
    if held is None:
        return redirect("public:resume")
    topics = act.what_follows(scope=request.scope)
    return page(request, "public/receipt.html", presenters.receipt(check_in, held, topics))


def _asked(request: ScopedRequest, proof: PersonProof) -> CheckInView:
    found = queries.open_check_in(UUID(proof.check_in), scope=request.scope)
    if found is None:
        raise NotThere()
    return found


def _submission_key(request: ScopedRequest) -> UUID:
    """The key of the form that was sent, so that sent twice it counts once; a new one otherwise."""
    try:
        return UUID(request.POST.get("submission_key", ""))
    except ValueError:
        return uuid4()


def _over(request: ScopedRequest, check_in: CheckInView) -> HttpResponse | HttpResponseRedirect | None:
    """Where a check-in that takes no more answers leads."""
    if check_in.status == "answered":
        return redirect("public:receipt")
    if check_in.asking_ended:
        return page(request, "public/asking_ended.html")
    if check_in.status != "open":
        return page(request, "public/closed.html")
    return None
