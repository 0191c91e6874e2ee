"""Notes and warnings of a run, kept for the caller; shown as they come where that is asked for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Messages:
    """The pipeline's reporter in a notebook or a script (`edgeprune.pipeline.reporting.Reporter`).

    `named` puts what the caller knows in place of the paths of temporary files.
    """

    def __init__(self, named: Callable[[str], str], *, verbose: bool) -> None:
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self._named = named
        self._verbose = verbose

    def note(self, text: str) -> None:
        """A choice made for the user."""
        self.notes.append(self._named(text))
        self._show(f"note: {self.notes[-1]}")

    def warning(self, text: str) -> None:
        """Something the user should look at."""
        self.warnings.append(self._named(text))
        self._show(f"warning: {self.warnings[-1]}")

    def detail(self, text: str) -> None:
        """What only somebody who asked for it wants to read."""
        self._show(self._named(text))

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[str], None]]:
        """A task of `total` steps; yields `advance(description)`."""
        yield lambda description: self._show(f"{label}: {self._named(description)}")

    def _show(self, text: str) -> None:
        if self._verbose:
            print(text, flush=True)
