"""Examples as arrays, as a data format finds or writes them, and what a format can hold."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import DataError, EdgepruneError
from edgeprune.dataset_io.labels import number_text_classes
from edgeprune.dataset_io.parts import ArrayPart, RawData, checked_part

TEXT_LABELS = "labels as text"
SEVERAL_ARRAYS = "several inputs and outputs"
TEST_PART = "a test part of its own"
ONE_PART = "one part, to be split"
HOLDINGS = (TEXT_LABELS, SEVERAL_ARRAYS, TEST_PART, ONE_PART)
"""What a data format may say that it `HOLDS`; labels that are numbers, and one input and output, every format does."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """One part: an array for each input and for each output's labels, by name, the example axis first.

    Autoencoders need no labels.
    """

    inputs: Mapping[str, Array]
    labels: Mapping[str, Array] = field(default_factory=dict)


def raw_data(source: str, parts: Mapping[str, Examples]) -> RawData:
    """Parts called `train` and `test`, checked; labels given as text become class numbers, the same in every part.

    Raises DataError for arrays that are empty, of different lengths, not numbers, or hold NaN or infinity.
    """
    numbered, notes = dict(parts), []
    class_names: list[tuple[str, ...]] = []
    for position in range(len(next(iter(parts.values())).labels)):
        keys = [list(part.labels)[position] for part in numbered.values()]
        found = [part.labels[key] for part, key in zip(numbered.values(), keys, strict=True)]
        numbers, names = number_text_classes(found)
        for name, key, array in zip(parts, keys, numbers, strict=True):
            numbered[name] = replace(numbered[name], labels={**numbered[name].labels, key: array})
        class_names.append(names)
        if names:
            notes.append(f"classes of {keys[0]} by number: {', '.join(names)}")
    checked: dict[str, ArrayPart] = {
        name: checked_part(source, dict(part.inputs), dict(part.labels)) for name, part in numbered.items()
    }
    return RawData(
        train=checked.get("train"), test=checked.get("test"), class_names=tuple(class_names), notes=tuple(notes)
    )


@contextmanager
def reading(source: str, what: str, hint: str = "check that the file is whole") -> Iterator[None]:
    """Make a DataError of whatever is raised inside: where a file is damaged, its readers raise nearly anything."""
    try:
        yield
    except EdgepruneError:
        raise
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"{source} is no readable {what} ({reason})", hint) from error
