"""What the reference says of the code is made from the code; what is written by hand names everything."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs/reference"
DOCUMENTS = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packs/*/*.md")) if path.stat().st_size
)
SETTING = re.compile(r'"(OPENPROTECT_[A-Z_]+|DATABASE_URL|DATABASE_OWNER_URL|XDG_DATA_HOME)"')
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize(
    "name", ["cohorts", "commands", "flow", "roles-and-permissions", "routes", "retention", "states"]
)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    spec = spec_from_file_location(f"generate_{name}", REFERENCE / f"generate_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    generator = module_from_spec(spec)
    spec.loader.exec_module(generator)
    written = (REFERENCE / f"{name}.md").read_text(encoding="utf-8")
    assert written == generator.page(), f"run: python docs/reference/generate_{name}.py"


def test_every_setting_that_is_read_is_documented_and_no_other() -> None:
    read = {name for path in (ROOT / "openprotect").rglob("*.py") for name in SETTING.findall(path.read_text())}
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE))
    assert documented == read


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_between_documents_is_broken(document: Path) -> None:
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    inside = [target for target in targets if "://" not in target]
    assert [target for target in inside if not (document.parent / target).exists()] == []


def test_decision_records_have_a_number_each_and_are_listed() -> None:
    records = sorted(path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md"))
    numbers = [int(name[:4]) for name in records]
    assert numbers == sorted(set(numbers))
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    assert [name for name in records if f"({name})" not in index] == []
