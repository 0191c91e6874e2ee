"""Ctrl-C and SIGTERM: the first asks a command to end with the best so far, a second ends the process at once.

Where there is nothing to save (start-up, imports, the end), the first ends the process at once as well: an exception
raised there would be lost in somebody else's code, or shown with a traceback. Signals that are ignored, as `nohup` and
`&` leave them, stay ignored.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

_SAME_SIGNAL_SECONDS = 0.2
"""`timeout` sends its signal twice: to the process and to its group."""
_AGAIN_SECONDS = 0.01


class _State:
    """What was received, and what may be done about it."""

    number: int | None = None
    received_at = 0.0
    dropped = False
    raises = False
    held = 0
    postponed: int | None = None
    installed: tuple[int, ...] = ()
    stderr: int | None = None


_state = _State()
_last_steps: list[Callable[[], None]] = []


def install() -> None:
    """Receive the signals in this process, from here on. The first ends it, until `raising`."""
    if threading.current_thread() is not threading.main_thread():
        return
    _state.number = _state.postponed = None
    _state.dropped = False
    with contextlib.suppress(OSError):  # of its own: what fd 2 leads to may be changed for a while
        _state.stderr = os.dup(2)
    _state.installed = tuple(number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN)
    for number in _state.installed:
        signal.signal(number, _receive)
    sys.unraisablehook, sys.excepthook = _unraisable, _printed


def finish() -> None:
    """The work is done: while Python shuts down, which puts back all handlers of its own, signals change nothing."""
    for number in _state.installed:
        signal.signal(number, signal.SIG_IGN)
    _state.installed = ()
    sys.unraisablehook, sys.excepthook = sys.__unraisablehook__, sys.__excepthook__
    if _state.stderr is not None:
        os.close(_state.stderr)
        _state.stderr = None


@contextmanager
def raising() -> Iterator[None]:
    """Where the first signal raises KeyboardInterrupt."""
    with _raises(True):
        yield


@contextmanager
def at_once() -> Iterator[None]:
    """Where the first signal ends the process, after the `last_step`s."""
    with _raises(False):
        yield


@contextmanager
def _raises(value: bool) -> Iterator[None]:
    before = _state.raises
    _state.raises = value
    try:
        yield
    finally:
        _state.raises = before


@contextmanager
def held() -> Iterator[None]:
    """A short time in which the first signal waits: for steps that only make sense together.

    Signals reach the main thread alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.held += 1
    try:
        yield
    finally:
        _state.held -= 1
        if not _state.held and _state.postponed is not None:
            number, _state.postponed = _state.postponed, None
            _interrupt(number)


def last_step(step: Callable[[], None]) -> None:
    """Have `step` done before the process is ended at once."""
    _last_steps.append(step)


def is_cause(error: BaseException | None) -> bool:
    """Whether an error is what foreign code has made of an interrupt, as Python does in `__set_name__`."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def received() -> bool:
    """Whether a signal has asked the command to end: what foreign code raises after that may be made of it."""
    return _state.number is not None


def exit_status() -> int:
    """Of an interrupted command: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + (_state.number or signal.SIGINT)


def raise_if_received() -> None:
    """Raise KeyboardInterrupt where foreign code has made another error of one, as C code does (SystemError)."""
    if received():
        raise KeyboardInterrupt


def name() -> str:
    """What the user is told of it."""
    number = _state.number or signal.SIGINT
    return "interrupted" if number == signal.SIGINT else f"interrupted by {signal.Signals(number).name}"


def _receive(number: int, frame: FrameType | None) -> None:
    again = _is_second()
    if again and time.monotonic() - _state.received_at < _SAME_SIGNAL_SECONDS:
        return
    _state.received_at = time.monotonic()
    if _state.held and _state.postponed is None:
        _state.postponed = number
    elif again or _state.held:
        _end(number)
    else:
        _interrupt(number)


def _interrupt(number: int) -> None:
    again = _is_second()
    _state.number, _state.dropped = number, False
    if again or not _state.raises:
        _end(number)
    raise KeyboardInterrupt


def _is_second() -> bool:
    return received() and not _state.dropped


def _end(number: int) -> None:
    """End the process without running anybody else's code."""
    _state.number, _state.postponed = number, None
    for caught in _state.installed:
        signal.signal(caught, signal.SIG_IGN)
    for step in _last_steps:
        with contextlib.suppress(Exception):
            step()
    if _state.stderr is not None:
        with contextlib.suppress(OSError):
            cursor = "\x1b[?25h" if os.isatty(_state.stderr) else ""  # a progress bar hides it
            os.write(_state.stderr, f"{cursor}error: {name()}\n".encode())
    os._exit(exit_status())


def _unraisable(found: Any) -> None:
    """Python drops what is raised inside `__del__` and the like: an interrupt is received again, outside it."""
    if not _received_again(found.exc_value):
        sys.__unraisablehook__(found)


def _printed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """C code prints an error that it drops (`PyErr_Print`), often a SystemError that it made of an interrupt."""
    if not _received_again(error):
        sys.__excepthook__(kind, error, trace)


def _received_again(error: BaseException | None) -> bool:
    """Have an interrupt that was dropped received again, in a moment; False where the error is none."""
    number = _state.number
    if number is None or not (is_cause(error) or isinstance(error, SystemError)):
        return False
    _state.dropped = True
    threading.Timer(_AGAIN_SECONDS, _receive_again, [number]).start()
    return True


def _receive_again(number: int) -> None:
    if number not in _state.installed:
        return
    if hasattr(signal, "pthread_kill"):  # where it sleeps or waits, it wakes up
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)
