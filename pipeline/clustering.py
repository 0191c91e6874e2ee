"""Weight clustering of a session's model: few different values in each kernel, zeros kept."""

from contracts.model import WeightKey
from contracts.recipe import MethodRecipe
from keras_models.array_transfer import assign, read
from keras_models.variables import variables
from pipeline.session import Session
from pruning.clusters import cluster
from pruning.selection import select


def cluster_weights(session: Session, recipe: MethodRecipe, count: int) -> tuple[WeightKey, ...]:
    """Leave at most `count` different values in each kernel that the recipe selects; which these are."""
    live = variables(session.loaded.model)
    keys = select(session.graph.layers, recipe.include, recipe.exclude).keys
    for key in keys:
        assign(live[key], cluster(read(live[key]), count).array)
    return keys
