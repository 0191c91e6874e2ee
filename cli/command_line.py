"""All commands: global behaviour, one error line, exit statuses."""

import os
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.completion import shell_complete

from edgeprune.cli import benchmark, export, inspect_model, methods, prune, sweep
from edgeprune.cli.terminal import Verbosity, set_verbosity, stderr
from edgeprune.contracts.foreign_errors import as_ours
from edgeprune.contracts.processes import interruption, memory
from edgeprune.contracts.processes.temporary import run_folder
from edgeprune.contracts.wording import in_one_line

COMPLETION = "_EDGEPRUNE_COMPLETE"
"""The variable by which a shell asks how a line could go on."""

app = typer.Typer(
    name="edgeprune",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    """Make a saved Keras model small and fast for edge devices: prune, fine-tune, export, measure."""
    if version:
        from importlib.metadata import version as installed

        print(f"edgeprune {installed('edgeprune')}")
        raise typer.Exit


for module in (inspect_model, prune, sweep, export, benchmark, methods):
    module.register(app)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status of the contract."""
    words, verbosity = _take_verbosity(arguments)
    set_verbosity(verbosity)
    memory.spare()
    if verbosity < Verbosity.DEBUG:
        warnings.showwarning = _drop  # those of libraries, which a user can do nothing about
    try:
        with interruption.raising(), run_folder():
            return _invoke(words or ["--help"])
    except KeyboardInterrupt:
        return _report(interruption.name(), interruption.exit_status(), verbosity)
    except Exception as error:
        if interruption.is_cause(error) or (interruption.received() and not _is_known(error)):
            return _report(interruption.name(), interruption.exit_status(), verbosity)
        return _report(*_told(error), verbosity)


def _drop(*arguments: object, **options: object) -> None:
    """Show no warning."""


def _is_known(error: Exception) -> bool:
    """Whether an error is raised on purpose."""
    return as_ours(error) is not None or isinstance(error, typer.TyperException)


def _told(error: Exception) -> tuple[str, int]:
    """What is said of an error, and the exit status."""
    ours = as_ours(error)
    if ours is not None:
        return str(ours), ours.exit_code
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        hint = f"; see `{context.command_path} --help`" if context else ""
        return error.format_message().rstrip(".") + hint, error.exit_code
    found = f"{type(error).__name__}: {error}"  # a mistake of ours must not look like one of the user's
    return f"this is a bug in edgeprune: {found}; --debug shows where, please report it", 1


def _invoke(words: list[str]) -> int:
    """What Typer's own `main` does, which ends Ctrl-C and broken pipes without a word."""
    command = typer.main.get_command(app)
    if asked := os.environ.get(COMPLETION):
        return shell_complete(command, {}, "edgeprune", COMPLETION, asked)
    try:
        with command.make_context("edgeprune", words) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as end:
        return end.exit_code
    except SystemExit as end:  # Typer's options that install and show completion end so
        return int(end.code or 0)


def _take_verbosity(arguments: Sequence[str]) -> tuple[list[str], Verbosity]:
    """--quiet, --verbose and --debug may stand anywhere on the line."""
    levels = {f"--{level.name.lower()}": level for level in Verbosity if level is not Verbosity.NORMAL}
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = [levels[word] for word in arguments[:end] if word in levels]
    words = [word for word in arguments[:end] if word not in levels] + list(arguments[end:])
    return words, given[-1] if given else Verbosity.NORMAL


def _report(message: str, status: int, verbosity: Verbosity) -> int:
    if verbosity is Verbosity.DEBUG:
        traceback.print_exc()
    stderr(f"error: {in_one_line(message)}")
    return status
