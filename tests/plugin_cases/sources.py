"""Examples that any data format can be asked to hold, each of which can be told by its pixels."""

import numpy as np

from edgeprune.contracts.data import Data, Split
from edgeprune.contracts.model import Interface, Port
from edgeprune.dataset_io.examples import Examples

KINDS = np.array(["ape", "bee", "cat"])
"""In sorted order: they are numbered 0, 1, 2."""
IMAGE = Port(name="image", shape=(4, 4, 1), dtype="float32")
SIZE = Port(name="size", shape=(2,), dtype="float32")
KIND = Port(name="kind", shape=(3,), activation="softmax")
AGAIN = Port(name="again", shape=(3,), activation="softmax")

PLAIN = Interface(inputs=(IMAGE,), outputs=(KIND,))
SEVERAL = Interface(inputs=(IMAGE, SIZE), outputs=(KIND, AGAIN))
AUTOENCODER = Interface(inputs=(IMAGE,), outputs=(Port(name="rebuilt", shape=(4, 4, 1)),))


def examples(numbers: np.ndarray, *, text: bool = False, several: bool = False, labelled: bool = True) -> Examples:
    """Example n has n in all 16 pixels, and kind n modulo 3."""
    pixels = np.repeat(numbers.astype(np.uint8), 16).reshape(-1, 4, 4, 1)
    labels = KINDS[numbers % 3] if text else numbers % 3
    inputs, known = {"image": pixels}, {"kind": labels}
    if several:
        inputs["size"] = np.stack([numbers, numbers + 0.5], axis=1)
        known["again"] = (numbers + 1) % 3
    return Examples(inputs=inputs, labels=known if labelled else {})


def knows_classes(inputs: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """What a model answers that is always right: a second output where there is a second input."""
    numbers = inputs[0].reshape(len(inputs[0]), -1)[:, 0].astype(int)
    return tuple(np.eye(3, dtype=np.float32)[(numbers + place) % 3] for place in range(len(inputs)))


def numbers_of(split: Split) -> list[int]:
    """Which examples a part holds; all that belongs to one is held against its number."""
    found: list[int] = []
    for inputs, labels in split.batches(5):
        numbers = inputs[0].reshape(len(inputs[0]), -1)
        assert (numbers == numbers[:, :1]).all()
        seen = numbers[:, 0].astype(int)
        if len(inputs) > 1:
            np.testing.assert_array_equal(inputs[1], np.stack([seen, seen + 0.5], axis=1))
        for place, known in enumerate(labels):
            assert known.shape in ((len(seen),), inputs[0].shape)
            expected = (seen + place) % 3 if known.ndim == 1 else inputs[0]
            np.testing.assert_array_equal(known, expected)
        found += seen.tolist()
    return found


def all_numbers(data: Data) -> list[list[int]]:
    """Those of the training, validation and test part."""
    return [numbers_of(split) for split in (data.train, data.validation, data.test)]
