"""Modules in processes of their own: isolated, bounded, and gone afterwards."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from edgeprune.contracts.processes.child import ChildError, Limits, module_started, run_module

posix = pytest.mark.skipif(os.name != "posix", reason="process groups and limits are POSIX's")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a module with these lines as its `main`."""
    monkeypatch.syspath_prepend(tmp_path)

    def run(lines: str, *arguments: str, **limits: Any) -> Any:
        (tmp_path / "job.py").write_text(f"import os, sys, time\ndef main(*arguments):\n    {lines}\n")
        return run_module("job", *arguments, limits=Limits(**{"seconds": 60, **limits}))

    return run


def test_what_main_returns_comes_back_whatever_is_printed_meanwhile(
    run: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = "print('{'); os.system('echo noise; echo noise >&2'); sys.stderr.write('more')"
    assert run(f"{noise}; return [1.5, None, *arguments]", "a b", "ü") == [1.5, None, "a b", "ü"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["json.py", "numpy.py", "contracts/__init__.py", "edgeprune/__init__.py", "job.py"])
def test_nothing_of_the_working_folder_is_run(name: str, run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    hostile = tmp_path / "cwd" / name
    hostile.parent.mkdir(parents=True)
    hostile.write_text("from pathlib import Path\nPath('/'.join(__file__.split('/')[:-1]), 'marker').touch()\n")
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setattr(sys, "path", ["", *sys.path])  # as in an interactive session
    assert run("import json, numpy, edgeprune.contracts.errors, edgeprune.cli.main; return 1") == 1
    assert not list((tmp_path / "cwd").rglob("marker"))


def test_a_failure_says_how_it_ended(run: Any) -> None:
    with pytest.raises(ChildError) as raised:
        run("raise RuntimeError('why')")
    assert raised.value.status == 1
    assert "RuntimeError: why" in raised.value.written
    with pytest.raises(ChildError) as raised:
        run("return float('nan')")
    assert "not JSON compliant" in raised.value.written


@posix
def test_a_crash_has_the_signals_number_and_leaves_no_core(run: Any) -> None:
    with pytest.raises(ChildError) as raised:
        run("import resource; assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0; os.abort()")
    assert raised.value.status == -6


@posix
def test_a_process_that_hangs_is_ended_with_all_that_it_started(run: Any, tmp_path: Path) -> None:
    noted = tmp_path / "grandchild"
    start = time.monotonic()
    with pytest.raises(ChildError) as raised:
        run(f"p = os.fork(); p and open({str(noted)!r}, 'w').write(str(p)); time.sleep(60)", seconds=2)
    assert raised.value.status is None
    assert time.monotonic() - start < 20
    assert _is_gone(int(noted.read_text()))


@posix
def test_processor_time_is_bounded(run: Any) -> None:
    with pytest.raises(ChildError) as raised:
        run("while True: pass", cpu_seconds=1)
    assert raised.value.status is None


@posix
def test_a_process_is_gone_after_an_interrupt(run: Any, tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    (tmp_path / "sleeper.py").write_text(
        f"import os, time\ndef main():\n    open({str(noted)!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)\n"
    )
    with pytest.raises(KeyboardInterrupt), module_started("sleeper", limits=Limits(seconds=60)):
        _interrupt_once_written(noted)
    assert _is_gone(int(noted.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is sure to bound the address space")
def test_memory_is_bounded(run: Any) -> None:
    assert run("return len(bytes(2**26))", memory_bytes=2**29) == 2**26
    with pytest.raises(ChildError) as raised:
        run("return len(bytes(2**30))", memory_bytes=2**29)
    assert "MemoryError" in raised.value.written


def _interrupt_once_written(file: Path) -> None:
    while not (file.exists() and file.read_text()):
        time.sleep(0.05)
    raise KeyboardInterrupt


def _is_gone(pid: int) -> bool:
    """Whether a process ended; the system may take a moment to clear a killed orphan away."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
