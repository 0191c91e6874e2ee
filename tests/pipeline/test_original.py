"""The user's original is found by the report beside a pruned model; a report is not believed, contents are."""

import json
import shutil

import h5py
import pytest

from edgeprune.pipeline.model_report import content_digest, report_of
from edgeprune.pipeline.original import find_original


class Notes(list):
    """A reporter, as far as this needs one."""

    note = list.append


def model(path, content):
    with h5py.File(path, "w") as file:
        file["weights"] = content
    return path


def pruned(path, original, content, named=None, **more):
    """A model with its report, as `prune` leaves them."""
    model(path, content)
    digests = {"original": content_digest(original), "output": content_digest(path)}
    report = {"command": "prune", "model": named or str(original), "sha256": digests, **more}
    report_of(path).write_text(json.dumps(report))
    return path


@pytest.fixture
def files(tmp_path):
    """A folder with an original and what was pruned from it."""
    original = model(tmp_path / "o.h5", "original")
    return original, pruned(tmp_path / "p.h5", original, "pruned")


def found(path, named=None):
    notes = Notes()
    original = find_original(path, named, notes)
    return original and original.path, notes


def test_the_original_is_the_first_of_all_that_were_pruned(files, tmp_path):
    original, once = files
    twice = pruned(tmp_path / "q.h5", once, "again")
    for path in (once, twice):
        place, (note,) = found(path)
        assert place == original
        assert note == f"changes are against {original}, the original that {once}.json names"
    assert found(original) == (None, [])
    assert found(twice, "other.h5")[0].name == "other.h5"


def test_an_original_that_was_moved_along_is_found(files, tmp_path):
    (tmp_path / "moved").mkdir()
    places = [shutil.move(path, tmp_path / "moved") for path in (*files, report_of(files[1]))]
    assert found(tmp_path / "moved" / "p.h5")[0] == tmp_path / "moved" / "o.h5"
    assert len(places) == 3


def test_folders_are_known_by_their_content(files, tmp_path):
    folder = tmp_path / "saved"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    small = pruned(tmp_path / "s.h5", folder, "small")
    assert found(small)[0] == folder
    shutil.copytree(folder, tmp_path / "copy")
    assert content_digest(tmp_path / "copy") == content_digest(folder)
    (folder / "variables" / "more").write_bytes(b"")
    assert found(small)[0] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o, _: o.unlink(), "p.h5.json: the original {o} is not there; changes are against the given file;"),
        (lambda o, _: model(o, "changed"), "the original {o} has changed; "),
        (lambda o, _: o.write_text("no model"), "the original {o} is not there; "),
        (lambda _, p: model(p, "changed"), "p.h5.json is of another file than {p} is now; "),
    ],
)
def test_what_is_not_as_it_was_is_told_and_not_taken(files, change, message):
    change(*files)
    place, (note,) = found(files[1])
    assert place is None
    assert message.format(o=files[0], p=files[1]) in note


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", "[" * 100_000, '{"command": "prune"}', '{"command": "prune", "model": 3, "sha256": {}}', "\0"],
)
def test_what_is_no_report_is_left_alone(files, content):
    report_of(files[1]).write_text(content)
    assert found(files[1]) == (None, [])


def test_a_name_that_would_write_on_the_terminal_is_not_printed(files, tmp_path):
    path = pruned(tmp_path / "e.h5", files[0], "escape", named="\x1b]0;title\x07.h5")
    assert found(path) == (None, [])
    report_of(path).unlink()
    report_of(path).mkdir()
    assert found(path) == (None, [])
