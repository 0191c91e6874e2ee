"""The caller's process, which is as it was when a function returns: one call at a time, and nothing printed."""

import logging
import os
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edgeprune.contracts.errors import EdgepruneError
from edgeprune.contracts.foreign_errors import as_ours
from edgeprune.contracts.processes.interruption import is_cause

LIBRARIES = ("tensorflow", "absl")
"""Loggers of theirs write to stderr what no user can do anything about."""

_one_at_a_time = threading.RLock()
"""Seeds, standard streams and the environment are the process's: calls from other threads wait."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the environment, the import path, random numbers, warnings and logging as they are for the caller."""
    with _one_at_a_time, _random_states_kept(), _loggers_silent(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        environment, path = dict(os.environ), list(sys.path)
        try:
            yield
        finally:
            sys.path[:] = path
            for name in os.environ.keys() - environment.keys():
                del os.environ[name]
            os.environ.update({name: value for name, value in environment.items() if os.environ.get(name) != value})


@contextmanager
def only_own_errors() -> Iterator[None]:
    """Whatever goes wrong is an EdgepruneError, and an interrupt a KeyboardInterrupt, whoever made another of it."""
    try:
        yield
    except EdgepruneError:
        raise
    except Exception as error:
        if is_cause(error):
            raise KeyboardInterrupt from error
        ours = as_ours(error)
        if ours is None:
            found = f"{type(error).__name__}: {error}"
            ours = EdgepruneError(f"this is a bug in edgeprune: {found}", "please report it, with the traceback")
        raise ours from error


@contextmanager
def _random_states_kept() -> Iterator[None]:
    import numpy as np

    states: tuple[Any, Any] = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])


@contextmanager
def _loggers_silent() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in LIBRARIES}
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
