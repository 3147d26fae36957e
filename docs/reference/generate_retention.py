"""Writes retention.md from governance/retention.toml: `python docs/reference/generate_retention.py`."""

from pathlib import Path

PAGE = Path(__file__).with_name("retention.md")
INTRODUCTION = """# How long everything is kept

Made from `openprotect/governance/retention.toml`; do not edit it here. A test compares it with the tables that there
are: one without a rule fails the build. The periods are proposals until an information governance lead has agreed.

What happens: *erase*, with everything else of the person, when the record's period is over; *delete*, by itself; *cut*,
the oldest part of the sealed trail, behind a checkpoint; *keep*. A legal hold comes before all of them.
"""


def page() -> str:
    """The reference page as it should stand."""
    from openprotect.governance.facts.retention import RULES, TABLES

    lines = [INTRODUCTION, "## Rules", "", "| rule | period | counted from | what happens | basis | source |"]
    lines.append("|---|---|---|---|---|---|")
    lines += [
        f"| {rule.title} | {rule.period} | {rule.counted_from} | {rule.does} | {rule.basis} | {rule.source} |"
        for rule in RULES.values()
    ]
    lines += ["", "## Tables", "", "| table | rule | what happens |", "|---|---|---|"]
    lines += [f"| `{table}` | {rule.title} | {rule.does} |" for table, rule in sorted(TABLES.items())]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
