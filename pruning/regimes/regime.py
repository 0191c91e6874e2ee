"""Regimes: when and how masks change while a model is trained. Arrays in, arrays out; the pipeline trains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey

Weights = Mapping[WeightKey, Array]
Start = Callable[[Weights, np.random.Generator], dict[WeightKey, Mask]]
"""Present weights to the masks that a round of training starts with."""
Rewire = Callable[[Weights, float, np.random.Generator], dict[WeightKey, Array]]
"""Weights at the end of an epoch, and the share of the epochs that is over, to the weights that the next epoch starts
with: masked where they are 0."""


@dataclass(frozen=True, kw_only=True)
class Regime:
    """What a method does with the masks.

    starts: one for each round; every round trains for all epochs of the recipe.
    rewire: called after each epoch of a round but the last; None: the masks stay.
    rewinds: the weights are those of the start again when a round begins.
    trains_first: from scratch, the dense model is trained for the recipe's epochs before the first round.
    """

    starts: tuple[Start, ...]
    rewire: Rewire | None = None
    rewinds: bool = False
    trains_first: bool = False
