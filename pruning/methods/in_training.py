"""In-training pruning: after each epoch the weakest weights go and as many others grow at random places.

"A comparative study of neural network pruning strategies for industrial applications", 2025,
doi:10.3389/fcomp.2025.1563942. The sparsity of each layer is held throughout.
"""

from edgeprune.contracts.recipes.recipe import MethodRecipe, PointRecipe
from edgeprune.pruning.magnitude import largest, share_of
from edgeprune.pruning.masks import removal_count
from edgeprune.pruning.regimes.regime import Regime
from edgeprune.pruning.regimes.rewiring import rewire, share_left, weakest

SUMMARY = "drops the weakest weights after each epoch and grows as many at random places (--sparsity S, --zeta Z)"
KIND = "regime"
OPTIONS = ("sparsity", "conv_sparsity", "dense_sparsity", "zeta")


def check(recipe: MethodRecipe) -> None:
    """Every recipe is good: what it does not name has a default."""


def regime(recipe: PointRecipe) -> Regime:
    """Starts from the largest weights of each layer."""

    def kept(size: int, shape: tuple[int, ...]) -> int:
        return size - removal_count(size, share_of(shape, recipe))

    return Regime(
        starts=(lambda weights, _: largest(weights, recipe),),
        rewire=lambda weights, over, generator: {
            key: rewire(array, kept(array.size, array.shape), share_left(recipe.zeta, over), weakest, generator)
            for key, array in weights.items()
        },
    )
