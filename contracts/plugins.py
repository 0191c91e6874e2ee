"""Plug-ins are files: a module's stem is its command-line name, its line `SUMMARY = "…"` its help.

The names and summaries are read from the source text, without importing it, so that `--help` stays fast.
"""

import ast
import importlib
import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.wording import did_you_mean


@cache
def catalogue(package: str) -> dict[str, str]:
    """Name to summary of every plug-in in a package, sorted by name; `_` in a file name reads as `-`."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(package)
    files = sorted(Path(spec.submodule_search_locations[0]).glob("[!_]*.py"))
    summaries = {file.stem.replace("_", "-"): _summary(file) for file in files}
    return {name: summary for name, summary in summaries.items() if summary is not None}


def forms(package: str, names: Iterable[str] | None = None) -> list[str]:
    """Of plug-ins (None: all) whose summary is "WHAT: more": what each of them takes."""
    summaries = catalogue(package)
    return [summaries[name].partition(":")[0] for name in (summaries if names is None else names)]


def load(package: str, name: str) -> ModuleType:
    """Import one plug-in by its command-line name; raises UsageError for a name that is not there."""
    check_name(package, name)
    return importlib.import_module(f"{package}.{name.replace('-', '_')}")


def check_name(package: str, name: str, flag: str = "") -> None:
    """Raise UsageError for a name that no plug-in of the package has, naming the nearest one and the flag, if any."""
    known = catalogue(package)
    if name not in known:
        hint = did_you_mean(name, known, "see `edgeprune methods`")
        raise UsageError(f"{flag} {name!r} is not one of {', '.join(known)}".lstrip(), hint)


def _summary(file: Path) -> str | None:
    """The string assigned to SUMMARY at the top level of a source file, or None."""
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "SUMMARY":
            return str(ast.literal_eval(statement.value))
    return None
