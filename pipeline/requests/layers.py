"""What can be wrong with the layers that an option names, told from the model's file. Imports nothing slow."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import NumericsRecipe, PointRecipe

CUTS = {"channels", "layers"}
"""Kinds of methods that remove parts of a model, and so go by layers, never by single weights."""


def check_chosen_layers(model: Path, recipe: PointRecipe, kinds: Iterable[str]) -> None:
    """Raise UsageError where --include or --exclude matches nothing, ModelFileError for a file that is no model.

    `kinds`: those of the methods.
    """
    patterns = (*recipe.include, *recipe.exclude)
    if not patterns:
        return
    # These need NumPy, and --help does not.
    from edgeprune.keras_models.loading.layer_names import graph_of_known_layers
    from edgeprune.pruning.selection import require_matches

    graph = graph_of_known_layers(model)
    if graph is not None:
        for kind in kinds:
            require_matches(graph.layers, patterns, weights=kind not in CUTS)


def check_float_layers(model: Path, recipe: NumericsRecipe) -> None:
    """Raise UsageError for --keep-float that matches no layer, ModelFileError for a file that is no model."""
    if not recipe.keep_float:
        return
    from edgeprune.keras_models.loading.layer_names import names_of_all_layers

    names = names_of_all_layers(model)
    for glob in recipe.keep_float if names is not None else ():
        if not any(fnmatchcase(name, glob) for name in names or ()):
            raise UsageError(f"--keep-float {glob!r} matches no layer", f"the layers are {', '.join(names or ())}")
