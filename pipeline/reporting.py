"""How the pipeline tells what it is doing, without knowing to whom."""

from collections.abc import Callable
from contextlib import AbstractContextManager
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


class NamedReporter:
    """Another reporter, told of what everything is about."""

    def __init__(self, reporter: Reporter, name: str) -> None:
        self._reporter, self._name = reporter, name

    def note(self, text: str) -> None:
        """A choice made for the user."""
        self._reporter.note(f"{self._name}: {text}")

    def warning(self, text: str) -> None:
        """Something the user should look at."""
        self._reporter.warning(f"{self._name}: {text}")

    def detail(self, text: str) -> None:
        """What only somebody who asked for it wants to read."""
        self._reporter.detail(f"{self._name}: {text}")

    def progress(self, label: str, total: int) -> AbstractContextManager[Callable[[str], None]]:
        """A task of `total` steps; yields `advance(description)`."""
        return self._reporter.progress(f"{self._name}: {label}", total)
