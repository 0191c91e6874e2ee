"""What is taken for a lack of memory, and how a TensorFlow that cannot start is told."""

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgeprune.contracts.errors import ModelFileError
from edgeprune.contracts.processes.memory import is_out_of_memory

ROOT = Path(__file__).parents[3]


def test_a_lack_of_memory_is_known_whoever_noticed_it():
    with pytest.raises(MemoryError) as numpys:
        np.empty(2**60, np.uint8)
    wrapped = ModelFileError("Keras cannot load it")
    wrapped.__cause__ = MemoryError()
    for error in (
        numpys.value,
        wrapped,
        ImportError("libtensorflow_cc.so.2: failed to map segment from shared object"),
    ):
        assert is_out_of_memory(error)
    for error in (ValueError("of the wrong shape"), OSError(28, "No space left on device"), KeyError("memory")):
        assert not is_out_of_memory(error)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound the address space")
def test_a_tensorflow_that_cannot_start_is_one_line(samples, tmp_path):
    script = Path(sys.executable).with_name("edgeprune")
    line = f"ulimit -v 700000; {script} prune {samples / 'digits_mlp.h5'} --threshold 0.02"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (error,) = done.stderr.splitlines()
    assert error.startswith("error: TensorFlow cannot start within 0.668 GiB, the limit on this process's memory")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound the address space")
def test_within_a_limit_linear_algebra_starts_no_threads(tmp_path):
    """OpenBLAS sends SIGINT where a thread finds no memory, and that would be told as Ctrl-C."""
    program = (
        "import os; from edgeprune.contracts.processes import memory; memory.spare(); "
        "print(os.environ.get('OPENBLAS_NUM_THREADS'))"
    )
    line = f"ulimit -v 2000000; env -u OPENBLAS_NUM_THREADS {sys.executable} -c {shlex.quote(program)}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "1\n"
