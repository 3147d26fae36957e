"""Every template compiles, stands on a layout, and runs nothing that the policy would refuse."""

import re
from pathlib import Path

import pytest
from django.template import engines
from jinja2 import meta

import openprotect.web

FOLDER = Path(openprotect.web.__file__).parent / "templates"
TEMPLATES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
PARTS = ("layouts/page.html", "parts/", "questionnaire/")  # what pages are made of
INLINE = re.compile(r"<(?:script|style)(?![^>]*\bnonce=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles(name: str) -> None:
    engines["jinja2"].env.get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_page_extends_a_layout(name: str) -> None:
    source = (FOLDER / name).read_text()
    parents = list(meta.find_referenced_templates(engines["jinja2"].env.parse(source)))
    if not name.startswith(PARTS):
        assert any(parent and parent.startswith("layouts/") for parent in parents)


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_runs_without_a_nonce(name: str) -> None:
    assert not INLINE.search((FOLDER / name).read_text())


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.startswith("public/")])
def test_the_persons_pages_have_no_script(name: str) -> None:
    assert "<script" not in (FOLDER / name).read_text()


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_page_reaches_an_outside_host(name: str) -> None:
    assert not re.search(r"(?:src|href|action)=[\"']?(?:https?:)?//", (FOLDER / name).read_text())


def test_an_inline_script_would_be_found() -> None:
    assert INLINE.search("<script>alert(1)</script>")
    assert INLINE.search('<p style="color:red">')
    assert INLINE.search('<a onclick="x()">')
    assert not INLINE.search('<script nonce="{{ request.csp_nonce }}">')
