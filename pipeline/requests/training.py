"""What can be wrong with a request to train, before the model is opened. Imports nothing that is slow."""

from types import ModuleType

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.contracts.recipes.training import AUTO
from edgeprune.pipeline.requests.chosen_method import TRAINING_KINDS
from edgeprune.pipeline.requests.data import has_no_labels
from edgeprune.pipeline.requests.labels import labels_missing


def check_training(recipe: PointRecipe, method: ModuleType, *, dry_run: bool = False) -> None:
    """Raise UsageError where a method, or its fine-tuning, lacks epochs or data; a dry run trains nothing."""
    trains = method.KIND in TRAINING_KINDS
    if trains and not recipe.epochs and not dry_run:
        raise UsageError(f"--method {recipe.method} needs --epochs N, as it trains", "for example --epochs 10 --data D")
    shared_out = recipe.counted_epochs if trains or recipe.from_scratch else 0
    if recipe.from_scratch and shared_out < 2 and not trains:
        raise UsageError(
            f"--from-scratch trains for half of the epochs and fine-tunes for the rest, found --epochs {recipe.epochs}",
            "give --epochs 2 or more",
        )
    if recipe.epochs == AUTO and recipe.patience is not None:
        raise UsageError("--patience: --epochs auto finds out itself when to stop", "leave --patience out")
    if recipe.strategy == "mirrored" and method.KIND == "scheduled":
        raise UsageError(
            f"--strategy mirrored: --method {recipe.method} trains on one device only", "leave --strategy out"
        )
    if recipe.scope == "sensitivity":
        _check_sensitivity(recipe, method)
    check_evidence(recipe, method)


def _check_sensitivity(recipe: PointRecipe, method: ModuleType) -> None:
    """Raise UsageError where nothing tells what layers are sensitive to, or nothing asks."""
    if method.KIND != "mask":
        raise UsageError(f"--scope sensitivity: --method {recipe.method} does not measure it", "give --scope global")
    if recipe.data is None:
        raise UsageError("--scope sensitivity needs data: it compares outputs on it", "give --data D")


def check_evidence(recipe: PointRecipe, method: ModuleType) -> None:
    """Raise UsageError where what a method ranks by has to be measured on data, or labels, and there are none."""
    if method.KIND == "layers" and recipe.data is None:
        raise UsageError("--method layers needs data: it compares outputs on it", "give --data D")
    if method.KIND == "channels":
        from edgeprune.pruning.cuts.structured_cut import needs  # which needs NumPy, and --help does not

        criterion = method.request(recipe, recipe.seed).criterion
        if needs(criterion) == "gradients" and has_no_labels(recipe):
            raise labels_missing(f"--criterion {criterion}", recipe)
        if needs(criterion) != "weights" and recipe.data is None:
            raise UsageError(f"--criterion {criterion} needs data: it ranks by {needs(criterion)}", "give --data D")
