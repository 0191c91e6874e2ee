"""Values of recipes: read from a file, merged with flags, checked.

Precedence, written once in `merge`: a flag beats the recipe file, which beats the default.
"""

import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.plugins import check_name
from edgeprune.contracts.recipes.belonging import check_flags, waiting
from edgeprune.contracts.recipes.fields import flag, usage, words
from edgeprune.contracts.recipes.recipe import COMMANDS, ModelRecipe
from edgeprune.contracts.wording import did_you_mean

R = TypeVar("R", bound=ModelRecipe)
Note = Callable[[str], None]
"""Where a note to the user goes."""


def no_note(text: str) -> None:
    """Tell nobody."""


def merge(kind: type[R], flags: Mapping[str, Any], file: Path | None = None, note: Note = no_note) -> R:
    """A recipe from flags (None: not given), a recipe file and the defaults, checked.

    A file may serve several commands, and several runs of one: what nothing reads in this run is left out, with a note.
    Raises UsageError for unknown keys, wrong types, values out of range, and flags without what they belong to.
    """
    known = {item.name: item for item in fields(kind)}
    read = read_recipe_file(kind, file, note) if file else {}
    typed = {name: value for name, value in flags.items() if value is not None and value != ()}
    for name in (name for name, value in {**read, **typed}.items() if value == ""):
        raise UsageError(f"{flag(name)}: expected a value, found an empty one", "give one or leave it out")
    given = {**read, **typed}
    check(kind(**given))
    for name in (name for name, item in known.items() if item.metadata.get("required") and name not in given):
        raise UsageError(f"{usage(known, name)} is required, and it is not given", "see --help")
    for name, lacks in waiting(known, typed, read).items():
        note(f"{file}: {name.replace('_', '-')} has no effect without {lacks}")
        del given[name]
    check_flags(known, typed, given)
    return kind(**given)


def from_arguments(kind: type[R], arguments: Mapping[str, Any], file: Path | None = None, note: Note = no_note) -> R:
    """The same from keyword arguments of Python (None: not given), whose types are checked as a recipe file's are."""
    given = {name: value for name, value in arguments.items() if value is not None}
    return merge(
        kind, _typed_values([kind], given, "_", "", "argument", "help() of the function lists them"), file, note
    )


def read_recipe_file(kind: type[ModelRecipe], file: Path, note: Note = no_note) -> dict[str, Any]:
    """The keys of a TOML recipe file that are of this command, as recipes have them; `-` in a key reads as `_`."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: the recipe cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not a TOML file: {error}") from error
    values = _typed_values([*COMMANDS, kind], table, "-", f"{file}: ", "key", "see --help for the names")
    own = {item.name for item in fields(kind)}
    for name in (name for name in values if name not in own):
        note(f"{file}: {name.replace('_', '-')} is an option of other commands, and is ignored")
    return {name: value for name, value in values.items() if name in own}


def _typed_values(
    kinds: Sequence[type[ModelRecipe]], given: Mapping[str, Any], mark: str, where: str, what: str, more: str
) -> dict[str, Any]:
    """What was given under the names of fields, as their types; in messages, names are spelled with `mark`.

    Raises UsageError for unknown names and wrong types.
    """
    known = {item.name.replace("_", mark): item for kind in kinds for item in fields(kind)}
    values = {}
    for key, value in given.items():
        name = re.sub("[-_]", mark, key)
        if name not in known:
            raise UsageError(f"{where}unknown {what} {key!r}", did_you_mean(name, known, more))
        values[known[name].name] = _typed(where, key, known[name], value)
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


def number_or_word(item: Field[Any], text: str) -> int | float | str:
    """A number from the command line, or the word that may stand in its place. Raises ValueError, with a sentence."""
    if text in words(item):
        return text
    try:
        return value_type(item)(text)  # type: ignore[no-any-return]
    except ValueError as error:
        raise ValueError(f"expected {_expected(item)}, found {text!r}") from error


def _expected(item: Field[Any]) -> str:
    named = words(item) if value_type(item) in (int, float) else ()
    return " or ".join([TYPES[value_type(item)], *named])


def _typed(where: str, key: str, item: Field[Any], value: Any) -> Any:
    """A value of TOML or Python as the field's type."""
    wanted = value_type(item)
    if isinstance(value, str) and value in words(item):
        return value
    if wanted is tuple:
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list | tuple) and all(isinstance(item, str) for item in items):
            return tuple(items)
    elif wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif type(value) is wanted:
        return value
    raise UsageError(f"{where}{key}: expected {_expected(item)}, found {value!r}")


def check(recipe: ModelRecipe) -> None:
    """Check numbers against their ranges and names against their choices; raises UsageError."""
    for item in fields(recipe):
        value = getattr(recipe, item.name)
        choices = item.metadata.get("choices")
        for name in value if isinstance(value, tuple) else (value,):
            if choices and name is not None and name not in choices:
                raise UsageError(f"{flag(item.name)}: expected one of {', '.join(choices)}, found {name!r}")
        if value is None or value in words(item):
            continue
        if "plugins" in item.metadata:
            check_name(item.metadata["plugins"], value, flag(item.name))
        if "within" in item.metadata:
            check_range(flag(item.name), value, *item.metadata["within"])


def check_range(words: str, value: float, low: float, high: float) -> None:
    """Raise UsageError unless low <= value <= high (NaN never is)."""
    if not low <= value <= high:
        limit = f"at least {low:.15g}" if high == math.inf else f"{low:.15g} to {high:.15g}"
        raise UsageError(f"{words}: expected {limit}, found {value}")
