"""Which stream gets what, seen in a process of its own: results on stdout, a user's lines on stderr, nothing else."""

import json
import subprocess
import sys
from pathlib import Path


def test_tensorflow_says_nothing_of_its_own(edgeprune_process, samples, tmp_path):
    model = samples / "digits_mlp.h5"
    done = edgeprune_process("prune", model, "--threshold", 0.02, "--quiet", "--format", "json", cwd=tmp_path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout)["command"] == "prune"


def test_a_reader_that_leaves_early_is_no_error(samples):
    script = Path(sys.executable).with_name("edgeprune")
    command = [script, "inspect", samples / "digits_cnn.keras", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (0, b"")
