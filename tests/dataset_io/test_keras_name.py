import gzip
import subprocess
import sys

import numpy as np
import pytest

from contracts.errors import DataError
from dataset_io.opening import open_data
from dataset_io.options import DataOptions

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
DIGITS = np.arange(20, dtype=np.uint8) % 10

READ_TWICE = """
import sys
from pathlib import Path
from contracts.errors import DataError
from contracts.model import Interface, Port
from dataset_io.opening import open_data
from dataset_io.options import DataOptions
ports = {"inputs": (Port(name="x", shape=(784,)),), "outputs": (Port(name="y", shape=(10,), activation="softmax"),)}
data = open_data("fashion_mnist", Interface(**ports), DataOptions())
print(data.train.size, data.validation.size, data.test.size)
Path(sys.argv[1]).unlink()
try:
    open_data("fashion_mnist", Interface(**ports), DataOptions())
except DataError as error:
    print(error)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A Keras cache of our own, and a network that nobody answers on."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")
    (tmp_path / "datasets").mkdir()
    return tmp_path / "datasets"


def test_mnist_from_the_cache(cache, make_interface):
    np.savez(cache / "mnist.npz", x_train=PIXELS, y_train=DIGITS, x_test=PIXELS[:10], y_test=DIGITS[:10])
    data = open_data("mnist", make_interface((28, 28, 1)), DataOptions())
    assert (data.train.size, data.validation.size, data.test.size) == (18, 2, 10)
    assert (cache / "mnist.npz").is_file()


def test_other_names_are_read_by_keras_from_its_cache_or_said_to_be_missing(cache):
    """In a process of its own: Keras reads KERAS_HOME once, on import."""

    folder = cache / "fashion-mnist"
    folder.mkdir()
    for part, count in (("train", 20), ("t10k", 10)):
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(16) + PIXELS[:count].tobytes()))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(8) + DIGITS[:count].tobytes()))
    command = [sys.executable, "-c", READ_TWICE, str(folder / "train-images-idx3-ubyte.gz")]
    sizes, missing = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert sizes == "18 2 10"
    assert missing.startswith(f"fashion_mnist is not in Keras's cache ({cache}), and cannot be downloaded; run ")


def test_a_folder_of_that_name_comes_first(tmp_path, make_interface, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").mkdir()
    with pytest.raises(DataError, match="is an empty folder"):
        open_data("mnist", make_interface((784,)), DataOptions())
