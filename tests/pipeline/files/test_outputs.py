"""Outputs appear whole or not at all."""

import errno

import pytest

from edgeprune.contracts.errors import OutputError
from edgeprune.contracts.processes.memory import is_out_of_memory
from edgeprune.pipeline.files.outputs import all_whole, check_free, check_outputs, whole


def test_nothing_is_left_of_a_failed_output(tmp_path):
    def write() -> None:
        with whole(tmp_path / "a.txt", force=False) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_error_and_the_old_file_stays(tmp_path):
    old = tmp_path / "a.txt"
    old.write_text("old")
    with pytest.raises(OutputError, match=r"a\.txt.*No space left"), whole(old, force=True):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert old.read_text() == "old"


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    saved = tmp_path / "model"
    saved.mkdir()
    (saved / "saved_model.pb").touch()
    with whole(saved, force=True) as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
    assert [file.name for file in saved.iterdir()] == ["new"]


def test_a_missing_folder_is_said_before_the_work(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        check_free(tmp_path / "no" / "a.txt", force=False)


def test_of_several_outputs_all_appear_or_none(tmp_path):
    files = [tmp_path / "a.txt", tmp_path / "b.txt"]

    def write() -> None:
        with all_whole(files, force=False) as places:
            places[0].write_text("complete")
            raise RuntimeError("Can't decrement id ref count (errno = 27, error message = 'File too large')")

    with pytest.raises(OutputError, match=r"a\.txt, .*b\.txt.*File too large"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_tensorflow_s_word_for_a_full_disk_is_understood(tmp_path):
    class ResourceExhaustedError(Exception):
        """As TensorFlow's, by name and message."""

    with pytest.raises(OutputError, match="No space left on device; nothing was written; free some space") as caught:  # noqa: SIM117
        with whole(tmp_path / "model", force=False):
            raise ResourceExhaustedError("{{node SaveV2}} variables.data-00000; No space left on device [Op:SaveV2]")
    assert not is_out_of_memory(caught.value)


def test_inputs_and_folders_are_never_overwritten(tmp_path):
    model, folder = tmp_path / "model.h5", tmp_path / "home"
    model.touch()
    folder.mkdir()
    for outputs, reason in (
        ([folder / ".." / "model.h5"], "is an input of this command"),
        ([tmp_path / "a", tmp_path / "a"], "two outputs have this name"),
        ([folder], "is a folder but no SavedModel"),
    ):
        with pytest.raises(OutputError, match=reason):
            check_outputs(outputs, [model], force=True)
