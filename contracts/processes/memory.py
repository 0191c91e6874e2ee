"""Where memory ends: said in one line, whoever noticed it."""

import os
import sys

from edgeprune.contracts.errors import EdgepruneError
from edgeprune.contracts.processes import start_trial
from edgeprune.contracts.processes.child import ChildError, Limits, run_module

_TRIAL_SECONDS = 600.0
_NO_MEMORY = ("failed to map segment", "cannot allocate memory", "Cannot allocate memory", "std::bad_alloc")


def spare() -> None:
    """Where memory is limited, have NumPy's linear algebra start no threads, each of which takes address space.

    OpenBLAS sends SIGINT to its own process where a thread cannot start (driver/others/blas_server.c).
    """
    if _limit() is not None:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def check_start() -> None:
    """Raise EdgepruneError where TensorFlow cannot start within the limit on this process's memory (`ulimit -v`).

    Without memory the loader ends the whole process, so that where there is a limit, another process tries first.
    """
    limit = _limit()
    if limit is None or "tensorflow" in sys.modules:
        return
    try:
        run_module(start_trial.__name__, limits=Limits(seconds=_TRIAL_SECONDS))
    except ChildError as error:
        raise EdgepruneError(
            f"TensorFlow cannot start within {limit / 2**30:.3g} GiB, the limit on this process's memory",
            "raise it (`ulimit -v unlimited`)",
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ended: Python's, NumPy's, TensorFlow's or the system's error, or what they led to."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError) or (isinstance(cause, SystemError) and _limit() is not None):
            return True  # a SystemError is what C code without memory ends in that set no error
        if type(cause).__name__ == "ResourceExhaustedError" and "No space left" not in str(cause):  # on a disk
            return True
        if isinstance(cause, ImportError | OSError | RuntimeError) and any(text in str(cause) for text in _NO_MEMORY):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _limit() -> int | None:
    """Bytes that the process may map; None where there is no limit."""
    if sys.platform == "win32":
        return None
    import resource

    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    return min((limit for limit in limits if limit != resource.RLIM_INFINITY), default=None)
