"""What was typed goes back into its own form, whatever form it is, and nowhere else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openprotect.web.fill_in import filled

PAGE = """<!DOCTYPE html>
<p>Tom &amp; Ada&#39;s</p><!-- kept -->
<form method="post" action="/other"><textarea name="text">theirs</textarea></form>
<details class="x"><summary>Add</summary><form method="post" action="/note">
<input type="hidden" name="csrfmiddlewaretoken" value="new"><input name="who" value="old">
<input type="radio" name="how" value="a" checked><input type="radio" name="how" value="b">
<input type="checkbox" name="tick" value="1"><input type="checkbox" name="tick" value="2" checked>
<select name="pick"><option value="x" selected>X</option><option value="y">Y</option></select>
<textarea name="text"></textarea><input type="password" name="secret"></form></details>
<textarea name="text">outside</textarea>"""
TYPED = [("who", 'a"b'), ("how", "b"), ("tick", "1"), ("pick", "y"), ("text", "</textarea><b>"), ("secret", "s"),
         ("csrfmiddlewaretoken", "old")]  # fmt: skip


def test_each_field_has_what_was_typed() -> None:
    again = filled(PAGE, action="/note", here="/page", fields=TYPED)
    assert again is not None
    assert '<input name="who" value="a&quot;b">' in again
    assert '<input type="radio" name="how" value="a"><input type="radio" name="how" value="b" checked>' in again
    assert 'value="1" checked><input type="checkbox" name="tick" value="2">' in again
    assert '<option value="x">X</option><option value="y" selected>Y' in again
    assert '<textarea name="text">\n&lt;/textarea&gt;&lt;b&gt;</textarea>' in again
    assert '<details open class="x">' in again


def test_what_is_not_this_form_or_a_secret_stays_as_it_is() -> None:
    again = filled(PAGE, action="/note", here="/page", fields=TYPED) or ""
    for same in ("Tom &amp; Ada&#39;s", "<!-- kept -->", ">theirs<", ">outside<", 'name="csrfmiddlewaretoken" value="new"',
                 '<input type="password" name="secret">'):  # fmt: skip
        assert same in again


def test_a_page_without_the_form_is_none() -> None:
    assert filled(PAGE, action="/elsewhere", here="/page", fields=TYPED) is None
    assert filled('<form method="get" action="/note"></form>', action="/note", here="/", fields=TYPED) is None


def test_a_form_that_names_no_address_is_the_pages_own() -> None:
    assert filled('<form method="post"></form>', action="/page", here="/page", fields=[]) is not None


@given(st.text())
def test_what_was_typed_never_becomes_markup(text: str) -> None:
    again = filled(PAGE, action="/note", here="/page", fields=[("who", text), ("text", text)]) or ""
    plain = filled(PAGE, action="/note", here="/page", fields=[("who", ""), ("text", "")]) or ""
    assert again.count("<") == plain.count("<")
