"""The entry of the `edgeprune` command: signals and streams are set up before anything slow is imported.

Nothing is imported here but what Python itself has imported already, so that Ctrl-C meets no traceback.
"""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    from edgeprune.cli.streams import open_closed
    from edgeprune.contracts.processes import interruption

    open_closed()
    interruption.install()
    status = run(sys.argv[1:] if arguments is None else arguments)
    interruption.finish()
    raise SystemExit(status)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status of the contract (0, 1, 2, 3, 130 or 143)."""
    from edgeprune.cli.streams import safe_streams

    with safe_streams() as streams:
        from edgeprune.cli.command_line import run_command

        return streams.finish(run_command(arguments))


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"error: interrupted\n")
    os._exit(128 + number)
