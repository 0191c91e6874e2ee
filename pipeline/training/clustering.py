"""Weight clustering of a session's model: few different values in each kernel, zeros kept."""

from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.keras_models.live.array_transfer import assign, read
from edgeprune.keras_models.live.variables import variables
from edgeprune.pipeline.session import Session
from edgeprune.pruning.clusters import cluster
from edgeprune.pruning.selection import select


def cluster_weights(session: Session, recipe: MethodRecipe, count: int) -> tuple[WeightKey, ...]:
    """Leave at most `count` different values in each kernel that the recipe selects; which these are."""
    live = variables(session.loaded.model)
    keys = select(session.graph.layers, recipe.include, recipe.exclude).keys
    for key in keys:
        assign(live[key], cluster(read(live[key]), count).array)
    return keys
