"""Ctrl-C and SIGTERM, sent to processes of their own, at the moments that matter."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

PROGRAM = """
import os, signal, sys, time
from edgeprune.contracts.processes import interruption, temporary
interruption.install()
def receive(number, seconds=10):
    os.kill(os.getpid(), number)
    time.sleep(seconds)
"""


def run(program: str, folder: Path) -> tuple[int, list[str], list[str]]:
    """Exit status and the lines of both streams; the process ends by itself, long before it is given up."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


@pytest.mark.parametrize(
    ("name", "status", "line"),
    [
        ("SIGINT", 130, "error: interrupted"),
        ("SIGTERM", 143, "error: interrupted by SIGTERM"),
    ],
)
def test_a_signal_at_the_start_ends_the_process_without_a_traceback(name, status, line, tmp_path):
    assert run(f"receive(signal.{name})", tmp_path) == (status, [], [line])


def test_the_first_signal_raises_and_the_second_ends_at_once_with_nothing_left(tmp_path):
    program = """
with interruption.raising(), temporary.temporary_folder(temporary.Path(sys.argv[1])):
    try:
        receive(signal.SIGTERM)
    except KeyboardInterrupt:
        print("best so far", interruption.exit_status(), flush=True)
        time.sleep(0.3)
        try:
            receive(signal.SIGINT)
        except BaseException:
            print("late")
"""
    assert run(program, tmp_path) == (130, ["best so far 143"], ["error: interrupted"])
    assert list(tmp_path.iterdir()) == []


def test_a_signal_sent_twice_in_one_go_counts_once(tmp_path):
    program = """
with interruption.raising():
    try:
        receive(signal.SIGINT)
    except KeyboardInterrupt:
        receive(signal.SIGINT, seconds=0)
        print("still here")
"""
    assert run(program, tmp_path) == (0, ["still here"], [])


def test_what_belongs_together_is_finished_first(tmp_path):
    program = """
with interruption.raising():
    try:
        with interruption.held():
            receive(signal.SIGINT, seconds=0)
            print("whole")
        print("late")
    except KeyboardInterrupt:
        print("then interrupted")
"""
    assert run(program, tmp_path) == (0, ["whole", "then interrupted"], [])


def test_an_interrupt_that_python_drops_is_raised_again(tmp_path):
    program = """
class Loses:
    def __del__(self):
        receive(signal.SIGINT, seconds=0)
with interruption.raising():
    try:
        Loses()
        time.sleep(10)
    except KeyboardInterrupt:
        print("raised")
"""
    assert run(program, tmp_path) == (0, ["raised"], [])


def test_an_interrupt_that_c_code_prints_and_drops_is_raised_again(tmp_path):
    program = """
with interruption.raising():
    try:
        try:
            receive(signal.SIGINT, seconds=0)
        except KeyboardInterrupt as interrupt:
            error = SystemError("returned a result with an exception set")
            sys.excepthook(SystemError, error, interrupt.__traceback__)  # as PyErr_Print does
        time.sleep(10)
    except KeyboardInterrupt:
        print("raised")
sys.excepthook(ValueError, ValueError("another error is shown"), None)
"""
    assert run(program, tmp_path) == (0, ["raised"], ["ValueError: another error is shown"])


def test_an_interrupt_that_python_turns_into_another_error_is_known(tmp_path):
    program = """
class Loses:
    def __set_name__(self, owner, name):
        receive(signal.SIGINT)
with interruption.raising():
    try:
        type("Owner", (), {"name": Loses()})
    except Exception as error:
        print(interruption.is_cause(error), interruption.is_cause(ValueError()))
    except KeyboardInterrupt:  # from Python 3.12 on
        print("True False")
"""
    assert run(program, tmp_path) == (0, ["True False"], [])


def test_ignored_signals_stay_ignored(tmp_path):
    program = """
signal.signal(signal.SIGHUP, signal.SIG_IGN)
interruption.install()
receive(signal.SIGHUP, seconds=0)
print("goes on")
"""
    assert run(program, tmp_path) == (0, ["goes on"], [])


def test_while_python_shuts_down_a_signal_changes_nothing(tmp_path):
    program = """
class Last:
    def __del__(self, kill=os.kill, process=os.getpid()):
        kill(process, 2)  # Python has put its own handlers back by now
        kill(process, 15)
sys.last = Last()
interruption.finish()
sys.exit(3)
"""
    assert run(program, tmp_path) == (3, [], [])


SLEEPS = """
import pathlib, time
def main(file):
    pathlib.Path(file).touch()
    time.sleep(20)
"""


def test_an_end_at_once_takes_the_children_along(tmp_path):
    (tmp_path / "sleeps.py").write_text(
        "import time\ndef main(file):\n    open(file, 'w').close()\n    time.sleep(20)\n"
    )
    program = """
from edgeprune.contracts.processes.child import Limits, module_started
sys.path.append(sys.argv[1])
started = temporary.Path(sys.argv[1], "started")
with module_started("sleeps", str(started), limits=Limits(seconds=30)) as child:
    print(child._process.pid, flush=True)
    while not started.exists():
        time.sleep(0.01)
    receive(signal.SIGTERM)
"""
    status, (child,), stderr = run(program, tmp_path)
    assert (status, stderr) == (143, ["error: interrupted by SIGTERM"])
    deadline = time.monotonic() + 10  # long before it would end by itself
    while time.monotonic() < deadline and _state(child) not in ("", "Z"):
        time.sleep(0.05)
    assert _state(child) in ("", "Z")  # gone, or dead and not yet buried


def _state(process: str) -> str:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", process], capture_output=True, text=True, check=False)
    return listed.stdout[:1]
