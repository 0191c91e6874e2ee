"""Iterative pruning: rounds of zeroing the smallest weights and training the rest.

Han et al., "Learning both Weights and Connections for Efficient Neural Networks", NeurIPS 2015, section 3. The same
share of what is left goes in every round, and `--rewind` sets the rest back to its initial values: Frankle & Carbin,
"The Lottery Ticket Hypothesis", ICLR 2019, section 1.
"""

from functools import partial

import numpy as np

from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe, PointRecipe
from edgeprune.pruning.magnitude import check_scope, largest
from edgeprune.pruning.regimes.regime import Regime, Weights

SUMMARY = "zeroes the smallest weights in rounds and trains in each (--sparsity S, --rounds N, --rewind)"
KIND = "regime"
OPTIONS = ("sparsity", "conv_sparsity", "dense_sparsity", "scope", "block", "rounds", "rewind")


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError for shares that do not go together."""
    check_scope(recipe)


def regime(recipe: PointRecipe) -> Regime:
    """One start for each round."""
    return Regime(
        starts=tuple(partial(_start, recipe, number) for number in range(1, recipe.rounds + 1)),
        rewinds=recipe.rewind,
        trains_first=True,
    )


def sparsity_after(share: float, number: int, rounds: int) -> float:
    """Sparsity after round `number` of `rounds`: 1 - (1 - share)^(number / rounds)."""
    return share if number == rounds else 1 - (1 - share) ** (number / rounds)


def _start(recipe: PointRecipe, number: int, weights: Weights, _: np.random.Generator) -> dict[WeightKey, Mask]:
    return largest(weights, recipe, lambda share: sparsity_after(share, number, recipe.rounds))
