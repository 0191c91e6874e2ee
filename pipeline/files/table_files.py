"""Rows of results as csv, Markdown or JSON text."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.results import Measurement, Result
from edgeprune.pipeline.files.columns import COLUMNS, KEYS, NOTHING, heading

SUFFIXES = (".csv", ".json", ".md")
PLOT_SUFFIXES = (".png", ".svg")


def check_suffix(flag: str, file: str | None, suffixes: Sequence[str]) -> None:
    """Raise UsageError for a file name whose suffix says no known format."""
    if file and Path(file).suffix not in suffixes:
        raise UsageError(f"{flag} {file}: expected a name that ends in {', '.join(suffixes)}")


def result_text(result: Result, suffix: str, columns: Sequence[str] | None) -> str:
    """A result in the format that a file name's suffix says; columns as for `rows_text`."""
    if suffix == ".json":
        return result.to_json() + "\n"
    return rows_text(result.rows, columns, is_markdown=suffix == ".md")


def rows_text(rows: Sequence[Measurement], columns: Sequence[str] | None, *, is_markdown: bool) -> str:
    """Rows as csv, by their JSON keys, or as Markdown, by the table's headings and with its units.

    columns: those of the table; None: all of the JSON, by their keys in Markdown too.
    """
    if is_markdown:
        return markdown(_plain_rows(rows, None) if columns is None else _table_rows(rows, columns))
    return csv_text(_plain_rows(rows, columns))


def _table_rows(rows: Sequence[Measurement], columns: Sequence[str]) -> list[Mapping[str, str]]:
    """The cells of the table by their headings; columns without a value are left out."""
    used = [name for name in columns if any(COLUMNS[name].cell(row) not in NOTHING for row in rows)]
    headings = {name: " ".join(heading(COLUMNS[name], rows).split()) for name in used}
    return [{headings[name]: COLUMNS[name].cell(row) for name in used} for row in rows]


def _plain_rows(rows: Sequence[Measurement], columns: Sequence[str] | None) -> list[Mapping[str, Any]]:
    """Rows by their JSON keys; keys that are null throughout are left out, and what is no single value."""
    full = [row.as_row() for row in rows]
    known = list(full[0] if full else {})
    asked = known if columns is None else [key for name in columns for key in KEYS.get(name, (name,))]
    keys = [key for key in asked if any(row[key] is not None and not isinstance(row[key], list) for row in full)]
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
