"""Run one command line in a forked child of a process that has imported what the command needs.

The child is the command as the console script runs it: `cli.main.main`, its own working folder, streams, temporary
folder, process group. The parent only waits, and ends what takes too long or too much memory.
"""

import atexit
import contextlib
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
import weakref
from pathlib import Path

from benchmarks.hostile.cases import Folder, Outcome, Step

HANG_SECONDS = 20.0
MOST_BYTES = 2 << 30
_KILL_BYTES = 3 << 30  # beyond the limit, so that a peak is seen, and before the machine is out of memory
_LOOK_SECONDS = 0.1


def run(step: Step, folder: Folder, hang_seconds: float = HANG_SECONDS) -> Outcome:
    """Run a step in the case's folder, in a child of this process."""
    stdout, stderr = folder.root / "stdout", folder.root / "stderr"
    if step.before is not None:
        step.before(folder)
    start = time.monotonic()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _be_the_command(step, folder, stdout, stderr)
    status, usage, hung = _watched(child, step, start, hang_seconds)
    seconds = time.monotonic() - start
    left = _end_group(child, wait=not hung)
    return Outcome(
        step=step,
        status=os.waitstatus_to_exitcode(status),
        seconds=seconds,
        computed=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * 1024,
        hung=hung,
        processes_left=0 if hung or step.signal == signal.SIGKILL else left,
        stdout=stdout.read_bytes() if stdout.exists() else b"",
        stderr=stderr.read_text(encoding="utf-8", errors="replace"),
    )


def _be_the_command(step: Step, folder: Folder, stdout: Path, stderr: Path) -> None:
    """The child: never returns."""
    status = 70
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        Path("/proc/self/clear_refs").write_text("5")
        os.environ |= {
            "TMPDIR": str(folder.temporary),
            "HOME": str(folder.home),
            "XDG_CACHE_HOME": str(folder.home / ".cache"),
        }
        tempfile.tempdir = None
        _forget_the_parents_ends()
        os.chdir(folder.work)
        _redirect(step, stdout, stderr)
        if step.file_limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (step.file_limit, step.file_limit))
        if step.process:
            script = str(Path(sys.executable).with_name("edgeprune"))
            os.execv(script, [script, *step.arguments])
        status = _command(step)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _forget_the_parents_ends() -> None:
    """What the parent does when it ends (it removes its temporary folders) is not the child's."""
    atexit._clear()
    weakref.finalize._registry.clear()
    weakref.finalize._registered_with_atexit = False


def _command(step: Step) -> int:
    """The console script's exit status, its end as an interpreter ends included."""
    from edgeprune.cli.main import main

    sys.argv = ["edgeprune", *step.arguments]
    try:
        main()
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()  # temporary folders may be removed there
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        os.write(2, f"Exception ignored while flushing sys.stdout: {error!r}\n".encode())
        status = 120
    return status


def _redirect(step: Step, stdout: Path, stderr: Path) -> None:
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
    if step.stdout == "full":
        target = os.open("/dev/full", os.O_WRONLY)
    elif step.stdout == "closed":
        reader, target = os.pipe()
        os.close(reader)
    else:
        target = os.open(stdout, flags)
    for descriptor, opened in ((0, os.open("/dev/null", os.O_RDONLY)), (1, target), (2, os.open(stderr, flags))):
        os.dup2(opened, descriptor)
        os.close(opened)
    encoding = step.stdout.partition(":")[2] or "utf-8"
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115


def _watched(child: int, step: Step, start: float, hang_seconds: float) -> tuple[int, resource.struct_rusage, bool]:
    """Wait for the child; returns its status, what it used, and whether it had to be ended."""
    hung, to_send = False, step.signal
    descriptor = os.pidfd_open(child)
    try:
        while True:
            passed = time.monotonic() - start
            wait = _LOOK_SECONDS if to_send is None else max(0.0, min(_LOOK_SECONDS, step.after - passed))
            if select.select([descriptor], [], [], wait)[0]:
                break
            passed = time.monotonic() - start
            if to_send is not None and passed >= step.after:
                _signal_group(child, to_send)
                to_send = None
            hung = _hangs(child, passed - step.after, hang_seconds)
            if hung or _group_bytes(child) > _KILL_BYTES:
                _signal_group(child, signal.SIGKILL)
    finally:
        os.close(descriptor)
    _, status, usage = os.wait4(child, 0)
    return status, usage, hung and os.WIFSIGNALED(status)  # it may have ended just then


def _signal_group(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, number) if os.getpgid(child) == child else os.kill(child, number)


def _members(session: int) -> dict[int, float]:
    """Living processes of a session and what they started, by Linux's /proc, and the seconds that each computed."""
    ticks = os.sysconf("SC_CLK_TCK")
    known: dict[int, tuple[int, int, float]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] not in "ZX":
                known[int(entry.name)] = int(fields[1]), int(fields[3]), (int(fields[11]) + int(fields[12])) / ticks
    found = {process for process, (_, its_session, _) in known.items() if its_session == session}
    while more := {process for process, (parent, _, _) in known.items() if parent in found} - found:
        found |= more
    return {process: known[process][2] for process in found}


def _hangs(session: int, seconds: float, limit: float) -> bool:
    """Whether a command has taken too long: it has computed that long, or hardly at all.

    On a busy machine a command that computes has little of each second, and is given more of them.
    """
    if seconds <= limit:
        return False
    computed = sum(_members(session).values())
    return computed > limit or computed < 0.05 * seconds or seconds > 10 * limit


def _group_bytes(session: int) -> int:
    """Resident memory of the largest process of a session."""
    page = resource.getpagesize()
    largest = 0
    for member in _members(session):
        with contextlib.suppress(OSError):
            largest = max(largest, int(Path(f"/proc/{member}/statm").read_text().split()[1]) * page)
    return largest


def _end_group(session: int, wait: bool) -> int:
    """End what a finished command left running; returns how many processes that were."""
    members = _members(session)
    if members and wait:  # what was just told to end may need a moment
        time.sleep(0.3)
        members = _members(session)
    for member in members:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    return len(members)
