"""The help texts: word for word, and ending with an example that runs as printed.

After a change of a help text: `make golden`, and look at what `git diff` shows.
"""

import shlex

import pytest

from tests.golden import COMMANDS, GOLDEN, PAGES, WIDTH, help_text


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
