"""Examples at the end of --help, printed as they are: Rich would fold and pad them, and they could not be copied."""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand


def command_with_example(app: typer.Typer, name: str, example: str) -> Callable[[Callable[..., Any]], Any]:
    """Add a command to `app` whose help ends with `example`: one command line, `\\` at the end of all lines but one."""

    class Command(TyperCommand):
        def format_help(self, ctx: Any, formatter: Any) -> None:
            for param in self.params:
                param.secondary_opts = []  # --no-check and its like would take a column from every line
            super().format_help(ctx, formatter)
            print("Example:\n\n" + "\n".join(f"  {line}" for line in example.splitlines()))

    return app.command(name, cls=Command)
