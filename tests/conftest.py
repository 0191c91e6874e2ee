"""What tests of several packages share: the sample models, and the command run as a user runs it."""

import contextlib
import importlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in its background with Ctrl-C ignored, and all processes of the tests would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]


class NoTensorFlow:
    """Asked for modules before Python looks: what imports TensorFlow, a test or a file of them, ends as skipped."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Never finds a module; raises pytest's own exception for a skipped test."""
        if name in ("tensorflow", "keras", "tf_keras"):
            pytest.skip(f"imports {name}", allow_module_level=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without-tensorflow", action="store_true", help="Skip all tests that import TensorFlow; the rest is quick."
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--without-tensorflow"):
        sys.meta_path.insert(0, NoTensorFlow())


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.config.getoption("--without-tensorflow") and item.get_closest_marker("tensorflow"):
        pytest.skip("starts TensorFlow in a process of its own")


@dataclass(frozen=True)
class Finished:
    """What a run of the command left behind."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample models and data."""
    return ROOT / "sample_models"


@pytest.fixture(params=["keras", "tf_keras"], ids=["keras3", "keras2"])
def api(request: pytest.FixtureRequest) -> Any:
    """Each Keras in turn."""
    return importlib.import_module(request.param)


@pytest.fixture(scope="session")
def edgeprune() -> Callable[..., Finished]:
    """`edgeprune("prune", path, "--threshold", 0.02)`: the console entry point, run in this process."""
    from edgeprune.cli.main import main
    from edgeprune.contracts.processes.interruption import SIGNALS

    def run(*arguments: object, cwd: Path | None = None) -> Finished:
        stdout, stderr = io.StringIO(), io.StringIO()
        with (
            patch.object(sys, "argv", ["edgeprune", *map(str, arguments)]),
            contextlib.chdir(cwd or Path.cwd()),
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            handlers = {number: signal.getsignal(number) for number in SIGNALS}
            try:
                code = main()
            except SystemExit as stop:
                code = stop.code
            finally:
                for number, handler in handlers.items():
                    signal.signal(number, handler)
        return Finished(int(code or 0), stdout.getvalue(), stderr.getvalue())

    return run


@pytest.fixture(scope="session")
def edgeprune_process() -> Callable[..., Finished]:
    """The same, through the installed script in a process of its own: slower, for what only a process shows."""
    script = Path(sys.executable).with_name("edgeprune")

    def run(*arguments: object, cwd: Path | None = None) -> Finished:
        command = [str(script), *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
        return Finished(done.returncode, done.stdout, done.stderr)

    return run
