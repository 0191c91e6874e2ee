"""How a field of a recipe is written down: its default, its help, and what else its flag needs."""

from dataclasses import field
from typing import Any


def option(default: Any, help_text: str, **metadata: Any) -> Any:
    """A recipe field. Metadata: `choices` (names), `plugins` (a package of them) and `also` (names beside these),
    `forms` (a package of plug-ins that tell themselves what is theirs), `within` (lowest and highest number), `panel`,
    `metavar`.
    """
    if isinstance(default, list):
        default = tuple(default)
    return field(default=default, metadata={"help": help_text, **metadata})
