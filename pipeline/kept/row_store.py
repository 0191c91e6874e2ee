"""Finished rows of a sweep, kept one file each, so that a killed sweep goes on where it was."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import OutputError
from edgeprune.contracts.origin import differences, origin
from edgeprune.contracts.results import ClassScores, Measurement
from edgeprune.pipeline.kept.kept_run import KeptRun

SUFFIX = ".json"


class RowStore:
    """Rows by what decides them: the recipe of their point, the content of model and data, and what made them.

    A file that is damaged, or was made elsewhere, is left aside with a note.
    """

    def __init__(self, place: KeptRun, identity: str) -> None:
        self._place, self._folder, self._identity, self._note = place, place.folder, identity, place.note
        self._told: set[str] = set()

    def get(self, point: Mapping[str, Any]) -> tuple[Measurement, ...] | None:
        """The rows of a finished point; None where it is not finished, or its file does not serve."""
        file = self._file(point)
        if not file.exists():
            self._tell_of_others(file)
            return None
        try:
            return _read(file, point)
        except OSError as error:
            self._note(f"{file}: cannot be read ({error.strerror}): measured again")
        except (ValueError, TypeError, KeyError, RecursionError):
            self._note(f"{file}: damaged, or not a kept row: measured again")
        return None

    def put(self, point: Mapping[str, Any], rows: tuple[Measurement, ...]) -> None:
        """Keep the rows of a point, whole or not at all. Raises OutputError where that cannot be written."""
        file = self._file(point)
        if file.exists() and not file.is_file():  # said by `get`
            return
        content = {"origin": dict(origin()), "point": dict(point), "rows": [asdict(row) for row in rows]}
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._place.make()
            text = json.dumps({"checksum": _checksum(content), **content}, indent=2)
            temporary.write_text(text + "\n", encoding="utf-8")
            temporary.replace(file)
        except OSError as error:
            hint = "free some space, or give another --store"
            raise OutputError(f"{file}: cannot be written: {error.strerror}", hint) from error
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _file(self, point: Mapping[str, Any]) -> Path:
        decisive, made = _checksum([self._identity, dict(point)]), _checksum(dict(origin()))
        return self._folder / f"{decisive[:24]}-{made[:8]}{SUFFIX}"

    def _tell_of_others(self, file: Path) -> None:
        """Say once why rows of the same point, made by another machine or other versions, are not taken."""
        for other in self._folder.glob(f"{file.name.partition('-')[0]}-*{SUFFIX}"):
            try:
                reason = differences(json.loads(other.read_text(encoding="utf-8"))["origin"])
            except (OSError, ValueError, TypeError, KeyError, RecursionError):
                continue
            if reason not in self._told:
                self._told.add(reason)
                self._note(f"rows in {self._folder} are measured again: they were {reason}")


def _read(file: Path, point: Mapping[str, Any]) -> tuple[Measurement, ...]:
    """Raises ValueError, TypeError or KeyError for a file that is none of ours, or not as it was written."""
    if not file.is_file():
        raise ValueError("no file")
    content = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError("no object")
    checksum = content.pop("checksum")
    if checksum != _checksum(content) or content["point"] != _as_json(dict(point)) or differences(content["origin"]):
        raise ValueError("not as it was written")
    return tuple(_measurement(row) for row in content["rows"])


def _measurement(row: Mapping[str, Any]) -> Measurement:
    classes = row["class_scores"]
    known = classes and ClassScores(**{name: tuple(values) for name, values in classes.items()})
    return Measurement(**{**row, "class_scores": known})


def _checksum(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _as_json(content: Any) -> Any:
    """As it reads after it was written: tuples become lists."""
    return json.loads(json.dumps(content))


def identify(*paths: Path) -> str:
    """A digest of the files that a command works on: their content; of folders names, sizes and times.

    What is hidden does not count: what a run keeps may lie there too.
    """
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        elif path.is_dir():
            for line in sorted(_facts(path)):
                digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _facts(folder: Path) -> Iterator[str]:
    """A line for each file in a folder."""
    for file in folder.rglob("*"):
        name = file.relative_to(folder)
        if file.is_file() and not any(part.startswith(".") for part in name.parts):
            status = file.stat()
            yield f"{name} {status.st_size} {status.st_mtime_ns}\n"
