"""Rows of results as csv, Markdown or JSON text."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.results import Measurement, Result

SUFFIXES = (".csv", ".json", ".md")
PLOT_SUFFIXES = (".png", ".svg")


def check_suffix(flag: str, file: str | None, suffixes: Sequence[str]) -> None:
    """Raise UsageError for a file name whose suffix says no known format."""
    if file and Path(file).suffix not in suffixes:
        raise UsageError(f"{flag} {file}: expected a name that ends in {', '.join(suffixes)}")


def result_text(result: Result, suffix: str) -> str:
    """A result in the format that a file name's suffix says."""
    if suffix == ".json":
        return result.to_json() + "\n"
    rows = plain_rows(result.rows)
    return markdown(rows) if suffix == ".md" else csv_text(rows)


def plain_rows(rows: Sequence[Measurement]) -> list[Mapping[str, Any]]:
    """Rows by their JSON keys; keys that are null throughout are left out, and what is no single value."""
    full = [row.as_row() for row in rows]
    keys = [
        key
        for key in (full[0] if full else {})
        if any(row[key] is not None and not isinstance(row[key], list) for row in full)
    ]
    return [{key: row[key] for key in keys} for row in full]


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as csv with a heading; null is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a Markdown table; null is an empty cell."""
    keys = list(rows[0]) if rows else []
    lines = [keys, ["---"] * len(keys), *([_cell(row[key]) for key in keys] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
