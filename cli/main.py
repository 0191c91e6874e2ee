"""The `edgeprune` command: global behaviour, one error line, exit statuses."""

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from cli import benchmark, export, inspect_model, methods, prune, sweep
from cli.terminal import Verbosity, set_verbosity, stderr
from contracts.errors import EdgepruneError

app = typer.Typer(
    name="edgeprune",
    invoke_without_command=True,
    add_completion=False,
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    raise SystemExit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status of the contract (0, 1, 2, 3 or 130)."""
    words, verbosity = _take_verbosity(arguments)
    set_verbosity(verbosity)
    try:
        return int(app(words or ["--help"], prog_name="edgeprune", standalone_mode=False) or 0)
    except EdgepruneError as error:
        return _report(str(error), error.exit_code, verbosity)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see `{context.command_path} --help`" if context else ""
        return _report(error.format_message().rstrip(".") + hint, error.exit_code, verbosity)
    except (KeyboardInterrupt, typer.Abort):
        return _report("interrupted", 130, verbosity)
    except OSError as error:
        return _report(f"{error.filename or 'a file'}: {error.strerror or error}", 1, verbosity)
    except MemoryError:
        return _report("out of memory; try a smaller --batch-size or a smaller model", 1, verbosity)
    except Exception as error:  # a mistake of ours must not look like one of the user's
        found = f"{type(error).__name__}: {error}"
        return _report(f"this is a bug in edgeprune: {found}; --debug shows where, please report it", 1, verbosity)


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
