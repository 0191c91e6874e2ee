"""Values of recipes: read from a file, merged with flags, checked.

Precedence, written once in `merge`: a flag beats the recipe file, which beats the default.
"""

import difflib
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.plugins import check_name
from edgeprune.contracts.recipes.recipe import ModelRecipe

R = TypeVar("R", bound=ModelRecipe)


def merge(kind: type[R], flags: Mapping[str, Any], file: Path | None = None) -> R:
    """A recipe from flags (None: not given), a recipe file and the defaults, checked.

    Raises UsageError for unknown keys, wrong types and values out of range.
    """
    given = read_recipe_file(kind, file) if file else {}
    given |= {name: value for name, value in flags.items() if value is not None and value != ()}
    for name in (name for name, value in given.items() if value == ""):
        raise UsageError(
            f"--{name.replace('_', '-')}: expected a value, found an empty one", "give one or leave it out"
        )
    recipe = kind(**given)
    check(recipe)
    return recipe


def from_arguments(kind: type[R], arguments: Mapping[str, Any], file: Path | None = None) -> R:
    """The same from keyword arguments of Python (None: not given), whose types are checked as a recipe file's are."""
    given = {name: value for name, value in arguments.items() if value is not None}
    return merge(kind, _typed_values(kind, given, "_", "", "argument", "help() of the function lists them"), file)


def read_recipe_file(kind: type[ModelRecipe], file: Path) -> dict[str, Any]:
    """The keys of a TOML recipe file; `-` in a key reads as `_`, as in the flags."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: the recipe cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not a TOML file: {error}") from error
    return _typed_values(kind, table, "-", f"{file}: ", "key", "see --help for the names")


def _typed_values(
    kind: type[ModelRecipe], given: Mapping[str, Any], mark: str, where: str, what: str, more: str
) -> dict[str, Any]:
    """What was given under the names of fields, as their types; in messages, names are spelled with `mark`.

    Raises UsageError for unknown names and wrong types.
    """
    known = {item.name.replace("_", mark): item for item in fields(kind)}
    values = {}
    for key, value in given.items():
        name = re.sub("[-_]", mark, key)
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else more
            raise UsageError(f"{where}unknown {what} {key!r}", hint)
        values[known[name].name] = _typed(where, key, value_type(known[name]), value)
    return values


def value_type(item: Field[Any]) -> type:
    """The type of a field's values: str, int, float, bool, or tuple (of strings)."""
    if get_origin(item.type) is tuple:
        return tuple
    kinds = get_args(item.type) or (item.type,)
    return next(kind for kind in kinds if isinstance(kind, type) and kind is not NoneType)


TYPES = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "a list of texts",
}
"""How the types of values are called."""


def _typed(where: str, key: str, wanted: type, value: Any) -> Any:
    """A value of TOML or Python as the field's type."""
    if wanted is tuple:
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list | tuple) and all(isinstance(item, str) for item in items):
            return tuple(items)
    elif wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif type(value) is wanted:
        return value
    raise UsageError(f"{where}{key}: expected {TYPES[wanted]}, found {value!r}")


def check(recipe: ModelRecipe) -> None:
    """Check numbers against their ranges and names against their choices; raises UsageError."""
    for item in fields(recipe):
        value = getattr(recipe, item.name)
        flag = "--" + item.name.replace("_", "-")
        choices = item.metadata.get("choices")
        for name in value if isinstance(value, tuple) else (value,):
            if choices and name is not None and name not in choices:
                raise UsageError(f"{flag}: expected one of {', '.join(choices)}, found {name!r}")
        if "plugins" in item.metadata and value not in (None, *item.metadata.get("also", ())):
            check_name(item.metadata["plugins"], value, flag)
        if "within" in item.metadata and value is not None:
            check_range(flag, value, *item.metadata["within"])


def check_range(flag: str, value: float, low: float, high: float) -> None:
    """Raise UsageError unless low <= value <= high (NaN never is)."""
    if not low <= value <= high:
        limit = f"at least {low}" if high == math.inf else f"{low} to {high}"
        raise UsageError(f"{flag}: expected {limit}, found {value}")
