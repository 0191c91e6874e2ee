"""The points of a sweep, as the user lists them."""

import math
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from edgeprune.contracts import plugins
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import MethodRecipe, SweepRecipe, as_plain
from edgeprune.contracts.recipes.values import check
from edgeprune.pipeline.requests.chosen_method import METHODS, given_options, load_method, not_taken

LISTS = {"thresholds": "threshold", "sparsities": "sparsity", "ratios": "ratio"}
"""Flag of a list of points to the recipe field that each point sets."""

SWEPT = {"sparsities": "magnitude", "ratios": "structured"}
"""The method of a list that the default method does not take, where no other is named."""

MOST_POINTS = 10_000

UNPRUNED = "unpruned"
DENSE = "dense"

NOT_DECISIVE = ("output", "plot", "store", "force", "tensorboard")
"""Recipe keys that do not change what a point comes to."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One row of a sweep, or several that differ in their numeric format.

    `reference` tells of rows that no method made: the model as it is in the file (`unpruned`), or trained from
    scratch and not pruned (`dense`). `recipe` has no lists, and no options but those of its method.
    """

    recipe: SweepRecipe
    reference: str | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        value = next((value for name in LISTS.values() if (value := getattr(self.recipe, name)) is not None), None)
        return self.reference or (self.recipe.method if value is None else f"{self.recipe.method} {value:g}")

    @property
    def decisive(self) -> dict[str, Any]:
        """All of the request that decides what the point comes to."""
        plain = as_plain(self.recipe)
        return {"reference": self.reference} | {key: plain[key] for key in plain if key not in NOT_DECISIVE}


def sweep_points(recipe: SweepRecipe) -> tuple[Point, ...]:
    """The unpruned model, the dense one where a recipe trains from scratch, then every method at every value.

    Raises UsageError unless there is exactly one list of values (or --methods and at most one), all of them are good,
    and every option given is for at least one of the methods.
    """
    methods = methods_of(recipe)
    flag, values = _values(recipe)
    known = {name: plugins.load(METHODS, name).OPTIONS for name in methods}
    for name in methods:
        if flag and LISTS[flag] not in known[name]:
            raise UsageError(f"--{flag} lists values of --{LISTS[flag]}, which --method {name} does not take")
    for option in given_options(recipe):
        if not any(option in options for options in known.values()):
            raise not_taken(option, f"{'--methods' if recipe.methods else '--method'} {', '.join(methods)}")
    points = [
        _narrowed(recipe, name, known[name], {LISTS[flag]: value} if flag else {})
        for name in methods
        for value in values
    ]
    for point in points:
        check(point)
        load_method(point)
    bare = _narrowed(recipe, SweepRecipe.method, (), {})
    references = (UNPRUNED, DENSE) if recipe.from_scratch else (UNPRUNED,)
    return (*(Point(recipe=bare, reference=name) for name in references), *(Point(recipe=point) for point in points))


def methods_of(recipe: SweepRecipe) -> list[str]:
    """The methods that are compared, or the one that is swept."""
    if recipe.methods is None:
        lists = [name for name in SWEPT if getattr(recipe, name) is not None]
        return [SWEPT[lists[0]] if lists and recipe.method == SweepRecipe.method else recipe.method]
    if recipe.method != SweepRecipe.method:
        raise UsageError(f"--method {recipe.method} and --methods exclude each other", "leave one of them out")
    names = [name.strip() for name in recipe.methods.split(",")]
    for name in names:
        plugins.check_name(METHODS, name)
    return list(dict.fromkeys(names))


def _values(recipe: SweepRecipe) -> tuple[str, tuple[float | None, ...]]:
    """The flag of the list that is given and its values; no flag and one None where methods alone are compared."""
    given = [flag for flag in LISTS if getattr(recipe, flag) is not None]
    if recipe.methods is not None and not given:
        return "", (None,)
    if len(given) != 1:
        flags = ", ".join(f"--{flag}" for flag in LISTS)
        raise UsageError(
            f"sweep needs one list of points, found {len(given)}", f"give one of {flags}, or --methods A,B"
        )
    return given[0], parse_points(f"--{given[0]}", getattr(recipe, given[0]))


def _narrowed(recipe: SweepRecipe, method: str, options: tuple[str, ...], values: dict[str, Any]) -> SweepRecipe:
    """The recipe of one point: no lists, and the options of other methods at their defaults."""
    defaults = {item.name: item.default for item in fields(MethodRecipe)}
    others = {option: defaults[option] for option in given_options(recipe) if option not in options}
    lists = dict.fromkeys((*LISTS, "methods"))
    return replace(recipe, **{**lists, **others, "method": method, **values})


def parse_points(flag: str, text: str) -> tuple[float, ...]:
    """`A,B,C`, or `START:STOP:STEP` with STOP included; computed in decimals, so that 0:0.3:0.1 ends at 0.3."""
    try:
        if ":" not in text:
            return tuple(_finite(part) for part in text.split(","))
        start, stop, step = (Decimal(part) for part in text.split(":"))
        if step <= 0 or stop < start or (stop - start) / step > MOST_POINTS:
            raise ValueError
        return tuple(float(start + step * index) for index in range(int((stop - start) / step) + 1))
    except (ValueError, InvalidOperation, OverflowError) as error:
        expected = f"A,B,C or START:STOP:STEP of at most {MOST_POINTS:,} points"
        raise UsageError(f"{flag}: expected {expected}, found {text!r}") from error


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
