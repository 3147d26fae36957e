"""Writes roles-and-permissions.md from governance: `python docs/reference/generate_roles-and-permissions.py`."""

from pathlib import Path

from openprotect.governance.permissions import PERMISSIONS, SYSTEM_PERMISSIONS
from openprotect.governance.shipped_roles import read

PAGE = Path(__file__).with_name("roles-and-permissions.md")
INTRODUCTION = """# Roles and permissions

Made from `openprotect/governance/permissions.py` and `openprotect/governance/roles.toml`; do not edit it here.

A role is data: a name and some permissions. These ship, and `openprotect role load FILE` brings in others; what the
roles of an installation hold stands on its page *Roles*. Somebody acts under one membership at a time, and what they
may do is what the role of that one holds, where it is.
"""


def page() -> str:
    """The reference page as it should stand."""
    roles = read()
    return "\n".join(
        [
            INTRODUCTION,
            "## Roles that ship",
            "",
            "| role | name | holds |",
            "|---|---|---|",
            *(f"| {each.label} | `{each.name}` | {_listed(each.permissions)} |" for each in roles),
            "",
            "## Permissions",
            "",
            "| permission | what it lets somebody do | held by |",
            "|---|---|---|",
            *(
                f"| `{name}` | {what} | {', '.join(r.label for r in roles if name in r.permissions) or 'nobody'} |"
                for name, what in PERMISSIONS.items()
            ),
            "",
            "## What only the service itself does",
            "",
            "Its named system actors, such as `system:worker`. No role holds these.",
            "",
            "| permission | what it is |",
            "|---|---|",
            *(f"| `{name}` | {what} |" for name, what in SYSTEM_PERMISSIONS.items()),
            "",
        ]
    )


def _listed(permissions: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in permissions)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
