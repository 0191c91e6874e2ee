"""Parts of a recipe: a command opens its recipe once, and gives each room below the part that it needs.

Many parts are what a recipe inherits (`MethodRecipe`, `GateRecipe`, …); these two are put together.
"""

from dataclasses import dataclass, replace

from edgeprune.contracts.recipes.recipe import FileRecipe, ModelRecipe, NumericsRecipe, PointRecipe
from edgeprune.contracts.recipes.training import TrainingRecipe


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One training: its options and its seed, how the file of a teacher is opened, and the name that its log bears."""

    training: TrainingRecipe
    seed: int
    opening: ModelRecipe
    name: str


@dataclass(frozen=True, kw_only=True)
class ExportOptions(NumericsRecipe):
    """How a .tflite file is made, and what else it is held to than to compute what its model computes.

    micro: prove it in TFLite Micro too, where it may take `max_arena` bytes. has_max_drop: whether --max-drop says how
    much worse than the original the file may be.
    """

    micro: bool = False
    max_arena: int | None = None
    has_max_drop: bool = False


def fit_of(recipe: PointRecipe, epochs: int | None = None) -> Fit:
    """The training that a recipe asks for, or the same for another number of epochs."""
    training = recipe if epochs is None else replace(recipe, epochs=epochs)
    return Fit(training=training, seed=recipe.seed, opening=recipe, name=recipe.method)


def numeric_options(recipe: NumericsRecipe) -> ExportOptions:
    """How files are made that are for no device in particular and pass no gates."""
    return ExportOptions(io=recipe.io, sparse=recipe.sparse, keep_float=recipe.keep_float, allow_flex=recipe.allow_flex)


def file_options(recipe: FileRecipe) -> ExportOptions:
    """How the file is made that a recipe asks for."""
    return replace(
        numeric_options(recipe),
        micro="micro" in recipe.target,
        max_arena=recipe.max_arena,
        has_max_drop=recipe.max_drop is not None,
    )
