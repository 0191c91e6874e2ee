"""The entry of the `edgeprune` command: signals and streams are set up before anything slow is imported."""

import sys
from collections.abc import Sequence

from cli.streams import open_closed, safe_streams
from contracts import interruption


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    open_closed()
    interruption.install()
    status = run(sys.argv[1:] if arguments is None else arguments)
    interruption.finish()
    raise SystemExit(status)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status of the contract (0, 1, 2, 3, 130 or 143)."""
    with safe_streams() as streams:
        from cli.command_line import run_command

        return streams.finish(run_command(arguments))
