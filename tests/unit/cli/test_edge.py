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
