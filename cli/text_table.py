"""Tables of plain text that fit the terminal; elsewhere as wide as they are, so that each row is one line.

Where a table is too wide, sentences go on in a second line, names are cut with an ellipsis, and what is left over
goes on in a second table; numbers are never touched.
"""

import io
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

NAMES = ("kind", "name")
"""Headings of columns of names, as the first column of every table is."""
SENTENCES = ("why not", "summary", "prunable")
"""Headings of columns of sentences."""

SHORTEST_NAME = 16
SHORTEST_SENTENCE = 20
NARROWEST = 40
"""Characters; a terminal that says that it is narrower gets lines that it has to break."""


@dataclass(frozen=True)
class _Column:
    heading: str
    cells: tuple[str, ...]
    is_left: bool
    is_name: bool
    is_sentence: bool

    @property
    def natural(self) -> int:
        """Characters of its longest line."""
        return max(len(line) for cell in (self.heading, *self.cells) for line in cell.split("\n"))

    @property
    def least(self) -> int:
        """Characters that it needs at least."""
        if self.is_name:
            return min(self.natural, SHORTEST_NAME)
        return min(self.natural, SHORTEST_SENTENCE) if self.is_sentence else self.natural


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str, left: int = 1) -> str:
    """A table of plain text (no markup), the first `left` columns, names and sentences flush left."""
    return fitted_table(headings, rows, title, left, terminal_width())


def fitted_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], title: str, left: int, width: int | None
) -> str:
    """`text_table` in lines of at most `width` characters; None: of any length."""
    columns = [
        _Column(
            heading=heading,
            cells=tuple(row[index] for row in rows),
            is_left=index < left or heading in (*NAMES, *SENTENCES),
            is_name=index == 0 or heading in NAMES,
            is_sentence=index > 0 and heading in SENTENCES,
        )
        for index, heading in enumerate(headings)
    ]
    parts = _parts(columns, width)
    widths = [_widths(part, width) for part in parts]
    first = min(part[0] for part in widths)  # so that a name is written in the same way in all of them
    tables = ["\n".join(_drawn(part, [first, *rest])) for part, (_, *rest) in zip(parts, widths, strict=True)]
    return "\n".join([title, *tables] if title else tables)


def _parts(columns: Sequence[_Column], width: int | None) -> list[list[_Column]]:
    """Columns for tables that fit the width, each beginning with the first column."""
    first = columns[0]
    parts = [[first]]
    for column in columns[1:]:
        if width is not None and len(parts[-1]) > 1 and _total(c.least for c in (*parts[-1], column)) > width:
            parts.append([first])
        parts[-1].append(column)
    return parts


def _widths(columns: Sequence[_Column], width: int | None) -> list[int]:
    """Characters for each column: where they do not fit, the widest of those that can gives way."""
    widths = [column.natural for column in columns]
    while width is not None and _total(widths) > width:
        giving = [index for index, column in enumerate(columns) if widths[index] > column.least]
        if not giving:
            break
        widths[max(giving, key=widths.__getitem__)] -= 1
    return widths


def _total(widths: Iterable[int]) -> int:
    """Characters of a line, with a blank before, after and between the columns."""
    return sum(width + 1 for width in widths) + 1


def _drawn(columns: Sequence[_Column], widths: Sequence[int]) -> list[str]:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    output = io.StringIO()
    console = Console(file=output, width=_total(widths), force_terminal=_is_colourful())
    table = Table(box=SIMPLE_HEAD, padding=(0, 0), pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        justify: Any = "left" if column.is_left else "right"
        table.add_column(Text(column.heading), justify=justify, overflow="fold", width=width)
    for cells in zip(*(_fitting(column, width) for column, width in zip(columns, widths, strict=True)), strict=True):
        table.add_row(*(_dim_second_line(cell) for cell in cells))
    console.print(table)
    return [line.rstrip() for line in output.getvalue().removesuffix("\n").splitlines()]


def _fitting(column: _Column, width: int) -> list[str]:
    """The cells of a column, names cut where they are longer."""
    if not column.is_name:
        return list(column.cells)
    return ["\n".join(shortened(line, width) for line in cell.split("\n")) for cell in column.cells]


def shortened(name: str, length: int) -> str:
    """A name of at most so many characters: its end stays, in which names differ (`batch_normal…_12`)."""
    if len(name) <= length:
        return name
    end = length // 3
    return f"{name[: length - end - 1]}…{name[-end:] if end else ''}"


def _dim_second_line(cell: str) -> Any:
    from rich.text import Text

    first, _, second = cell.partition("\n")
    return Text(first) + Text(f"\n{second}", style="dim") if second else Text(first)


def terminal_width() -> int | None:
    """Characters in a line of the terminal; None where stdout is none, and lines may have any length."""
    return max(shutil.get_terminal_size().columns, NARROWEST) if sys.stdout.isatty() else None


def _is_colourful() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
