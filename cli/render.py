"""Results to stdout, in the format asked for; nothing else goes there."""

import io
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from edgeprune.cli.tables import COLUMNS, change, heading, telling_columns
from edgeprune.contracts.results import Measurement, Result
from edgeprune.pipeline.files.table_files import csv_text, markdown, plain_rows

WIDTH = 80
FIRST_COLUMN = 16
NARROWEST = 8
FOLDABLE = ("why not", "summary", "prunable", "kind")
"""Columns of sentences; they and the first column, of names, are folded where a table is too wide, numbers never."""


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
        help=f"How results are printed. One of: {', '.join(Format)}. Default: table.",
        metavar="NAME",
        show_default=False,
    ),
]


def print_result(result: Result, form: Format, columns: Sequence[str], title: str) -> None:
    """Print a result's rows; as JSON the whole result."""
    if form is Format.JSON:
        print_json(result)
    elif form is Format.TABLE:
        write(measurement_table(result.rows, columns, title))
    else:
        write(to_text(plain_rows(result.rows), form))


def print_json(result: Result) -> None:
    """Print a result as the object of the JSON contract."""
    write(json.dumps(result.as_json(), indent=2))


def write(text: str) -> None:
    """Text to stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def to_text(rows: Sequence[Mapping[str, Any]], form: Format) -> str:
    """Rows as csv or Markdown."""
    return (markdown(rows) if form is Format.MARKDOWN else csv_text(rows)).rstrip("\n")


def measurement_table(rows: Sequence[Measurement], names: Sequence[str], title: str) -> str:
    """A table of measurements, each number with what changed against the first row below it.

    What is the same in all rows is told once, above; what is too wide goes on in a second table.
    """
    used, constant = telling_columns(names, rows)
    told = {name: COLUMNS[name].cell(rows[-1]) for name in constant}
    facts = [f"{' '.join(COLUMNS[name].heading.split())} {text}" for name, text in told.items() if text != "–"]
    cells = []
    for row in rows:
        texts = [COLUMNS[name].cell(row) for name in used]
        changes = [change(COLUMNS[name], row, rows[0]) for name in used]
        cells.append([f"{text}\n{note}" if any(changes) else text for text, note in zip(texts, changes, strict=True)])
    headings = [heading(COLUMNS[name], rows) for name in used]
    parts = _split_columns(headings, cells)
    tables = [
        text_table([headings[i] for i in part], [[line[i] for i in part] for line in cells], "") for part in parts
    ]
    return "\n".join([", ".join([title, *facts]), *tables])


def _split_columns(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> list[list[int]]:
    """Column numbers for tables that fit the width, each beginning with the first column."""
    widths = [
        max(len(text) for cell in (name, *(line[i] for line in cells)) for text in cell.split("\n"))
        for i, name in enumerate(headings)
    ]
    room = _width() - min(widths[0], FIRST_COLUMN) - 2
    parts: list[list[int]] = [[0]]
    for i in range(1, len(headings)):
        if sum(widths[j] + 1 for j in (*parts[-1][1:], i)) > room and len(parts[-1]) > 1:
            parts.append([0])
        parts[-1].append(i)
    return parts


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str, left: int = 1) -> str:
    """A Rich table of plain text (no markup), the first `left` columns flush left, as wide as the terminal or WIDTH."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    output = io.StringIO()
    console = Console(file=output, width=_width(), force_terminal=_is_colourful())
    table = Table(box=SIMPLE_HEAD, padding=(0, 0), pad_edge=False)
    foldable = [index for index, name in enumerate(headings) if index == 0 or name in FOLDABLE]
    for index, width in enumerate(_column_widths(headings, rows, foldable)):
        table.add_column(
            Text(headings[index]),
            justify="left" if index < left or index in foldable else "right",
            overflow="fold",
            width=width,
        )
    for cells in rows:
        table.add_row(*(_dim_second_line(cell) for cell in cells))
    console.print(table)
    lines = [line.rstrip() for line in output.getvalue().splitlines()]
    return "\n".join([title, *lines] if title else lines)


def _column_widths(headings: Sequence[str], rows: Sequence[Sequence[str]], foldable: Sequence[int]) -> list[int]:
    """Characters for each column: where they do not fit, the widest of the foldable ones gives way."""
    columns = zip(headings, *rows, strict=True)
    widths = [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]
    while sum(widths) + len(widths) + 1 > _width() and max(widths[index] for index in foldable) > NARROWEST:
        widths[max(foldable, key=widths.__getitem__)] -= 1
    return widths


def _dim_second_line(cell: str) -> Any:
    from rich.text import Text

    first, _, second = cell.partition("\n")
    return Text(first) + Text(f"\n{second}", style="dim") if second else Text(first)


def _width() -> int:
    """The terminal's width, or 80."""
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH) if sys.stdout.isatty() else WIDTH


def _is_colourful() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
