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
            with self._lines.task() as tell:
                yield lambda description: tell(f"{label}: {description}")


class _PacedLines:
    """Progress as lines: one every few seconds at most, and the last step's; with --verbose every step's.

    A task within a task, as each training of a sweep, has lines only where the outer one has none for so long, and no
    last line.
    """

    def __init__(self) -> None:
        self._told_at: list[float] = []
        """When each task that is open told something; the outermost first."""

    @contextmanager
    def task(self) -> Iterator[Callable[[str], None]]:
        """A task; yields what takes the line of each step. The last one is told when it ends, however that is."""
        level = len(self._told_at)
        self._told_at.append(time.monotonic())
        waiting: str | None = None

        def step(line: str) -> None:
            nonlocal waiting
            now, last = time.monotonic(), max(self._told_at[: level + 1])
            is_due = _verbosity >= Verbosity.VERBOSE or now - last >= SECONDS_BETWEEN_LINES
            waiting = None if is_due else line
            if is_due:
                stderr(line)
                self._told_at[level] = now

        try:
            yield step
        finally:
            self._told_at.pop()
            if waiting and not level:
                stderr(waiting)


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
