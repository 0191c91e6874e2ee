"""What can be wrong with a request to prune before the model is opened. Imports nothing that is slow."""

from pathlib import Path

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import PruneRecipe
from edgeprune.pipeline.files.outputs import check_outputs
from edgeprune.pipeline.files.table_files import PLOT_SUFFIXES, check_suffix
from edgeprune.pipeline.model_report import report_of
from edgeprune.pipeline.requests.chosen_method import load_method
from edgeprune.pipeline.requests.data import check_data
from edgeprune.pipeline.requests.devices import c_array_outputs, check_device
from edgeprune.pipeline.requests.export import check_file
from edgeprune.pipeline.requests.files import check_named_files, files_read
from edgeprune.pipeline.requests.layers import CUTS, check_chosen_layers, check_float_layers
from edgeprune.pipeline.requests.training import check_training

MODEL_SUFFIXES = ((".h5", ".hdf5"), (".keras",))
"""Endings of the formats that are files; a SavedModel is a folder of any other name."""


def check_prune(model: Path, recipe: PruneRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    method = load_method(recipe)
    if recipe.check and method.KIND not in CUTS:
        raise UsageError(
            f"--check proves the removal of channels or layers, and --method {recipe.method} removes none",
            "leave --check out",
        )
    check_training(recipe, method, dry_run=recipe.dry_run)
    check_file(recipe)
    if recipe.qat_epochs and recipe.strategy == "mirrored":
        raise UsageError("--strategy mirrored: --qat-epochs trains on one device only", "leave --strategy out")
    check_device(recipe, recipe.tflite)
    check_suffix("--plot", recipe.plot, PLOT_SUFFIXES)
    if recipe.plot and (recipe.dry_run or method.KIND != "channels"):
        why = "--dry-run writes nothing" if recipe.dry_run else f"--method {recipe.method} removes none"
        raise UsageError(f"--plot draws the channels that are removed, and {why}", "leave one of them out")
    outputs = prune_outputs(model, recipe)
    _check_same_format(model, outputs["model"])
    if not recipe.dry_run:
        read = files_read(model, recipe.data, recipe.custom_objects, recipe.teacher, recipe.original)
        check_outputs(outputs.values(), read, recipe.force)
    check_named_files(recipe, recipe.teacher, recipe.original, store=recipe.store, tensorboard=recipe.tensorboard)
    check_data(recipe)
    check_chosen_layers(model, recipe, [method.KIND])
    check_float_layers(model, recipe)


def prune_outputs(model: Path, recipe: PruneRecipe) -> dict[str, Path]:
    """Role to path of everything that `prune` will write."""
    pruned = Path(recipe.output) if recipe.output else Path(f"{model.stem}.pruned{model.suffix}")
    outputs = {"model": pruned, "report": report_of(pruned)}
    more = {"tflite": recipe.tflite, "plot": recipe.plot}
    return outputs | {role: Path(file) for role, file in more.items() if file} | c_array_outputs(recipe)


def _check_same_format(model: Path, output: Path) -> None:
    """The result is saved as the model was, and every loader goes by the name."""
    wanted, found = (
        next((same for same in MODEL_SUFFIXES if path.suffix.lower() in same), ()) for path in (model, output)
    )
    if found != wanted:
        right = f"a name that ends in {' or '.join(wanted)}" if wanted else "a folder's name"
        raise UsageError(f"--output {output}: the result is saved in the format of {model.name}", f"give {right}")
