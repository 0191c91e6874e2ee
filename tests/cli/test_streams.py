"""Which stream gets what, seen in a process of its own: results on stdout, a user's lines on stderr, nothing else."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.mark.tensorflow
def test_tensorflow_says_nothing_of_its_own(edgeprune_process, samples, tmp_path, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
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


def test_ctrl_c_shows_no_traceback_at_any_moment_of_the_start(samples):
    program = "from edgeprune.cli.main import main; print('ready', flush=True); main()"
    command = [sys.executable, "-c", program, "inspect", samples / "digits_cnn.keras"]
    for moment in range(8):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            time.sleep(0.003 * 2**moment)
            process.send_signal(signal.SIGINT)
            stderr = process.communicate()[1]
        told = (process.returncode, stderr)
        assert told in ((130, b"error: interrupted\n"), (0, b"")), (moment, told)


@pytest.mark.parametrize(
    "shell",
    [
        "{edgeprune} --help | true",
        "{edgeprune} {arguments} | head -1 > /dev/null",
        "{edgeprune} {arguments} >&-",
        "{edgeprune} {arguments} 2>&- > /dev/null",
        "{edgeprune} {arguments} --verbose 2> /dev/full > /dev/null",
        "PYTHONIOENCODING=ascii {edgeprune} {arguments} > /dev/null",
        "PYTHONIOENCODING=cp1252 {edgeprune} methods > /dev/null",
    ],
)
def test_no_stream_breaks_a_run(shell, samples):
    done = in_a_shell(shell, samples)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_results_that_cannot_be_printed_are_an_error(samples):
    done = in_a_shell("{edgeprune} {arguments} > /dev/full", samples)
    assert done.returncode == 1
    assert done.stderr == b"error: stdout: No space left on device: results are not printed; redirect them elsewhere\n"


def test_tables_are_plain_where_the_encoding_has_no_lines(samples):
    done = in_a_shell("PYTHONIOENCODING=ascii {edgeprune} {arguments}", samples)
    assert b"------" in done.stdout
    assert b"\\u" not in done.stdout


def in_a_shell(line: str, samples: Path) -> "subprocess.CompletedProcess[bytes]":
    script = Path(sys.executable).with_name("edgeprune")
    command = line.format(edgeprune=script, arguments=f"inspect {samples / 'digits_cnn.keras'}")
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, timeout=60, check=False)


def test_a_reader_that_leaves_early_is_no_error(samples):
    script = Path(sys.executable).with_name("edgeprune")
    command = [script, "inspect", samples / "digits_cnn.keras", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (0, b"")


def test_what_foreign_code_makes_of_an_interrupt_is_told_as_one(edgeprune, samples, monkeypatch):
    def lost(*arguments, **options):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        raise TypeError("expected a sequence of integers, got 'TensorShape([8, 3])'")

    monkeypatch.setattr("edgeprune.pipeline.commands.inspect.inspect", lost)
    done = edgeprune("inspect", samples / "digits_mlp.h5")
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "error: interrupted\n")
