"""Unknown files are tried where a crash does no harm."""

import sys

import keras
import pytest

from edgeprune.contracts.errors import ModelFileError
from edgeprune.tflite_export.conversion.convert import convert
from edgeprune.tflite_export.runtimes.operator_times import operator_times
from edgeprune.tflite_export.runtimes.probe import probe, probe_bytes
from tests.tflite_export.runtimes.test_operator_times import convolutional
from tests.tflite_export.small_models import interface_of


def test_a_sound_file_passes(cases, tmp_path):
    path = tmp_path / "sound.tflite"
    path.write_bytes(cases("keras3", "lstm").converter.convert("none"))
    found = probe(path)
    assert 0 < found.load_ms < 1000
    if sys.platform == "linux":
        assert 0 < found.peak_memory_bytes < 2**28


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_file_takes_at_least_its_own_size():
    """A table of 16 MiB."""
    table = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Embedding(2**16, 64)])
    data = convert(table, interface_of(table, ("meaning",)), "none")
    assert probe_bytes(data).peak_memory_bytes > len(data) > 2**24


def test_a_refused_file_is_named_with_the_reason(tmp_path):
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"no model")
    with pytest.raises(ModelFileError, match=r"broken\.tflite: LiteRT refuses the file"):
        probe(path)


@pytest.mark.parametrize("name", ["contracts/__init__.py", "tflite_export/__init__.py", "json.py"])
def test_nothing_of_the_working_folder_is_run(name, tmp_path, monkeypatch):
    hostile = tmp_path / name
    hostile.parent.mkdir(exist_ok=True)
    hostile.write_text("import pathlib; pathlib.Path('marker').touch()")
    data = convolutional(64)
    monkeypatch.chdir(tmp_path)
    assert probe_bytes(data).load_ms > 0
    assert operator_times(data, threads=1, runs=20)
    assert not (tmp_path / "marker").exists()
