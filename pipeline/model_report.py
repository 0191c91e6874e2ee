"""The report that `prune` leaves beside a model. It may be a stranger's, or of a model that has changed since."""

import hashlib
import json
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.scale import Scale
from edgeprune.dataset_io.options import scale_range

DIGESTS = "sha256"
"""Key of the report: digests of the `original` that was pruned, and of the `output`."""
SCALE = "scale"
"""Key of a result: how the inputs are scaled."""
LARGEST_REPORT = 1 << 26


def report_of(model: Path) -> Path:
    """Where the report of a pruned model lies."""
    return Path(f"{model}.json")


def read_report(model: Path) -> dict[str, Any]:
    """The report beside a model; empty where there is none that says by digests of what it is."""
    report = report_of(model)
    try:
        if not report.is_file() or report.stat().st_size > LARGEST_REPORT:
            return {}
        content = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    is_report = isinstance(content, dict) and content.get("command") == "prune"
    return content if is_report and isinstance(content.get(DIGESTS), dict) else {}


def is_of(report: dict[str, Any], model: Path) -> bool:
    """Whether a report is of a model as it is now."""
    return bool(report[DIGESTS].get("output") == content_digest(model))


def recorded_scale(model: Path) -> Scale | None:
    """How inputs were scaled when a model was pruned; None where no report of it tells."""
    report = read_report(model)
    match report.get(SCALE):
        case {"name": str(name), "conventions": [*conventions]} if name != "auto" and is_of(report, model):
            try:
                scale_range(name)
            except UsageError:
                return None
            return Scale(name=name, conventions=tuple(map(str, conventions)))
    return None


def content_digest(path: Path) -> str:
    """A digest of a file's content, or of the names and contents of all files in a folder."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = (f"{file.relative_to(path).as_posix()} {content_digest(file)}\n" for file in files)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
