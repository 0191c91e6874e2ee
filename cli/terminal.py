"""What goes to stderr: notes, warnings, errors and progress. Nothing here interprets markup in users' text."""

import sys
import time
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

SECONDS_BETWEEN_LINES = 5.0
"""Where progress is no bar but lines: a log of a hundred epochs is not read."""


def set_verbosity(level: Verbosity) -> None:
    """Set how much goes to stderr for the rest of this run."""
    global _verbosity
    _verbosity = level


def stderr(line: str) -> None:
    """One line to stderr, at once."""
    print(line, file=sys.stderr, flush=True)


class TerminalReporter:
    """Shows what the pipeline is doing (edgeprune.pipeline.reporting.Reporter)."""

    def __init__(self) -> None:
        self._lines = _PacedLines()

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
        """A bar with the time left on a terminal; elsewhere a line now and then. Yields `advance(description)`."""
        if _verbosity < Verbosity.NORMAL:
            yield lambda _description: None
        elif sys.stderr.isatty():
            with _bar() as bar:
                task: Any = bar.add_task(label, total=total)
                yield lambda description: bar.update(task, advance=1, description=f"{label}: {description}")
        else:
            with self._lines.task():
                yield lambda description: self._lines.step(f"{label}: {description}")


class _PacedLines:
    """Progress as lines: one every few seconds at most, and the last step's; with --verbose every step's.

    Tasks within a task, as each training of a sweep, share its pace, and have no last line of their own.
    """

    def __init__(self) -> None:
        self._depth, self._told_at = 0, 0.0
        self._waiting: str | None = None

    @contextmanager
    def task(self) -> Iterator[None]:
        """A task, whose last step is told when it ends, however that is."""
        if not self._depth:
            self._told_at = time.monotonic()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth and self._waiting:
                self._tell(self._waiting)

    def step(self, line: str) -> None:
        """A step was done: told now, where it is time, or when the task ends, if no other step comes before."""
        self._waiting = line
        if _verbosity >= Verbosity.VERBOSE or time.monotonic() - self._told_at >= SECONDS_BETWEEN_LINES:
            self._tell(line)

    def _tell(self, line: str) -> None:
        stderr(line)
        self._told_at, self._waiting = time.monotonic(), None


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
