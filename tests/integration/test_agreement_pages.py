"""The pages of sharing agreements and files: who opens them, and what they say of bad input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from openprotect.config.database_urls import Urls
from openprotect.demo import opt_outs as national
from openprotect.governance.actions import register_organisations
from openprotect.governance.queries import find_basis
from openprotect.governance.scope import system
from openprotect.jobs import exports
from openprotect.journey import flow
from openprotect.people.population import Population
from tests.factories.accounts import signed_in
from tests.factories.agreed import agreed, organisation
from tests.factories.seen import one
from tests.factories.small_service import ADA, BASHIR, BEGINS, small_service


@pytest.fixture(scope="module")
def service(module_db: Urls, tmp_path_factory: pytest.TempPathFactory) -> None:
    small_service(tmp_path_factory.mktemp("service"), ADA, BASHIR)


@pytest.fixture(autouse=True)
def undone(service: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test does is undone after it, its files too."""
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_an_agreement_is_stated_signed_used_and_ended() -> None:
    lead, asker = signed_in("ig-lead"), signed_in("surveillance")
    stated = lead.post("/oversight/agreements/new", terms())
    assert stated.status_code == 302, stated.content.decode()
    page = stated.headers["Location"]
    assert "Not signed by both" in text(lead, "/oversight/agreements")
    assert "There was no exchange yet" in text(lead, "/oversight/agreements")
    national.exchange(Population(settings.DATA / "none"), now=BEGINS, of_a_thousand=1000)
    assert "of 2 NHS numbers 2 had opted out" in text(lead, "/oversight/agreements")
    assert "Too old" not in text(lead, "/oversight/agreements")
    for side in ("giver", "receiver"):
        signed = lead.post(f"{page}/sign", signature(side))
        assert signed.status_code == 302, signed.content.decode()
    assert "In force" in text(lead, page)
    agreement = page.rsplit("/", 1)[-1]
    asked = asker.post("/oversight/exports", {"agreement": agreement, "reason": "Parcels of this week"})
    assert asked.status_code == 302
    assert "Being made" in text(asker, "/oversight/exports")
    exports.sweep(now=BEGINS)
    shown = text(asker, "/oversight/exports")
    assert "2 of 2" in shown
    export = one("SELECT id FROM governance_export")
    file = asker.post(f"/oversight/exports/{export}/file")
    assert (file.status_code, file.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert "synthetic-not-for-care-people-2020-04-07" in file.headers["Content-Disposition"]
    assert "999 000 0018" in file.content.decode("utf-8-sig")
    assert "2 of 2" in text(lead, page)
    assert lead.post(f"{page}/end", {"why": "Over"}).status_code == 302
    assert asker.post(f"/oversight/exports/{export}/file").status_code == 409


def test_what_is_missing_is_said_and_what_was_typed_is_kept() -> None:
    lead = signed_in("ig-lead")
    answered = lead.post("/oversight/agreements/new", terms(owner="", title="Parcels & <b>more</b>", fields=[]))
    page = answered.content.decode()
    assert answered.status_code == 422
    assert "Enter who owns this agreement" in page
    assert "Parcels &amp; &lt;b&gt;more&lt;/b&gt;" in page
    wrong = lead.post("/oversight/agreements/new", terms(receiver=str(organisation("icb")), **{"ends_on-day": "31"}))
    assert wrong.status_code == 422
    assert (
        "Choose two different organisations"
        in lead.post("/oversight/agreements/new", terms(receiver=str(organisation("icb")))).content.decode()
    )
    agreement = agreed(sides=())
    unsigned = lead.post(f"/oversight/agreements/{agreement}/sign", signature("giver", name="", signed_on="32"))
    assert (unsigned.status_code, "Enter who signed" in unsigned.content.decode()) == (422, True)
    asked = signed_in("surveillance").post("/oversight/exports", {"reason": ""})
    assert (asked.status_code, "Choose an agreement" in asked.content.decode()) == (422, True)


def test_organisations_are_looked_for_without_losing_what_was_typed() -> None:
    lead, new = signed_in("ig-lead"), "/oversight/agreements/new"
    assert "Test County Council (T02)" in text(lead, new)  # few enough to choose from
    many = [{"code": f"V{n:04}", "name": f"Vale Practice {n}", "kind": "practice"} for n in range(30)]
    by = system("test", now=BEGINS)
    flow.perform(register_organisations, rows=many, by=by, now=BEGINS)
    shown = text(lead, new)
    assert "Test County Council (T02)" not in shown
    assert len(shown) < 60_000
    # A part of a name, and the beginning of a code
    looked = lead.post(
        new, terms(look="giver", giver="", giver_search="vale", receiver_search="t0", title="Parcels <x>")
    )
    page = looked.content.decode()
    assert looked.status_code == 200
    assert page.count("Vale Practice") == 20
    assert "These are the first 20: type more of the name" in page
    assert "Test County Council (T02)" in page
    assert "Parcels &lt;x&gt;" in page
    assert "There is a problem" not in page
    nothing = lead.post(new, terms(look="giver", giver="", giver_search="no such place")).content.decode()
    assert "Nothing was found" in nothing
    # Who was chosen stays, whatever is looked for next, and is not offered when it has closed
    kept = lead.post(new, terms(look="receiver", receiver_search="vale practice 7")).content.decode()
    assert f'value="{organisation("icb")}" checked' in kept
    assert "Vale Practice 7" in kept
    unsaid = lead.post(new, terms(giver="", giver_search=""))
    said = unsaid.content.decode()
    assert (unsaid.status_code, "Choose who gives" in said, 'href="#giver"' in said, 'id="giver"' in said) == (
        422, True, True, True,
    )  # fmt: skip
    absent = lead.post(new, terms(receiver="99999999"))
    assert absent.status_code == 422
    assert lead.post(new, terms(giver_search="test", receiver_search="county")).status_code == 302


def test_for_others_the_pages_are_not_there() -> None:
    agreement = agreed()
    handler, reader = signed_in("call-handler"), signed_in("siro")
    for page in ("/oversight/agreements", f"/oversight/agreements/{agreement}", "/oversight/exports"):
        assert handler.get(page).status_code == 404
    assert reader.get(f"/oversight/agreements/{agreement}").status_code == 200
    assert reader.get("/oversight/agreements/new").status_code == 404
    assert reader.post(f"/oversight/agreements/{agreement}/end", {"why": "x"}).status_code == 404
    assert signed_in("ig-lead").get("/oversight/agreements/999999").status_code == 404


def terms(**changed: object) -> dict[str, object]:
    return {
        "title": "Food parcels", "giver": str(organisation("icb")), "receiver": str(organisation("council")),
        "basis": str(find_basis("direct-care")), "purpose": "direct_care", "fields": ["nhs_number", "address"],
        "owner": "Martin Cole", **day("starts_on", 7, 4, 2020), **day("ends_on", 30, 6, 2020),
        **day("review_on", 1, 6, 2020), **changed,
    }  # fmt: skip


def signature(side: str, name: str = "Dr Amina Yusuf", signed_on: str = "6") -> dict[str, str]:
    return {"side": side, "name": name, "post": "Caldicott guardian", "words": "I agree",
            **day("signed_on", int(signed_on), 4, 2020)}  # fmt: skip


def day(name: str, day_: int, month: int, year: int) -> dict[str, str]:
    return {f"{name}-day": str(day_), f"{name}-month": str(month), f"{name}-year": str(year)}


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()
