"""Which stream gets what, seen in a process of its own: results on stdout, a user's lines on stderr, nothing else."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path


def test_tensorflow_says_nothing_of_its_own(edgeprune_process, samples, tmp_path):
    model = samples / "digits_mlp.h5"
    done = edgeprune_process("prune", model, "--threshold", 0.02, "--quiet", "--format", "json", cwd=tmp_path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout)["command"] == "prune"


def test_ctrl_c_is_said_in_one_line(samples, tmp_path):
    os.mkfifo(tmp_path / "recipe.toml")
    script = Path(sys.executable).with_name("edgeprune")
    command = [script, "prune", samples / "digits_cnn.keras", "--recipe", tmp_path / "recipe.toml"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        with (tmp_path / "recipe.toml").open("w"):  # waits until the command reads its recipe
            process.send_signal(signal.SIGINT)
            assert process.communicate() == (b"", b"error: interrupted\n")
        assert process.returncode == 130


def test_a_reader_that_leaves_early_is_no_error(samples):
    script = Path(sys.executable).with_name("edgeprune")
    command = [script, "inspect", samples / "digits_cnn.keras", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (0, b"")
