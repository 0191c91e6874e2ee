"""Command-line options made from recipe fields, so that a flag, its help and its recipe key stand in one place."""

import inspect
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from edgeprune.contracts.recipes.fields import choices, flag, help_text, in_panels, opposite, panel, words
from edgeprune.contracts.recipes.recipe import ModelRecipe
from edgeprune.contracts.recipes.values import number_or_word, value_type


def with_recipe_options(kind: type[ModelRecipe]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command one option for each field of a recipe; they arrive as the keyword `flags`."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        names = [item.name for item in fields(kind)]

        def wrapper(**arguments: Any) -> int:
            flags = {name: _plain(arguments.pop(name)) for name in names}
            return command(**arguments, flags=flags)

        own = [item for item in inspect.signature(command).parameters.values() if item.name != "flags"]
        parameters = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in own]
        wrapper.__signature__ = inspect.Signature(parameters + [_parameter(item) for item in in_panels(kind)])  # type: ignore[attr-defined]
        wrapper.__doc__, wrapper.__name__ = command.__doc__, command.__name__
        return wrapper

    return decorate


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _parameter(item: Field[Any]) -> inspect.Parameter:
    kind: Any = list[str] if value_type(item) is tuple else value_type(item)
    parser = _number_or_word(item) if words(item) and kind in (int, float) else None
    # None means "not given", so that a recipe file is beaten only by what the user typed.
    switch = f"/{opposite(item.name)}" if kind is bool else ""
    option = typer.Option(
        flag(item.name) + switch,
        help=help_text(item),
        rich_help_panel=panel(item),
        metavar=_metavar(item),
        parser=parser,
        show_default=False,
        autocompletion=_offer(choices(item)) if choices(item) else None,
    )
    return inspect.Parameter(
        item.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _number_or_word(item: Field[Any]) -> Callable[[str], int | float | str]:
    """What reads a number that a word may stand for."""

    def read(text: str) -> int | float | str:
        try:
            return number_or_word(item, text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error

    return read


def _offer(names: list[str]) -> Callable[[str], list[str]]:
    """What a shell asks for the names that go on with what was typed."""

    def beginning_with(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    return beginning_with


def _metavar(item: Field[Any]) -> str | None:
    if "metavar" in item.metadata:
        return str(item.metadata["metavar"])
    if "choices" in item.metadata or "plugins" in item.metadata:
        return "NAME"
    return "" if value_type(item) is bool else None


RecipeFile = Annotated[
    Path | None,
    typer.Option(
        "--recipe",
        help="TOML file with any of these options; flags beat it, and --no-NAME unsets a switch of it.",
        metavar="FILE",
    ),
]
ModelFile = Annotated[
    Path, typer.Argument(help="Saved Keras model: .keras, .h5/.hdf5 or a SavedModel folder.", metavar="MODEL")
]
