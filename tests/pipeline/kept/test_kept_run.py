"""A run's folder in the cache: there until the run succeeds, never many of them, never in the way."""

import contextlib

import pytest

from edgeprune.contracts.results import Result
from edgeprune.pipeline.kept.kept_run import CACHE, MOST_RUNS, keeping

RESULT = Result(command="prune", model="m.h5")


class Notes(list):
    """A reporter, as far as a run's folder needs one."""

    note = list.append


@pytest.fixture(autouse=True)
def here(tmp_path):
    with contextlib.chdir(tmp_path):
        yield tmp_path


def name(number):
    return f"{number:024x}"


def run_one(number, result=RESULT, error=None, store=None, writes=True):
    """The notes of a run that writes a file (or not) and then fails or gives a result."""
    notes = Notes()

    def work(kept):
        if kept and writes:
            kept.make()
            (kept.folder / "weights").touch()
        if error:
            raise error
        return result

    with contextlib.suppress(type(error) if error else ()):
        keeping(name(number), store, notes, work)
    return notes


def test_what_failed_is_kept_and_told_and_success_removes_it():
    (told,) = run_one(1, error=KeyboardInterrupt())
    assert f"kept in {CACHE / name(1)}: the same command continues from there" in told
    assert (CACHE / name(1) / "weights").exists()
    assert (CACHE / ".gitignore").read_text() == "*\n"
    assert run_one(2) == []
    assert not (CACHE / name(2)).exists()
    assert run_one(1) == []
    assert not CACHE.exists()


def test_an_interrupted_result_is_kept_too():
    (told,) = run_one(1, result=Result(command="prune", model="m.h5", interrupted=True))
    assert "is kept in" in told
    assert CACHE.exists()


def test_no_empty_folder_is_left():
    assert run_one(1, error=ValueError(), writes=False) == []
    assert not CACHE.exists()
    (CACHE / name(2)).mkdir(parents=True)  # of a run that was killed at once
    assert run_one(1) == []
    assert not CACHE.exists()


def test_of_failed_runs_the_latest_are_kept_and_nothing_else_is_touched():
    CACHE.mkdir()
    (CACHE / "mine").mkdir()
    for number in range(MOST_RUNS + 3):
        run_one(number, error=ValueError())
    kept = sorted(path.name for path in CACHE.iterdir() if path.is_dir())
    assert kept == [*(name(number) for number in range(3, MOST_RUNS + 3)), "mine"]


def test_where_no_cache_can_be_made_the_run_goes_on_without(here):
    CACHE.write_text("a file")
    notes = run_one(1)
    assert len(notes) == 1
    assert f"{CACHE} cannot be made here: {CACHE.absolute()} is no folder" in notes[0]
    assert CACHE.read_text() == "a file"


def test_a_named_store_stays_after_success():
    assert run_one(1, store="kept") == []
    assert [path.name for path in CACHE.parent.iterdir()] == ["kept"]
    (told,) = run_one(1, store="kept", error=ValueError())
    assert f"kept in kept/{name(1)}" in told
