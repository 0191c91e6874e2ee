"""The folder in which a run keeps what took it long, so that neither a kill nor a failure afterwards loses it.

In the folder of `--store`, or in `.edgeprune` in the working folder, which goes when the run succeeds.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edgeprune.contracts.results import Result
from edgeprune.pipeline.reporting import Reporter

CACHE = Path(".edgeprune")
MOST_RUNS = 5
"""So many runs that did not succeed are kept in CACHE, the latest ones."""

IGNORE_FILE = ".gitignore"
RUN_NAME = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, kw_only=True)
class KeptRun:
    """The folder of one run, and whether the user named the place (`given`); `note` tells the user."""

    folder: Path
    given: bool
    note: Callable[[str], None]

    def make(self, part: str = "") -> None:
        """Make the folders, in the cache with a file that keeps git from looking. Raises OSError."""
        (self.folder / part).mkdir(parents=True, exist_ok=True)
        if not self.given:
            (self.folder.parent / IGNORE_FILE).write_text("*\n", encoding="utf-8")

    def tell_what_is_kept(self) -> None:
        """Say where it lies, or leave no empty folder behind."""
        if any(path.is_file() for path in self.folder.rglob("*")):
            self.note(
                f"what this run has finished is kept in {self.folder}: the same command continues from there, "
                "also with other outputs, another .tflite or other gates"
            )
        else:
            self.clear()

    def clear(self) -> None:
        """Remove what was made in the cache: this run's folder, and the cache itself where nothing else is in it."""
        if not self.given:
            shutil.rmtree(self.folder, ignore_errors=True)
            _remove_empty_cache()


def keeping(name: str, store: str | None, reporter: Reporter, run: Callable[[KeptRun | None], Result]) -> Result:
    """Do the work of a command with a folder of that name, in `store` or else in the cache; None where none can be.

    What is in it stays where the run does not succeed, and where the user named the place.
    """
    kept = _open(name, store, reporter)
    if kept is None:
        return run(None)
    try:
        result = run(kept)
    except BaseException:
        kept.tell_what_is_kept()
        raise
    if result.interrupted:
        kept.tell_what_is_kept()
    else:
        kept.clear()
    return result


def _open(name: str, store: str | None, reporter: Reporter) -> KeptRun | None:
    """Nothing is made yet: a run that is killed while it starts leaves nothing."""
    if store:
        return KeptRun(folder=Path(store) / name, given=True, note=reporter.note)
    if reason := obstacle(CACHE):
        reporter.note(
            f"should this run fail, nothing of it is kept: {CACHE} cannot be made here: {reason}; "
            "--store FOLDER names another place"
        )
        return None
    with suppress(OSError):
        _remove_old_runs(name)
    return KeptRun(folder=CACHE / name, given=False, note=reporter.note)


def obstacle(folder: Path) -> str:
    """Why nothing can be kept in a folder that may not exist yet; empty where it can."""
    path = folder.absolute()
    existing = next(place for place in (path, *path.parents) if os.path.lexists(place))
    if not existing.is_dir():
        return f"{existing} is no folder"
    try:
        Path(tempfile.mkdtemp(prefix=f"{CACHE}_", dir=existing)).rmdir()
    except OSError as error:
        return f"{existing}: {error.strerror}"
    return ""


def _remove_old_runs(but: str) -> None:
    """Of other runs' folders, leave those that hold something, and of them the latest only."""
    found = [path for path in _entries(CACHE) if RUN_NAME.fullmatch(path.name) and path.name != but]
    others = [path for path in found if path.is_dir() and not path.is_symlink()]
    full = [path for path in others if any(path.iterdir())]
    latest = sorted(full, key=lambda path: path.stat().st_mtime_ns)[1 - MOST_RUNS :]
    for path in others:
        if path not in latest:
            shutil.rmtree(path, ignore_errors=True)


def _remove_empty_cache() -> None:
    """Remove the cache unless another run has something in it."""
    if [path.name for path in _entries(CACHE)] == [IGNORE_FILE]:
        with suppress(OSError):  # another run makes its folder at this moment
            (CACHE / IGNORE_FILE).unlink()
            CACHE.rmdir()


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
