"""Standard streams that cannot break a run: of any encoding, full, closed, or with nobody who reads on."""

import codecs
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

_PLAIN = str.maketrans(
    {"─": "-", "━": "-", "╺": "-", "╸": "-", "│": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "–": "-", "µ": "u"}
    | {"²": "2", "×": "x", "→": ">", "•": "*", "Δ": "d", "…": ".", "“": '"', "”": '"', "’": "'"}
)
"""What edgeprune prints beyond ASCII, for encodings that lack it; one character each, so that tables stay aligned."""


class _Writer(io.RawIOBase):
    """Passes bytes on as long as that goes well, and drops them afterwards; `error` says why."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        if self.error is None:
            try:
                return int(self._raw.write(data) or 0)
            except OSError as error:
                self.error = error
        return len(data)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        return bool(self._raw.isatty())


@contextmanager
def safe_streams() -> Iterator["Streams"]:
    """Make stdout and stderr safe meanwhile, where they are the process's own."""
    before = sys.stdout, sys.stderr
    streams = Streams(None)
    if sys.stdout is sys.__stdout__ and sys.stderr is sys.__stderr__:
        writer = _Writer(_raw(sys.stdout, 1))
        streams = Streams(writer)
        sys.stdout = _text(writer, sys.stdout)
        sys.stderr = _text(_Writer(_raw(sys.stderr, 2)), sys.stderr)
    try:
        yield streams
    finally:
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


class Streams:
    """What became of stdout, `None` where it is not the process's own."""

    def __init__(self, stdout: _Writer | None) -> None:
        self._stdout = stdout

    def finish(self, status: int) -> int:
        """Write what waits; the exit status of a run that ended with `status`: 1 where results cannot be printed."""
        sys.stdout.flush()
        error = self._stdout.error if self._stdout else None
        if error is None or error.errno == errno.EPIPE:  # whoever reads has seen enough, as `head` has
            return status
        print(f"error: stdout: {error.strerror}: results are not printed; redirect them elsewhere", file=sys.stderr)
        return status or 1


def open_closed() -> None:
    """Open what the caller has closed of stdin, stdout and stderr: the next file would take its number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _raw(stream: TextIO | None, descriptor: int) -> Any:
    if stream is None:  # it was closed
        return io.FileIO(descriptor, "w", closefd=False)
    return getattr(stream.buffer, "raw", stream.buffer)


def _text(writer: _Writer, before: TextIO | None) -> io.TextIOWrapper:
    encoding = before.encoding if before else "utf-8"
    lines = writer.isatty() or writer.fileno() == 2
    return io.TextIOWrapper(io.BufferedWriter(writer), encoding, errors="edgeprune", line_buffering=lines)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Characters that the encoding lacks, as ASCII has them (names of files, escaped)."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error("edgeprune", _plain)
