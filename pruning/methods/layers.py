"""Layer pruning: whole layers and residual blocks whose removal changes the output least become the identity.

The greedy choice and its papers: `pruning/layers/region_choice.py`.
"""

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.pruning.layers.region_choice import LayerRequest

SUMMARY = "removes the layers and residual blocks that change the output least (--ratio R or --count N)"
KIND = "layers"
OPTIONS = ("ratio", "count")


def check(recipe: MethodRecipe) -> None:
    """Raise UsageError unless the recipe says how much, in one way."""
    if (recipe.ratio is None) == (recipe.count is None):
        raise UsageError("--method layers needs either --ratio R or --count N", "for example --count 1")


def request(recipe: MethodRecipe) -> LayerRequest:
    """What is to go."""
    return LayerRequest(count=recipe.count, ratio=recipe.ratio, include=recipe.include, exclude=recipe.exclude)
