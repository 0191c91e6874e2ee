"""Run a module of ours in a process of its own: what crashes, hangs or takes all memory in C does so there.

The process imports what this one would, but nothing from the working folder: a `json.py` of the user's is not run.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any

from edgeprune.contracts.processes.interruption import held, last_step

GRACE_SECONDS = 5
"""How much longer than its time a process lives whose parent was killed."""

OUT_OF_TIME = [-int(getattr(signal, name)) for name in ("SIGXCPU", "SIGALRM") if hasattr(signal, name)]
"""How the system ends a process whose time ran out."""


_running: list["subprocess.Popen[bytes]"] = []


class ChildError(Exception):
    """The process gave no answer: `status` is its exit status (None: its time ran out), `written` its stderr."""

    def __init__(self, status: int | None, written: str) -> None:
        super().__init__("time ran out" if status is None else f"status {status}: {written[-300:]}")
        self.status = status
        self.written = written


class Child:
    """A process that is under way."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self._process = process
        self._seconds = seconds

    def answer(self) -> Any:
        """What the module's `main` returned. Raises ChildError where it ended otherwise or took too long."""
        try:
            answer, written = self._process.communicate(timeout=self._seconds)
        except subprocess.TimeoutExpired as error:
            raise ChildError(None, "") from error
        text = written.decode("utf-8", errors="replace")
        if self._process.returncode != 0:
            raise ChildError(None if self._process.returncode in OUT_OF_TIME else self._process.returncode, text)
        try:
            return json.loads(answer.decode(), parse_constant=_no_number)
        except ValueError as error:
            raise ChildError(0, f"its answer is no JSON: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a process may take: `seconds` by the clock; of a processor's time and of address space where given.

    A busy machine makes all processes late, so that a hang is told by the processor's time. Windows has neither limit.
    """

    seconds: float
    cpu_seconds: float | None = None
    memory_bytes: int | None = None


def run_module(module: str, *arguments: str, limits: Limits) -> Any:
    """What `main(*arguments)` of a module returns (plain JSON values), computed in a process of its own.

    Raises ChildError where no answer comes.
    """
    with module_started(module, *arguments, limits=limits) as child:
        return child.answer()


@contextmanager
def module_started(module: str, *arguments: str, limits: Limits) -> Iterator[Child]:
    """The same, at work while this process does something else; it is gone when the block ends, however that is."""
    start = f"import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {__name__} import serve; serve()"
    command = [sys.executable, "-P", "-c", start, json.dumps(_import_path()), json.dumps(asdict(limits)), module]
    # Each thread of NumPy's linear algebra takes address space, which a limit of memory counts.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"} if limits.memory_bytes else None
    with held():  # a signal between starting it and knowing of it would leave it running
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # a group of its own, which Ctrl-C does not reach: it is killed as a whole
        )
        _running.append(process)
    with process:
        try:
            yield Child(process, limits.seconds)
        finally:
            if process.poll() is None:
                _kill_group(process)
            _running.remove(process)


def serve() -> None:
    """What the process does: call `main` of a module and write what it returns where the parent reads it."""
    limits, module, *arguments = sys.argv[2:]
    answer_to = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    sys.argv = [module, *arguments]
    _limit(Limits(**json.loads(limits)))
    answer = importlib.import_module(module).main(*arguments)
    with os.fdopen(answer_to, "w", encoding="utf-8") as stream:
        json.dump(answer, stream, allow_nan=False)


def _limit(limits: Limits) -> None:
    if hasattr(signal, "alarm"):  # ends it even in C, and where its parent is gone
        signal.alarm(int(limits.seconds) + GRACE_SECONDS)
    try:
        import resource
    except ImportError:  # Windows
        return
    bounds = [(resource.RLIMIT_CORE, 0)]  # a crash leaves no file behind
    if limits.cpu_seconds is not None:
        bounds.append((resource.RLIMIT_CPU, max(1, int(limits.cpu_seconds))))
    if limits.memory_bytes is not None:
        bounds.append((resource.RLIMIT_AS, limits.memory_bytes))
    for kind, bound in bounds:
        with suppress(OSError, ValueError):  # macOS refuses to bound the address space
            resource.setrlimit(kind, (bound, bound + 1))  # at the second bound of time the system would kill it


def _import_path() -> list[str]:
    """This process's import path without the working folder."""
    return [folder for folder in sys.path if folder]


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """End the process and all that it started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # gone already
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _kill_all() -> None:
    for process in _running:
        _kill_group(process)


last_step(_kill_all)


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
