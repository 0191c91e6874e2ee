"""What goes to stderr: notes, warnings, errors and progress. Nothing here interprets markup in users' text."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Any


class Verbosity(IntEnum):
    """How much goes to stderr."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2
    DEBUG = 3


_verbosity = Verbosity.NORMAL


def set_verbosity(level: Verbosity) -> None:
    """Set how much goes to stderr for the rest of this run."""
    global _verbosity
    _verbosity = level


def stderr(line: str) -> None:
    """One line to stderr, at once."""
    print(line, file=sys.stderr, flush=True)


class TerminalReporter:
    """Shows what the pipeline is doing (edgeprune.pipeline.reporting.Reporter)."""

    def note(self, text: str) -> None:
        """A choice made for the user."""
        if _verbosity >= Verbosity.NORMAL:
            stderr(f"note: {text}")

    def warning(self, text: str) -> None:
        """Something the user should look at; shown even with --quiet."""
        stderr(f"warning: {text}")

    def detail(self, text: str) -> None:
        """Shown with --verbose only."""
        if _verbosity >= Verbosity.VERBOSE:
            stderr(text)

    def outputs(self, files: Mapping[str, str]) -> None:
        """What was written, by role."""
        for role, file in files.items():
            self.note(f"{role}: {file}")

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[str], None]]:
        """A bar with the time left on a terminal; elsewhere one plain line a step. Yields `advance(description)`."""
        if _verbosity < Verbosity.NORMAL:
            yield lambda _description: None
        elif sys.stderr.isatty():
            with _bar() as bar:
                task: Any = bar.add_task(label, total=total)
                yield lambda description: bar.update(task, advance=1, description=f"{label}: {description}")
        else:
            yield lambda description: stderr(f"{label}: {description}")


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
