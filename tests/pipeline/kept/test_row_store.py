"""Finished rows of a sweep belong to a recipe, a model and a data file; what is damaged is never taken for a row."""

import json
import os
import random
import shutil

import pytest

from edgeprune.contracts.origin import origin
from edgeprune.contracts.results import ClassScores, Measurement
from edgeprune.pipeline.kept.kept_run import KeptRun
from edgeprune.pipeline.kept.row_store import RowStore, identify

POINT = {"threshold": 0.1, "include": ("a*",)}
CLASSES = ClassScores(names=("cat", "dog"), examples=(3, 0), scores=(0.3333, None))
ROWS = (
    Measurement(threshold=0.1, score=0.123456789, class_scores=CLASSES),
    Measurement(threshold=0.1, quantize="int8"),
)


def row_store(folder, notes, identity="a"):
    return RowStore(KeptRun(folder=folder, given=True, note=notes.append), identity)


def test_rows_come_back_as_they_were(tmp_path):
    notes = []
    store = row_store(tmp_path / "rows", notes)
    assert store.get(POINT) is None
    store.put(POINT, ROWS)
    assert store.get(POINT) == ROWS
    assert store.get({"threshold": 0.2}) is None
    assert row_store(tmp_path / "rows", notes, "b").get(POINT) is None
    assert notes == []
    assert len(list((tmp_path / "rows").iterdir())) == 1


def cut(file, generator):
    file.write_bytes(file.read_bytes()[: generator.randrange(file.stat().st_size - 2)])


def flip(file, generator):
    content = bytearray(file.read_bytes())
    content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
    file.write_bytes(content)


def garbage(file, generator):
    file.write_bytes(generator.randbytes(generator.randrange(4000)))


def other_json(file, generator):
    file.write_text(generator.choice(["[]", "null", "3", '"text"', "{}", "[" * 5000, '{"rows": {}}', "9" * 5000]))


def changed(file, generator):
    """A number, a type or a key is another."""
    content = json.loads(file.read_text())
    change = generator.choice(["score", "type", "missing", "unknown", "no list", "checksum", "no rows"])
    match change:
        case "score":
            content["rows"][0]["score"] = generator.random()
        case "type":
            content["rows"][0][generator.choice(sorted(content["rows"][0]))] = [{}]
        case "missing":
            del content[generator.choice(sorted(content))]
        case "unknown":
            content["rows"][1]["colour"] = "red"
        case "no list":
            content["rows"] = content["rows"][0]
        case "checksum":
            content["checksum"] = None
        case "no rows":
            content["rows"] = []
    file.write_text(json.dumps(content))


def a_folder(file, generator):
    file.unlink()
    file.mkdir()


def a_pipe(file, generator):
    file.unlink()
    os.mkfifo(file)


def a_device(file, generator):
    file.unlink()
    file.symlink_to("/dev/zero")


def of_another_point(file, generator):
    (other,) = (found for found in file.parent.iterdir() if found != file)
    shutil.copy(other, file)


DAMAGES = (cut, flip, garbage, other_json, changed, a_folder, a_pipe, a_device, of_another_point)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged_rows_are_measured_again_with_a_note(damage, tmp_path):
    for seed in range(12):
        notes, folder = [], tmp_path / str(seed)
        store = row_store(folder, notes)
        store.put(POINT, ROWS)
        (file,) = folder.iterdir()
        store.put({"threshold": 0.2}, ROWS[:1])
        damage(file, random.Random(seed))
        found = store.get(POINT)
        if found == ROWS and not notes:
            continue  # a space that became a tab
        assert (found, len(notes)) == (None, 1)
        assert str(file) in notes[0]
        assert "measured again" in notes[0]
        store.put(POINT, ROWS)
        if file.is_file():
            assert store.get(POINT) == ROWS


def test_rows_of_another_machine_stay_beside_and_are_told_once(tmp_path, monkeypatch):
    notes = []
    store = row_store(tmp_path, notes)
    for threshold in (0.1, 0.2):
        store.put({"threshold": threshold}, ROWS)
    monkeypatch.setattr("edgeprune.contracts.origin._cpu_model", lambda: "another processor")
    origin.cache_clear()
    try:
        assert [store.get({"threshold": threshold}) for threshold in (0.1, 0.2)] == [None, None]
        store.put({"threshold": 0.1}, ROWS[:1])
        assert store.get({"threshold": 0.1}) == ROWS[:1]
    finally:
        monkeypatch.undo()
        origin.cache_clear()
    assert store.get({"threshold": 0.1}) == ROWS
    assert len(notes) == 1
    assert "measured again: they were made with CPU" in notes[0]


def test_the_identity_follows_the_content(tmp_path):
    file = tmp_path / "model.h5"
    file.write_bytes(b"one")
    first = identify(file)
    assert identify(file) == first
    assert identify(file, file) != first
    file.write_bytes(b"two")
    assert identify(file) != first


def test_of_a_folder_names_sizes_and_times_are_looked_at(tmp_path):
    folder = tmp_path / "data"
    (folder / "class").mkdir(parents=True)
    (folder / "class" / "link").symlink_to("nowhere")
    first = identify(folder)
    assert identify(folder.rename(tmp_path / "moved")) == first
    (tmp_path / "moved" / ".edgeprune").mkdir()
    (tmp_path / "moved" / ".edgeprune" / "kept").touch()
    assert identify(tmp_path / "moved") == first
    (tmp_path / "moved" / "class" / "image.png").touch()
    assert identify(tmp_path / "moved") != first
