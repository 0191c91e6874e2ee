"""How a recipe's epochs are shared between what is trained before the pruning and what is trained with it or after."""

from edgeprune.contracts.recipes.parts import Fit, fit_of
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.pipeline.requests.chosen_method import TRAINING_KINDS, load_method


def epochs_before(recipe: PointRecipe) -> int:
    """Epochs that a model from scratch is trained for before it is pruned.

    All methods have the same budget: those that train themselves need none, the others get half of it, rounded up.
    """
    if not recipe.from_scratch or load_method(recipe).KIND in TRAINING_KINDS:
        return 0
    return recipe.counted_epochs - recipe.counted_epochs // 2


def dense_fit(recipe: PointRecipe) -> Fit:
    """The training before the pruning."""
    return fit_of(recipe, epochs_before(recipe))


def fine_tuning_fit(recipe: PointRecipe) -> Fit:
    """The training after the pruning."""
    before = epochs_before(recipe)
    return fit_of(recipe, recipe.counted_epochs - before) if before else fit_of(recipe)
