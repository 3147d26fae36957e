"""The Jinja environment of every page.

The NHS design system's macros are plain Jinja and cost up to 4 ms a page. `component` keeps
what they made for the same arguments; it is for arguments that hold no words of a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseForm
from django.templatetags.static import static as address_of
from django.urls import reverse
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup

from openprotect.web import shown

_KEPT = 2048


def environment(**options: Any) -> Environment:
    """The environment named in the setting TEMPLATES; options are those of Django's backend."""
    options.pop("autoescape", None)
    options |= {
        "loader": ChoiceLoader([PackageLoader("openprotect.web"), PackageLoader("nhsuk_frontend_jinja")]),
        # The macros ask for parameters of parameters that nobody gave.
        "undefined": ChainableUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    made = Environment(autoescape=True, **options)
    made.globals |= {"url": url, "static": static, "component": _components(made), "form_errors": form_errors}
    made.filters |= {
        "date": shown.shown_date,
        "time": shown.shown_time,
        "moment": shown.shown_moment,
        "nhs_number": shown.shown_nhs_number,
        "age": shown.shown_age,
        "telephone": shown.shown_telephone,
    }
    return made


def url(name: str, *args: object, **kwargs: object) -> str:
    """The address of a named page."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def form_errors(form: BaseForm) -> list[dict[str, str]]:
    """What is wrong with a form that Django read, for the summary: beside its field where it has one."""
    return [
        {"text": str(text), "href": "" if name == NON_FIELD_ERRORS else f"#{name}"}
        for name, texts in form.errors.items()
        for text in texts
    ]


@cache
def static(path: str) -> str:
    """The address of a file of ours, with its content in it, so that a browser may keep it."""
    found = finders.find(path)
    if found is None:
        raise LookupError(f"no static file {path}")
    return f"{address_of(path)}?v={sha256(Path(found).read_bytes()).hexdigest()[:8]}"


def _components(made: Environment) -> Callable[..., Markup]:
    kept: dict[str, Any] = {}

    def macro(name: str) -> Any:
        if name not in kept:
            module = made.get_template(f"nhsuk/components/{name}/macro.jinja").module
            kept[name] = getattr(module, _camel(name))
        return kept[name]

    def plain(name: str, params: Mapping[str, Any]) -> Markup:
        written: Markup = macro(name)(params)
        return written

    @lru_cache(maxsize=_KEPT)
    def rendered(name: str, arguments: _Arguments) -> Markup:
        return plain(name, arguments.params)

    def component(name: str, params: Mapping[str, Any], *, keep: bool = True) -> Markup:
        """One component of the design system, such as `component("radios", {...})`.

        `keep=False` where the parameters hold what a person wrote: nothing of it stays in
        memory after the answer was sent.
        """
        if keep:
            return rendered(name, _Arguments(params))
        return plain(name, params)

    return component


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)


class _Arguments:
    """Parameters that can be looked up: equal where they are written the same."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        # repr tells text from text that is already HTML.
        self._written = repr(params)

    def __hash__(self) -> int:
        return hash(self._written)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Arguments) and self._written == other._written
