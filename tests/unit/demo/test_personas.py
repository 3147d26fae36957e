"""Links in the demo's messages."""

from __future__ import annotations

from openprotect.demo import personas


def test_our_links_are_found_and_lead_to_this_service() -> None:
    text = "Hello. Tell us: http://127.0.0.1:8000/c/abc-DEF_1\n\nOr ring us. See https://www.nhs.uk/"
    assert personas.link_in(text) == "/c/abc-DEF_1"
    assert list(personas.pieces(text)) == [
        ("Hello. Tell us: ", ""),
        ("http://127.0.0.1:8000/c/abc-DEF_1", "/c/abc-DEF_1"),
        ("\n\nOr ring us. See https://www.nhs.uk/", ""),
    ]


def test_a_message_without_a_link_is_one_piece() -> None:
    assert personas.link_in("We will ring you.") == ""
    assert list(personas.pieces("We will ring you.")) == [("We will ring you.", "")]
