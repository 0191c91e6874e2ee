"""Finished rows of a sweep, kept one file each, so that a killed sweep goes on where it was."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.results import Measurement
from pipeline.outputs import write_text


@dataclass(frozen=True)
class RowStore:
    """Rows by what decides them: the recipe of their point, and the content of model and data."""

    folder: Path
    identity: str

    def get(self, point: Mapping[str, Any]) -> tuple[Measurement, ...] | None:
        """The rows of a finished point; None where it is not finished."""
        file = self._file(point)
        if not file.exists():
            return None
        return tuple(Measurement(**row) for row in json.loads(file.read_text(encoding="utf-8"))["rows"])

    def put(self, point: Mapping[str, Any], rows: tuple[Measurement, ...]) -> None:
        """Keep the rows of a point, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {"point": dict(point), "rows": [row.as_row() for row in rows]}
        write_text(self._file(point), json.dumps(content, indent=2) + "\n", force=True)

    def _file(self, point: Mapping[str, Any]) -> Path:
        text = json.dumps([self.identity, dict(point)], sort_keys=True)
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.json"


def identify(*paths: Path) -> str:
    """A digest of the files that a sweep works on (content; of folders names, sizes and times)."""
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        elif path.is_dir():
            for file in sorted(path.rglob("*")):
                status = file.stat()
                digest.update(f"{file.relative_to(path)} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()
