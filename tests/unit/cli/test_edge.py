"""What a user of the command line sees when something is refused, and when we fail."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from openprotect.cli.commands import COMMANDS, openprotect
from openprotect.cli.edge import run
from openprotect.lib.errors import BadInput, Fault, Refusal


class NotToday(Refusal):
    """Come back on {day}.

    Only the first paragraph is the sentence.
    """


def ends(error: BaseException | None, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    @click.command()
    def command() -> None:
        if error is not None:
            raise error

    return run(command, []), capsys.readouterr().err


def test_what_is_done_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(None, capsys) == (0, "")


def test_a_refusal_is_its_sentence_and_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(NotToday(day="Monday"), capsys) == (2, "Come back on Monday.\n")


def test_bad_input_is_one_line_a_fault_and_two(capsys: pytest.CaptureFixture[str]) -> None:
    faults = [Fault("list.csv", "row 12", "Date", "x", "a date"), Fault("list.csv", "", "", "nothing", "a header")]
    code, said = ends(BadInput(faults), capsys)
    assert code == 2
    assert said.splitlines()[:2] == [
        "list.csv, row 12, column Date: read 'x', expected a date",
        "list.csv: read 'nothing', expected a header",
    ]


def test_our_failure_is_one_sentence_and_one_and_its_traceback_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = ends(ZeroDivisionError("a person's name"), capsys)
    assert code == 1
    assert "a person's name" not in said
    log = Path(re.search(r"written in (\S+)\.\n", said)[1])
    assert "a person's name" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0
    log.unlink()


@pytest.mark.parametrize("arguments", [["no-such-command"], ["--no-such-option"]])
def test_wrong_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(openprotect, arguments) == 2
    assert "No such" in capsys.readouterr().err


def test_ctrl_c_is_not_a_failure_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(KeyboardInterrupt(), capsys) == (130, "\n")


def test_help_names_every_command_and_needs_neither_django_nor_a_database() -> None:
    script = (
        "import sys; from openprotect.cli.commands import openprotect as o; o.main(['--help'], standalone_mode=False);"
        "sys.exit('django' in sys.modules)"
    )
    helped = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert [name for name in COMMANDS if name not in helped.stdout] == []


def test_bytes_that_are_no_characters_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(openprotect, ["organisation", "show", "\udcff"]) == 2
    assert "no characters of UTF-8" in capsys.readouterr().err


def test_very_many_faults_are_not_all_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = ends(BadInput([Fault("a.csv", f"row {row}", "", "x", "y") for row in range(1_000)]), capsys)
    assert code == 2
    assert len(said.splitlines()) == 202
    assert "And 800 more" in said


@pytest.mark.parametrize(
    "deep", ["a=" + "[" * 5_000, "a=" + "9" * 5_000, '[roles.x]\nlabel="a\\u0000"\npermissions=[]']
)
@pytest.mark.parametrize("command", ["basis", "role"])
def test_a_file_that_no_reader_can_take_is_refused(
    command: str, deep: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "deep.toml"
    file.write_text(deep)
    assert run(openprotect, [command, "load", str(file)]) == 2
    assert "deep.toml" in capsys.readouterr().err
