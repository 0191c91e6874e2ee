"""Which options an option belongs to, as its field states in `needs`.

A flag without them is a usage error. In a recipe file, which several commands may share, it waits until they are given.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field
from typing import Any

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.fields import flag, usage

Fields = Mapping[str, Field[Any]]


def waiting(known: Fields, flags: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, str]:
    """Keys of a recipe file that have no effect in this run, each with what it lacks, as on the command line."""
    found: dict[str, str] = {}
    while True:
        given = {name: value for name, value in file.items() if name not in found} | dict(flags)
        unmet = {name: need for name in given if name not in flags for _, need in _lacking(known, name, given)}
        if not unmet:
            return found
        found |= {name: _in_words(need) for name, need in unmet.items()}  # and others may need these


def check_flags(known: Fields, flags: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise UsageError for a flag without what it belongs to; `given` are all values, those of a file too."""
    for name in (name for name in known if name in flags):
        for asked, need in _lacking(known, name, given):
            options = [option for option in need.split(" or ") if option.split()[0] in known]
            wanted = _in_words(" or ".join(options))
            raise UsageError(
                f"{asked} needs {wanted}", f"give {usage(known, options[0])} too, or leave {flag(name)} out"
            )


def _lacking(known: Fields, name: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is asked for with an option, as on the command line, and a need of it that is not met."""
    item, value = known[name], given[name]
    if value is False or (value == item.default and not _is_in_use(item, value)):
        return  # it is switched off
    needs = item.metadata.get("needs", ())
    by_choice = isinstance(needs, Mapping)
    asked = [(f"{flag(name)} {choice}", needs[choice]) for choice in value] if by_choice else [(flag(name), needs)]
    for words, several in asked:
        yield from ((words, need) for need in several if not _is_met(known, need, given))


def _is_met(known: Fields, need: str, given: Mapping[str, Any]) -> bool:
    """Whether one of the options of a need is in use. What no option of this command gives, the command does."""
    options = [(name, value) for name, *value in (option.split() for option in need.split(" or ")) if name in known]
    return not options or any(_has(known[name], given.get(name, known[name].default), value) for name, value in options)


def _has(item: Field[Any], found: Any, wanted: list[str]) -> bool:
    if not wanted:
        return _is_in_use(item, found)
    return wanted[0] in (found if isinstance(found, tuple) else (found,))


def _is_in_use(item: Field[Any], value: Any) -> bool:
    """Whether a value asks for something: no, 0, nothing and a default of `none` do not."""
    return bool(value) and not value == item.default == "none"


def _in_words(need: str) -> str:
    """A need as on the command line: `epochs or qat_epochs` is --epochs or --qat-epochs."""
    options: Iterable[list[str]] = (option.split() for option in need.split(" or "))
    return " or ".join(" ".join([flag(name), *value]) for name, *value in options)
