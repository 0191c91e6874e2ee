"""Examples from which the converter learns the ranges of activations."""

from collections.abc import Iterator
from dataclasses import dataclass

from edgeprune.contracts.data import Array


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Inputs of real examples: `examples[i]` is a batch for the input that the traced graph calls `names[i]`."""

    names: tuple[str, ...]
    examples: tuple[Array, ...]

    def representative_dataset(self) -> Iterator[dict[str, Array]]:
        """One example at a time, by input name, in the form that `TFLiteConverter` asks for."""
        for i in range(len(self.examples[0])):
            yield {name: array[i : i + 1] for name, array in zip(self.names, self.examples, strict=True)}
