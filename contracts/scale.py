"""How inputs are scaled, as it crosses from the data to the report beside a model, and back."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What `--scale` calls it, and the conventions in use for such values, the usual one first."""

    name: str
    conventions: tuple[str, ...]
