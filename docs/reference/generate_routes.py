"""Writes routes.md from the addresses and their views: `python docs/reference/generate_routes.py`."""

import os
import tempfile
from pathlib import Path

PAGE = Path(__file__).with_name("routes.md")
INTRODUCTION = """# Routes and rules

Made from the addresses and what their views say; do not edit it here. A rule in `code` is a permission that
the reader's role has to hold: for everybody else the address is not there. An address without a rule fails the tests.
Whose rows a page then shows is decided by PostgreSQL: [tables](tables.md).

| address | methods | rule | name |
|---|---|---|---|"""


def page() -> str:
    """The reference page as it should stand: the addresses of a live service, and those of a demo."""
    from openprotect.config import urls
    from openprotect.demo import urls as demo
    from openprotect.governance.permissions import PERMISSIONS
    from openprotect.web.opened_by import Route, routes

    def line(each: Route) -> str:
        rule = f"`{each.rule}`" if each.rule in PERMISSIONS else each.rule
        return f"| `{each.path}` | {', '.join(each.methods) or 'any'} | {rule} | `{each.name}` |"

    live = [each for each in routes(urls.urlpatterns) if not each.name.startswith("demo:")]
    in_a_demo = routes(demo.urlpatterns, namespace="demo")
    lines = [line(each) for each in sorted((*live, *in_a_demo), key=lambda each: (each.path, each.name))]
    return "\n".join([INTRODUCTION, *dict.fromkeys(lines), ""])


if __name__ == "__main__":
    os.environ.setdefault("OPENPROTECT_MODE", "test")
    os.environ.setdefault("OPENPROTECT_DATA", tempfile.mkdtemp())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openprotect.config.settings")
    import django

    django.setup()
    PAGE.write_text(page(), encoding="utf-8")
