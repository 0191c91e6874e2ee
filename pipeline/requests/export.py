"""What can be wrong with the request for a .tflite file before the model is opened. Imports nothing that is slow."""

from pathlib import Path

from edgeprune.contracts import plugins
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import ExportRecipe, FileRecipe
from edgeprune.pipeline.files.outputs import check_outputs
from edgeprune.pipeline.requests.data import check_data
from edgeprune.pipeline.requests.devices import c_array_outputs, check_device
from edgeprune.pipeline.requests.files import check_named_files, files_read
from edgeprune.pipeline.requests.layers import check_float_layers
from edgeprune.pipeline.requests.numerics import NUMERICS, check_numerics


def check_export(model: Path, recipe: ExportRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    check_device(recipe, recipe.tflite)
    check_file(recipe)
    read = files_read(model, recipe.data, recipe.custom_objects, recipe.original)
    check_outputs(export_outputs(recipe).values(), read, recipe.force)
    check_named_files(recipe, recipe.original, store=recipe.store)
    check_data(recipe)
    check_float_layers(model, recipe)


def check_file(recipe: FileRecipe) -> None:
    """Raise UsageError for what does not go together in the choice of the .tflite file."""
    _check_rounding(recipe)
    check_numerics(recipe, [recipe.quantize], recipe.data)


def _check_rounding(recipe: FileRecipe) -> None:
    if not recipe.qat_epochs:
        return
    quantize = recipe.quantize
    if quantize == "auto" or not hasattr(plugins.load(NUMERICS, quantize), "configure_trained"):
        raise UsageError(f"--qat-epochs needs --quantize int8, found --quantize {quantize}", "give --quantize int8")


def export_outputs(recipe: ExportRecipe) -> dict[str, Path]:
    """Role to path of everything that `export` will write."""
    return {"tflite": Path(recipe.tflite)} | c_array_outputs(recipe)
