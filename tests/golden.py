"""Texts that follow from options and plug-ins: help texts, and lists in documents. `make golden` makes them anew.

A list in a document stands between `<!-- plug-ins: FOLDER -->` and `<!-- end -->`, FOLDER as in `pruning/criteria`.
"""

import contextlib
import io
import os
import re
from pathlib import Path
from unittest.mock import patch

from edgeprune.cli.command_line import app
from edgeprune.cli.main import run
from edgeprune.contracts.plugins import catalogue

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "cli" / "golden"
WIDTH = 80
COMMANDS = [str(command.name) for command in app.registered_commands]
PAGES = {"edgeprune": ["--help"], **{name: [name, "--help"] for name in COMMANDS}}
LIST = re.compile(r"(?<=^<!-- plug-ins: )([\w/]+)( -->\n)(.*?)(?=^<!-- end -->$)", flags=re.DOTALL | re.MULTILINE)


def help_text(page: str) -> str:
    """A help text on a terminal of WIDTH columns, without Rich's padding."""
    output = io.StringIO()
    with patch.dict(os.environ, COLUMNS=str(WIDTH)), contextlib.redirect_stdout(output):
        assert run(PAGES[page]) == 0
    return "".join(f"{line.rstrip()}\n" for line in output.getvalue().splitlines())


def documents() -> list[Path]:
    """All documents of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def lists(text: str) -> set[str]:
    """The folders whose plug-ins a document lists."""
    return {found[1] for found in LIST.finditer(text)}


def with_lists(text: str) -> str:
    """A document with its lists as the catalogue has them."""
    return LIST.sub(lambda found: f"{found[1]}{found[2]}{_table(found[1])}", text)


def _table(folder: str) -> str:
    names = catalogue(f"edgeprune.{folder.replace('/', '.')}")
    rows = [f"| `{name}` | {_in_markdown(summary)} |" for name, summary in names.items()]
    return "\n".join(["| name | what it is |", "|---|---|", *rows, ""])


def _in_markdown(summary: str) -> str:
    return re.sub(r"(--[a-z-]+)", r"`\1`", summary).replace("|", "\\|")


def write() -> None:
    """Write all of them."""
    for stale in GOLDEN.glob("*.txt"):
        stale.unlink()
    for page in PAGES:
        (GOLDEN / f"{page}.txt").write_text(help_text(page), encoding="utf-8")
    for document in documents():
        document.write_text(with_lists(document.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
