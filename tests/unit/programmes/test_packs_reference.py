from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

REFERENCE = Path(__file__).parents[3] / "docs/reference"


def test_the_reference_of_packs_is_what_the_schemas_say():
    spec = spec_from_file_location("generate_packs", REFERENCE / "generate_packs.py")
    generate_packs = module_from_spec(spec)
    spec.loader.exec_module(generate_packs)
    written = (REFERENCE / "packs.md").read_text(encoding="utf-8")
    assert written == generate_packs.page(), "run: python docs/reference/generate_packs.py"
