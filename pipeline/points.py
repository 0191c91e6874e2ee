"""The points of a sweep, as the user lists them."""

import math
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from contracts.errors import UsageError
from contracts.recipe import SweepRecipe
from contracts.recipe_values import check

LISTS = {"thresholds": "threshold", "sparsities": "sparsity", "ratios": "ratio"}
"""Flag of a list of points to the recipe field that each point sets."""

MOST_POINTS = 10_000


def sweep_points(recipe: SweepRecipe) -> tuple[SweepRecipe, ...]:
    """One recipe for each point. Raises UsageError unless exactly one list is given and all its values are good."""
    given = [flag for flag in LISTS if getattr(recipe, flag) is not None]
    if len(given) != 1:
        flags = ", ".join(f"--{flag}" for flag in LISTS)
        raise UsageError(f"sweep needs one list of points, found {len(given)}", f"give one of {flags}")
    flag = given[0]
    values = parse_points(f"--{flag}", getattr(recipe, flag))
    points = tuple(_at(recipe, {LISTS[flag]: value}) for value in values)
    for point in points:
        check(point)
    return points


def _at(recipe: SweepRecipe, changes: dict[str, Any]) -> SweepRecipe:
    return replace(recipe, **changes)


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
