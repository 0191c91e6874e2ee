"""The kinds of values that a config may hold, each with the words that say what was expected."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LARGEST = 2**31 - 1
"""Largest length of an axis: TensorFlow's and LiteRT's kernels count axes in 32 bits."""


class NotAsExpectedError(Exception):
    """A place in a config that is not as expected (never leaves this package)."""

    def __init__(self, message: str, layer: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.layer = layer


@contextmanager
def located(layer: str) -> Iterator[None]:
    """What is not as expected meanwhile is so in this layer, where no inner one was named."""
    try:
        yield
    except NotAsExpectedError as error:
        error.layer = error.layer or layer
        raise


@dataclass(frozen=True)
class Kind:
    """`expected` goes behind "expected" in a message."""

    expected: str
    accepts: Callable[[Any], bool]

    def check(self, place: str, value: Any) -> None:
        """Raises NotAsExpectedError for a value of another kind."""
        if not self.accepts(value):
            raise NotAsExpectedError(f"{place} is {shown(value)}, expected {self.expected}")


def shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def is_whole(value: Any) -> bool:
    """A whole number; JSON's true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def whole(minimum: int, maximum: int = LARGEST) -> Kind:
    """A whole number within limits."""
    limits = f"at least {minimum}" if maximum == LARGEST else f"{minimum} to {maximum}"
    return Kind(f"a whole number of {limits}", lambda value: is_whole(value) and minimum <= value <= maximum)


def optional(kind: Kind) -> Kind:
    """Null, or the kind."""
    return Kind(f"{kind.expected}, or null", lambda value: value is None or kind.accepts(value))


def either(*kinds: Kind) -> Kind:
    """Any of the kinds."""
    expected = " or ".join(kind.expected for kind in kinds)
    return Kind(expected, lambda value: any(kind.accepts(value) for kind in kinds))


def list_of(kind: Kind, lengths: range | None = None) -> Kind:
    """A list whose entries are all of the kind."""

    def accepts(value: Any) -> bool:
        if not isinstance(value, list | tuple) or not all(map(kind.accepts, value)):
            return False
        return lengths is None or len(value) in lengths

    return Kind(f"a list, each entry {kind.expected}", accepts)


def per_axis(kind: Kind) -> Kind:
    """One value for all spatial axes, or a list of one to three."""
    return Kind(f"{kind.expected}, or up to three of them", either(kind, list_of(kind, range(1, 4))).accepts)


def among(*choices: str) -> Kind:
    """One of these texts; capitals do not matter."""
    return Kind(f"one of {', '.join(choices)}", lambda value: isinstance(value, str) and value.lower() in choices)


NUMBER = Kind("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool))
TEXT = Kind("text", lambda value: isinstance(value, str))
NAME = Kind("a name", lambda value: isinstance(value, str) and value != "")
FLAG = Kind("true or false", lambda value: value is None or (isinstance(value, int) and value in (0, 1)))
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
LIST = Kind("a list", lambda value: isinstance(value, list | tuple))
AXIS = whole(-64, 64)
AXES = either(AXIS, list_of(AXIS, range(1, 65)))
SHAPE = list_of(optional(whole(0)), range(65))
