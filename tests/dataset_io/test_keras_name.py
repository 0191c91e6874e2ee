import gzip
import subprocess
import sys

import numpy as np
import pytest

from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
DIGITS = np.arange(20, dtype=np.uint8) % 10

READ_TWICE = """
import sys
from pathlib import Path
from edgeprune.contracts.errors import DataError
from edgeprune.contracts.model import Interface, Port
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions
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


def test_a_missing_mnist_is_said_with_its_place(cache, make_interface):
    with pytest.raises(DataError, match=r"mnist\.npz does not exist, and nothing is downloaded; put it there"):
        open_data("mnist", make_interface((28, 28, 1)), DataOptions())


def test_another_file_than_the_published_one_is_refused_and_kept(cache, make_interface):
    """Keras would delete it, then read what comes with NumPy's `allow_pickle`."""
    file = cache / "boston_housing.npz"
    np.savez(file, x=np.ones((4, 13)), y=np.ones(4))
    with pytest.raises(DataError, match=r"boston_housing\.npz: is not the file that Keras publishes as https://"):
        open_data("boston_housing", make_interface((13,)), DataOptions())
    assert file.is_file()


@pytest.mark.tensorflow
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
    lost = folder / "train-images-idx3-ubyte.gz"
    assert missing.startswith(
        f"fashion_mnist is not in Keras's cache: {lost} does not exist, and nothing is downloaded; "
    )


def test_a_folder_of_that_name_comes_first(tmp_path, make_interface, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").mkdir()
    with pytest.raises(DataError, match="is an empty folder"):
        open_data("mnist", make_interface((784,)), DataOptions())
