import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprotect.programmes.yaml_lines import line_of, read


def test_values_come_with_the_line_they_stand_on():
    text = "open: 20:00\nsteps:\n  - id: first\n    after: 1 day\n  - id: second\n"
    node = read(text, "f.yaml", [])
    assert node is not None
    assert node.value == {
        "open": "20:00",
        "steps": [{"id": "first", "after": "1 day"}, {"id": "second"}],
    }
    assert line_of(node, ["steps", 0, "after"]) == 4
    assert line_of(node, ["steps", 1, "id"]) == 5
    assert line_of(node, ["steps", 1, "missing"]) == 5


def test_only_true_and_false_are_yes_and_no():
    node = read("[true, false, no, on, 0123, 2026-10-01, '1', 1, 1.5, null]", "f.yaml", [])
    assert node is not None
    assert node.value == [
        True, False, "no", "on", "0123", "2026-10-01", "1", 1, 1.5, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a: 1\na: 2\n", 2, "each key once: it stands on line 1 too"),
        ("a:\n\tb: 1\n", 2, "spaces, not tabs"),
        ("a: &x [1]\nb: [*x, *x]\n", 1, "no anchors or aliases: write the value out"),
        ("a: !!python/object:os.system x\n", 1, "no tags"),
        ("", 1, "keys and values"),
        ("a: 1\n---\nb: 2\n", 2, "one document in a file"),
        ("a: b: c\n", 1, "put a text that holds a colon in quotes"),
        ("a: '\n", 1, "YAML: found unexpected end of stream"),
        ("a:\n  - 1\n b: 2\n", 3, "the same indentation"),
        ("[" * 40, 1, "fewer levels"),
    ],
)
def test_each_fault_has_its_line_and_says_what_to_write(text, line, expected):
    faults = []
    assert read(text, "f.yaml", faults) is None
    assert faults[0].where == f"line {line}"
    assert expected in faults[0].expected


@given(st.text(alphabet=st.sampled_from("ab:-? \n\t&*!|>'\"{}[],#%@`\x00é1"), max_size=60))
def test_nothing_that_can_stand_in_a_file_raises(text):
    faults = []
    node = read(text, "f.yaml", faults)
    assert (node is None) == bool(faults)
