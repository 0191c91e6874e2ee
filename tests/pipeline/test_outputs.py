"""Outputs appear whole or not at all."""

import errno

import pytest

from contracts.errors import OutputError
from pipeline.outputs import check_free, whole


def test_nothing_is_left_of_a_failed_output(tmp_path):
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "a.txt", force=False) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
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
    (saved / "old").touch()
    with whole(saved, force=True) as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
    assert [file.name for file in saved.iterdir()] == ["new"]


def test_a_missing_folder_is_said_before_the_work(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        check_free(tmp_path / "no" / "a.txt", force=False)
