"""What can be wrong with a request before any model is opened. Imports neither TensorFlow nor what needs it."""

from dataclasses import fields
from pathlib import Path
from types import ModuleType

from edgeprune.contracts import plugins
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import (
    ExportRecipe,
    FileRecipe,
    MethodRecipe,
    ModelRecipe,
    PointRecipe,
    PruneRecipe,
)
from edgeprune.pipeline.files.outputs import check_outputs
from edgeprune.pipeline.files.table_files import PLOT_SUFFIXES, check_suffix
from edgeprune.pipeline.requests.data import check_data
from edgeprune.pipeline.requests.devices import c_array_outputs, check_device
from edgeprune.pipeline.requests.files import check_named_files
from edgeprune.pipeline.requests.layers import CUTS, check_chosen_layers, check_float_layers
from edgeprune.pipeline.requests.numerics import NUMERICS, check_numerics

MODEL_SUFFIXES = ((".h5", ".hdf5"), (".keras",))
"""Endings of the formats that are files; a SavedModel is a folder of any other name."""


METHODS = "edgeprune.pruning.methods"
TRAINING_KINDS = {"regime", "scheduled"}
"""Kinds of methods that train the model themselves, for the epochs of the recipe."""
EVERY_METHODS = {"method", "include", "exclude"}
"""Options that belong to all methods; a method's line `OPTIONS` names the others that it reads."""


def load_method(recipe: PointRecipe) -> ModuleType:
    """The plug-in of a recipe's method.

    Raises UsageError where the recipe does not say how much, or gives what the method would not look at.
    """
    method = plugins.load(METHODS, recipe.method)
    for option in given_options(recipe):
        if option not in method.OPTIONS:
            raise not_taken(option, f"--method {recipe.method}")
    method.check(recipe)
    return method


def not_taken(option: str, where: str) -> UsageError:
    """The error for an option that a method does not look at, with the methods that do."""
    others = [name for name in plugins.catalogue(METHODS) if option in plugins.load(METHODS, name).OPTIONS]
    return UsageError(f"--{option.replace('_', '-')} is not for {where}", f"it is for {', '.join(others)}")


def given_options(recipe: MethodRecipe) -> list[str]:
    """The options of single methods that a recipe gives another value than their default."""
    own = (item for item in fields(MethodRecipe) if item.name not in EVERY_METHODS)
    return [item.name for item in own if getattr(recipe, item.name) != item.default]


def check_prune(model: Path, recipe: PruneRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    method = load_method(recipe)
    if recipe.check and method.KIND not in CUTS:
        raise UsageError(
            f"--check proves the removal of channels or layers, and --method {recipe.method} removes none",
            "leave --check out",
        )
    check_training(recipe, method)
    _check_file(recipe)
    check_device(recipe, recipe.tflite)
    check_suffix("--plot", recipe.plot, PLOT_SUFFIXES)
    if recipe.plot and (recipe.dry_run or method.KIND != "channels"):
        why = "--dry-run writes nothing" if recipe.dry_run else f"--method {recipe.method} removes none"
        raise UsageError(f"--plot draws the channels that are removed, and {why}", "leave one of them out")
    outputs = prune_outputs(model, recipe)
    _check_same_format(model, outputs["model"])
    if not recipe.dry_run:
        check_outputs(outputs.values(), inputs(model, recipe), recipe.force)
    check_named_files(recipe)
    check_data(recipe)
    check_chosen_layers(model, recipe, [method.KIND])
    check_float_layers(model, recipe)


def prune_outputs(model: Path, recipe: PruneRecipe) -> dict[str, Path]:
    """Role to path of everything that `prune` will write."""
    pruned = Path(recipe.output) if recipe.output else Path(f"{model.stem}.pruned{model.suffix}")
    outputs = {"model": pruned, "report": Path(f"{pruned}.json")}
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


def inputs(model: Path, recipe: ModelRecipe) -> list[Path]:
    """The files that a command reads."""
    named = [getattr(recipe, field, None) for field in ("data", "custom_objects", "teacher")]
    return [model, *(Path(name) for name in named if name)]


def check_export(model: Path, recipe: ExportRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    check_device(recipe, recipe.tflite)
    _check_file(recipe)
    check_outputs(export_outputs(recipe).values(), inputs(model, recipe), recipe.force)
    check_named_files(recipe)
    check_data(recipe)
    check_float_layers(model, recipe)


def _check_file(recipe: FileRecipe) -> None:
    """Raise UsageError for what does not go together in the choice of the .tflite file."""
    _check_rounding(recipe)
    check_numerics(recipe, [recipe.quantize], recipe.data)


def _check_rounding(recipe: FileRecipe) -> None:
    if not recipe.qat_epochs:
        return
    quantize = recipe.quantize
    if quantize == "auto" or not hasattr(plugins.load(NUMERICS, quantize), "configure_trained"):
        raise UsageError(f"--qat-epochs needs --quantize int8, found --quantize {quantize}", "give --quantize int8")
    if getattr(recipe, "strategy", None) == "mirrored":
        raise UsageError("--strategy mirrored: --qat-epochs trains on one device only", "leave --strategy out")


def export_outputs(recipe: ExportRecipe) -> dict[str, Path]:
    """Role to path of everything that `export` will write."""
    return {"tflite": Path(recipe.tflite)} | c_array_outputs(recipe)


def check_training(recipe: PointRecipe, method: ModuleType) -> None:
    """Raise UsageError where a method, or its fine-tuning, lacks epochs or data."""
    trains = method.KIND in TRAINING_KINDS
    if trains and not recipe.epochs and not _is_dry(recipe):
        raise UsageError(f"--method {recipe.method} needs --epochs N, as it trains", "for example --epochs 10 --data D")
    if recipe.from_scratch and recipe.epochs < 2 and not trains:
        raise UsageError(
            f"--from-scratch trains for half of the epochs and fine-tunes for the rest, found --epochs {recipe.epochs}",
            "give --epochs 2 or more",
        )
    if recipe.strategy == "mirrored" and method.KIND == "scheduled":
        raise UsageError(
            f"--strategy mirrored: --method {recipe.method} trains on one device only", "leave --strategy out"
        )
    check_evidence(recipe, method)


def check_evidence(recipe: PointRecipe, method: ModuleType) -> None:
    """Raise UsageError where what a method ranks by has to be measured on data, and there is none."""
    if recipe.data is not None:
        return
    if method.KIND == "layers":
        raise UsageError("--method layers needs data: it compares outputs on it", "give --data D")
    if method.KIND == "channels":
        from edgeprune.pruning.cuts.structured_cut import needs  # which needs NumPy, and --help does not

        criterion = method.request(recipe, recipe.seed).criterion
        if needs(criterion) != "weights":
            raise UsageError(f"--criterion {criterion} needs data: it ranks by {needs(criterion)}", "give --data D")


def _is_dry(recipe: PointRecipe) -> bool:
    """Whether nothing is carried out, and so nothing trained."""
    return isinstance(recipe, PruneRecipe) and recipe.dry_run
