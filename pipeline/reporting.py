"""How the pipeline tells what it is doing, without knowing to whom."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Reporter(Protocol):
    """Where notes, warnings and progress go."""

    def note(self, text: str) -> None:
        """A choice made for the user."""

    def warning(self, text: str) -> None:
        """Something the user should look at."""

    def detail(self, text: str) -> None:
        """What only somebody who asked for it wants to read."""

    def progress(self, label: str, total: int) -> AbstractContextManager[Callable[[str], None]]:
        """A task of `total` steps; yields `advance(description)`."""


class SilentReporter:
    """Tells nobody: for use as a library."""

    def note(self, text: str) -> None:
        """Nothing."""

    def warning(self, text: str) -> None:
        """Nothing."""

    def detail(self, text: str) -> None:
        """Nothing."""

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[str], None]]:
        """Nothing."""

        def advance(description: str) -> None:
            """Nothing."""

        yield advance
