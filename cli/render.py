"""Results to stdout, in the format asked for; nothing else goes there."""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from edgeprune.cli.text_table import text_table
from edgeprune.contracts.results import Measurement, Result
from edgeprune.pipeline.files.columns import COLUMNS, change, heading, telling_columns
from edgeprune.pipeline.files.table_files import csv_text, markdown, rows_text


class Format(StrEnum):
    """--format."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help=f"Format of the printed results. One of: {', '.join(Format)}. Default: table.",
        metavar="NAME",
        show_default=False,
    ),
]


class Columns(StrEnum):
    """--columns."""

    TABLE = "table"
    ALL = "all"


ColumnsOption = Annotated[
    Columns,
    typer.Option(
        "--columns",
        help="Columns of csv and Markdown: those of the table, or all that were measured, under the names of the JSON. "
        f"One of: {', '.join(Columns)}. Default: table.",
        metavar="NAME",
        show_default=False,
    ),
]


def print_result(result: Result, form: Format, columns: Sequence[str], title: str, shown: Columns) -> None:
    """Print a result's rows; as JSON the whole result."""
    if form is Format.JSON:
        print_json(result)
    elif form is Format.TABLE:
        write(measurement_table(result.rows, columns, title))
    else:
        chosen = None if shown is Columns.ALL else columns
        write(rows_text(result.rows, chosen, is_markdown=form is Format.MARKDOWN).rstrip("\n"))


def print_json(result: Result) -> None:
    """Print a result as the object of the JSON contract."""
    write(result.to_json())


def write(text: str) -> None:
    """Text to stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def to_text(rows: Sequence[Mapping[str, Any]], form: Format) -> str:
    """Rows as csv or Markdown."""
    return (markdown(rows) if form is Format.MARKDOWN else csv_text(rows)).rstrip("\n")


def measurement_table(rows: Sequence[Measurement], names: Sequence[str], title: str) -> str:
    """A table of measurements, each number with what changed against the first row below it.

    What is the same in all rows is told once, above.
    """
    used, constant = telling_columns(names, rows)
    told = {name: COLUMNS[name].cell(rows[-1]) for name in constant}
    facts = [f"{' '.join(COLUMNS[name].heading.split())} {text}" for name, text in told.items()]
    cells = []
    for row in rows:
        texts = [COLUMNS[name].cell(row) for name in used]
        changes = [change(COLUMNS[name], row, rows[0]) for name in used]
        cells.append([f"{text}\n{note}" if any(changes) else text for text, note in zip(texts, changes, strict=True)])
    headings = [heading(COLUMNS[name], rows) for name in used]
    return text_table(headings, cells, ", ".join([title, *facts]))
