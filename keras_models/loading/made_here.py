"""Files that hold live models of this process: what code is in them, the process has run already.

A live model is handed to the pipeline as a file; its own classes, and its lambdas, are as the caller made them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_files: ContextVar[Mapping[Path, Mapping[str, Any]] | None] = ContextVar("files", default=None)


@contextmanager
def made_here(files: Mapping[Path, Mapping[str, Any]]) -> Iterator[None]:
    """Where loading one of these files trusts it, and knows the classes and functions that stand beside it."""
    token = _files.set(files)
    try:
        yield
    finally:
        _files.reset(token)


def objects_made_here(path: Path) -> Mapping[str, Any] | None:
    """The classes and functions of a file that holds a live model, by name; None for any other file."""
    return (_files.get() or {}).get(path)
