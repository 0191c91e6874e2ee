"""Completion in bash, with the script that the command shows."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
PATH={folder}:$PATH
eval "$(edgeprune --show-completion bash)" || exit
COMP_WORDS=({line})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_edgeprune_completion edgeprune
echo "${{COMPREPLY[*]}}"
"""


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("edgeprune ex", "export"),
        ("edgeprune prune model.h5 --thr", "--threshold"),
        ("edgeprune prune model.h5 --method it", "iterative"),
    ],
)
def test_commands_options_and_names_are_completed(line, offered):
    program = PROGRAM.format(folder=Path(sys.executable).parent, line=line)
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{offered}\n", "")


def test_a_shell_that_there_is_not_is_told(edgeprune, monkeypatch):
    monkeypatch.setenv("_EDGEPRUNE_COMPLETE", "complete_nosuch")
    assert edgeprune().exit_code == 1
