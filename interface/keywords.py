"""The keyword arguments of a function: those of its command, with their help."""

import inspect
import os
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from edgeprune.contracts.recipes.fields import help_text, in_panels
from edgeprune.contracts.recipes.recipe import ModelRecipe
from edgeprune.contracts.recipes.values import Note, from_arguments

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", bound=ModelRecipe)


def with_keywords_of(kind: type[ModelRecipe]) -> Callable[[F], F]:
    """Show the fields of a recipe, which the function takes as `**flags`, in its signature and its docstring."""

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        own = [item for item in signature.parameters.values() if item.kind is not inspect.Parameter.VAR_KEYWORD]
        more = [item for item in in_panels(kind) if item.name not in signature.parameters]
        parameters = [
            inspect.Parameter(item.name, inspect.Parameter.KEYWORD_ONLY, default=item.default, annotation=item.type)
            for item in more
        ]
        lines = [f"{item.name}: {help_text(item)}" for item in more]
        wrapper = textwrap.TextWrapper(100, initial_indent=" " * 4, subsequent_indent=" " * 8, break_on_hyphens=False)
        wrapped = map(wrapper.fill, lines)
        function.__doc__ = "\n".join([inspect.getdoc(function) or "", "", "Options of the command:", "", *wrapped])
        function.__signature__ = signature.replace(parameters=[*own, *parameters])  # type: ignore[attr-defined]
        return function

    return decorate


def recipe_from(kind: type[R], flags: Mapping[str, Any], file: str | Path | None, note: Note) -> R:
    """A checked recipe from keyword arguments, paths and NumPy's numbers among them, and a recipe file.

    `note` is told what a recipe file holds in vain. Raises UsageError as the command does.
    """
    lists = {item.name for item in fields(kind) if item.metadata.get("metavar") == "LIST"}
    given = {name: _as_list(_plain(value)) if name in lists else _plain(value) for name, value in flags.items()}
    return from_arguments(kind, given, Path(file) if file is not None else None, note)


def _plain(value: Any) -> Any:
    """A path as text, numbers and arrays of NumPy as Python's."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.tolist() if hasattr(value, "tolist") else value


def _as_list(value: Any) -> Any:
    """Points of a sweep, which the command takes as A,B,C."""
    if isinstance(value, list | tuple):
        return ",".join(str(_plain(item)) for item in value)
    return value
