"""Phrases that messages of all packages share."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint with the known name that is nearest to another, or the hint for where none is near."""
    nearest = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {nearest[0]!r}?" if nearest else otherwise


def in_one_line(told: object, most: int | None = None) -> str:
    """What a library says, with single blanks for its line breaks; `most` characters of it."""
    return " ".join(str(told).split())[:most]
