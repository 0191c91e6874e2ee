"""What can be wrong with the options about data, before a model is loaded for it. Imports nothing that is slow."""

from types import ModuleType

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import DataRecipe
from edgeprune.dataset_io.loss_names import requested_loss
from edgeprune.dataset_io.options import NO_LABELS, DataOptions, DataSource
from edgeprune.pipeline.requests.labels import check_labels


def check_data(recipe: DataRecipe) -> None:
    """Raise UsageError for values that name nothing, DataError for data that is not there or of no known kind."""
    if recipe.data is None:
        return
    options = _options(recipe, 0)
    if recipe.no_header and not recipe.data.lower().endswith(".csv"):
        raise UsageError(f"--no-header needs a .csv, found --data {recipe.data}", "leave --no-header out")
    if recipe.loss:
        requested_loss(recipe.loss)
    found = _format(recipe.data)
    if hasattr(found, "check"):
        found.check(recipe.data, options)
    check_labels(recipe, options)


def data_source(recipe: DataRecipe, seed: int) -> DataSource | None:
    """Which data a recipe names, and how it is read; None where it names none. `seed` draws examples from it."""
    return None if recipe.data is None else DataSource(name=recipe.data, options=_options(recipe, seed))


def has_no_labels(recipe: DataRecipe) -> bool:
    """Whether data is named that is without labels."""
    return recipe.data is not None and _options(recipe, 0).unlabelled


def _format(data: str) -> ModuleType:
    from edgeprune.dataset_io.opening import find_format  # which needs NumPy, and --help does not

    return find_format(data)


def _label(recipe: DataRecipe) -> str | None:
    """What --label says, or what shows at a glance."""
    if recipe.label is not None or recipe.data is None:
        return recipe.label
    found = _format(recipe.data)
    return NO_LABELS if hasattr(found, "lacks_labels") and found.lacks_labels(recipe.data) else None


def _options(recipe: DataRecipe, seed: int) -> DataOptions:
    """Raises UsageError for values out of range."""
    return DataOptions(
        label=_label(recipe),
        no_header=recipe.no_header,
        validation_split=recipe.validation_split,
        target_is_input="input" in recipe.target,
        scale=recipe.scale,
        loss=recipe.loss,
        metric=recipe.metric,
        split_seed=recipe.split_seed,
        seed=seed,
    )
