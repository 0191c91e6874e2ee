"""The `edgeprune` command: global behaviour, one error line, exit statuses."""

import sys
import traceback
from collections.abc import Sequence

import click
import typer

from cli import benchmark, export, inspect_model, methods, prune, sweep
from cli.terminal import Verbosity, set_verbosity, stderr
from contracts.errors import EdgepruneError

app = typer.Typer(
    name="edgeprune",
    help="Make a saved Keras model small and fast for edge devices: prune, fine-tune, export, measure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (inspect_model, prune, sweep, export, benchmark, methods):
    module.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    raise SystemExit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status of the contract (0, 1, 2, 3 or 130)."""
    words, verbosity = _take_verbosity(arguments)
    set_verbosity(verbosity)
    try:
        return int(app(list(words), standalone_mode=False) or 0)
    except EdgepruneError as error:
        return _report(str(error), error.exit_code, verbosity)
    except click.exceptions.UsageError as error:
        hint = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
        return _report(error.format_message() + hint, 2, verbosity)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        return _report("interrupted", 130, verbosity)
    except BrokenPipeError:
        return 0
    except OSError as error:
        return _report(f"{error.filename or 'a file'}: {error.strerror or error}", 1, verbosity)
    except MemoryError:
        return _report("out of memory; try a smaller --batch-size or a smaller model", 1, verbosity)


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
    stderr(f"error: {' '.join(message.split())}")
    return status
