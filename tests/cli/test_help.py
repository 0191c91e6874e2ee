"""The help texts: word for word, and ending with an example that runs as printed.

After a change of a help text: `python tests/cli/test_help.py`, and look at what `git diff` shows.
"""

import contextlib
import io
import os
import shlex
from pathlib import Path
from unittest.mock import patch

import pytest

from edgeprune.cli.command_line import app
from edgeprune.cli.main import run

GOLDEN = Path(__file__).with_name("golden")
WIDTH = 80
COMMANDS = [str(command.name) for command in app.registered_commands]
PAGES = {"edgeprune": ["--help"], **{name: [name, "--help"] for name in COMMANDS}}


def help_text(page: str) -> str:
    """A help text on a terminal of WIDTH columns, without Rich's padding."""
    output = io.StringIO()
    with patch.dict(os.environ, COLUMNS=str(WIDTH)), contextlib.redirect_stdout(output):
        assert run(PAGES[page]) == 0
    return "".join(f"{line.rstrip()}\n" for line in output.getvalue().splitlines())


@pytest.mark.parametrize("page", PAGES)
def test_the_help_reads_as_agreed(page):
    assert help_text(page) == (GOLDEN / f"{page}.txt").read_text(encoding="utf-8")


def test_every_golden_text_belongs_to_a_command():
    assert {file.stem for file in GOLDEN.iterdir()} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_the_help_fits_the_terminal(page):
    assert max(len(line) for line in help_text(page).splitlines()) <= WIDTH


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_ends_with_an_example_that_runs_as_printed(command, edgeprune, samples, tmp_path):
    (tmp_path / "sample_models").symlink_to(samples)
    example = help_text(command).rpartition("Example:\n\n")[2]
    program, *arguments = shlex.split(example.replace("\\\n", ""))
    assert (program, arguments[0]) == ("edgeprune", command)
    done = edgeprune(*arguments, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr


if __name__ == "__main__":
    for stale in GOLDEN.glob("*.txt"):
        stale.unlink()
    for name in PAGES:
        (GOLDEN / f"{name}.txt").write_text(help_text(name), encoding="utf-8")
