"""Finished rows of a sweep belong to a recipe, a model and a data file."""

from contracts.results import Measurement
from pipeline.store import RowStore, identify


def test_rows_come_back_as_they_were(tmp_path):
    store = RowStore(tmp_path / "rows", "a")
    rows = (Measurement(threshold=0.1, score=0.123456789), Measurement(threshold=0.1, quantize="int8"))
    assert store.get({"threshold": 0.1}) is None
    store.put({"threshold": 0.1}, rows)
    assert store.get({"threshold": 0.1}) == rows
    assert store.get({"threshold": 0.2}) is None
    assert RowStore(tmp_path / "rows", "b").get({"threshold": 0.1}) is None


def test_the_identity_follows_the_content(tmp_path):
    file = tmp_path / "model.h5"
    file.write_bytes(b"one")
    first = identify(file)
    assert identify(file) == first
    assert identify(file, file) != first
    file.write_bytes(b"two")
    assert identify(file) != first
