"""How a field of a recipe is written down: its default, its help, and what else its flag needs."""

from collections.abc import Mapping
from dataclasses import Field, field, fields
from typing import Any

from edgeprune.contracts.plugins import catalogue, forms

PANELS = ("Options", "Data", "Fine-tuning", "Export", "Quality gates")
"""Boxes of --help, in the order of the work."""


def option(default: Any, help_text: str, **metadata: Any) -> Any:
    """A recipe field. Metadata: `choices` (names), `plugins` (a package of them), `also` (names beside these, or words
    in place of a number), `forms` (a package of plug-ins that tell themselves what is theirs), `within` (lowest and
    highest number), `panel`, `metavar`, `required`, and `needs`: the fields without which it has no effect, as
    ("data", "epochs or qat_epochs", "quantize auto"), or such a list for each of its choices.
    """
    if isinstance(default, list):
        default = tuple(default)
    return field(default=default, metadata={"help": help_text, **metadata})


def flag(name: str) -> str:
    """The flag of a field: `max_drop` is --max-drop."""
    return "--" + name.replace("_", "-")


def opposite(name: str) -> str:
    """The flag that switches off what a field switches on: --no-check of `check`, --header of `no_header`."""
    return flag(name.removeprefix("no_") if name.startswith("no_") else f"no_{name}")


def usage(known: Mapping[str, Field[Any]], words: str) -> str:
    """A flag with what stands behind it: `tflite` is --tflite FILE, `quantize auto` is --quantize auto."""
    name, *value = words.split()
    return " ".join([flag(name), *(value or [str(known[name].metadata.get("metavar", ""))])]).rstrip()


def in_panels(kind: type[Any]) -> list[Field[Any]]:
    """The fields of a recipe in the order of the help."""
    return sorted(fields(kind), key=lambda item: PANELS.index(panel(item)))


def panel(item: Field[Any]) -> str:
    """The box of the help in which a field stands."""
    return str(item.metadata.get("panel", PANELS[0]))


def words(item: Field[Any]) -> tuple[str, ...]:
    """The words that a field may have beside the names of plug-ins, or in place of a number."""
    return tuple(item.metadata.get("also", ()))


def choices(item: Field[Any]) -> list[str]:
    """The names that a field may have; none where it takes anything else."""
    if "plugins" in item.metadata:
        return [*catalogue(item.metadata["plugins"]), *words(item)]
    return list(item.metadata.get("choices", ()))


def help_text(item: Field[Any]) -> str:
    """A field's help, with the names that it may have and its default."""
    text = str(item.metadata["help"])
    if names := choices(item):
        text += f" One of: {', '.join(names)}."
    if "forms" in item.metadata:
        text += f" One of: {'; '.join(forms(item.metadata['forms']))}."
    if item.default is not False and item.default not in (None, (), ""):
        text += f" Default: {item.default}."
    return text
