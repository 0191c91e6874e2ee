"""What cannot be asked for where the data has no labels. Imports nothing that is slow."""

from dataclasses import fields

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.fields import flag
from edgeprune.contracts.recipes.recipe import DataRecipe
from edgeprune.dataset_io.options import NO_LABELS, DataOptions

NEED_LABELS = ("epochs", "qat_epochs", "min_score", "loss", "metric")


def check_labels(recipe: DataRecipe, options: DataOptions) -> None:
    """Raise UsageError for an option that needs labels where there are none, or a metric that needs that."""
    from edgeprune.dataset_io.scoring import WITHOUT_LABELS  # which needs NumPy, and --help does not

    if recipe.metric == WITHOUT_LABELS and not options.unlabelled:
        raise UsageError(f"--metric {recipe.metric} is the score of data without labels", f"give --label {NO_LABELS}")
    for item in fields(recipe):
        value = getattr(recipe, item.name)
        if options.unlabelled and item.name in NEED_LABELS and value not in (item.default, WITHOUT_LABELS):
            raise labels_missing(f"{flag(item.name)} {value}", recipe)


def labels_missing(what: str, recipe: DataRecipe) -> UsageError:
    """The error for something that needs labels, of data that has none."""
    why = f"--label {NO_LABELS} says that there are none" if recipe.label else f"{recipe.data} holds inputs alone"
    return UsageError(f"{what} needs labels, and {why}", "give data with labels, or leave it out")
