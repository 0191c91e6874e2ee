"""Silence for C++ code that writes to the process's standard streams whatever Python says."""

import importlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO

from edgeprune.contracts.errors import EdgepruneError
from edgeprune.contracts.processes.interruption import at_once, held
from edgeprune.contracts.processes.memory import check_start


class Captured:
    """What was written meanwhile: `text` is there once the block has ended."""

    text = ""


@contextmanager
def silenced() -> Iterator[Captured]:
    """Catch all that is written to stdout and stderr, by Python or by C++, and Python's warnings and log records.

    The file descriptors are the process's: nothing else should write to them meanwhile.
    """
    captured = Captured()
    streams = sys.stdout, sys.stderr
    _flush(streams)
    saved = [(descriptor, os.dup(descriptor)) for descriptor in (1, 2)]
    disabled = logging.root.manager.disable
    with tempfile.TemporaryFile() as sink, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.ERROR)
        try:
            for descriptor, _ in saved:
                os.dup2(sink.fileno(), descriptor)
            # Python's streams may lead elsewhere: to a notebook, which shows what they are given.
            with (
                open(sink.fileno(), "w", encoding="utf-8", errors="replace", closefd=False) as text,
                redirect_stdout(text),
                redirect_stderr(text),
            ):
                yield captured
        finally:
            with held():
                _flush(streams)
                for descriptor, copy in saved:
                    os.dup2(copy, descriptor)
                    os.close(copy)
                logging.disable(disabled)
            sink.seek(0)
            captured.text = sink.read().decode("utf-8", errors="replace")


def _flush(streams: Iterable[TextIO | None]) -> None:
    for stream in streams:
        if stream is not None:
            stream.flush()


def import_tensorflow() -> None:
    """Import TensorFlow, before anything else does, without the notices that it and absl write; errors are raised.

    Keras runs on it, whatever the user's settings say. Raises EdgepruneError where it runs on something else already.
    """
    _check_backend()
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", GRPC_VERBOSITY="ERROR", KERAS_BACKEND="tensorflow")
    check_start()
    with silenced(), at_once():
        importlib.import_module("tensorflow")  # its parts greet seconds apart, before absl's own settings count
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(tensorflow|keras|tf_keras|absl)\b")


def _check_backend() -> None:
    keras = sys.modules.get("keras")
    if keras is not None and keras.backend.backend() != "tensorflow":
        raise EdgepruneError(
            f"Keras runs on {keras.backend.backend()} in this process, expected tensorflow",
            "set KERAS_BACKEND=tensorflow before Keras is imported",
        )
