"""What can be wrong with a request before any model is opened. Imports neither TensorFlow nor what needs it."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from types import ModuleType

from contracts import plugins
from contracts.errors import UsageError
from contracts.recipe import ExportRecipe, MethodRecipe, ModelRecipe, PointRecipe, PruneRecipe, SweepRecipe
from pipeline.outputs import check_outputs
from pipeline.points import sweep_points
from pipeline.table_files import PLOT_SUFFIXES, SUFFIXES, check_suffix

MODEL_SUFFIXES = ((".h5", ".hdf5"), (".keras",))
"""Endings of the formats that are files; a SavedModel is a folder of any other name."""


METHODS = "pruning.methods"
TRAINING_KINDS = {"regime"}
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
            others = [name for name in plugins.catalogue(METHODS) if option in plugins.load(METHODS, name).OPTIONS]
            flag = "--" + option.replace("_", "-")
            raise UsageError(f"{flag} is not for --method {recipe.method}", f"it is for {', '.join(others)}")
    method.check(recipe)
    return method


def given_options(recipe: MethodRecipe) -> list[str]:
    """The options of single methods that a recipe gives another value than their default."""
    own = (item for item in fields(MethodRecipe) if item.name not in EVERY_METHODS)
    return [item.name for item in own if getattr(recipe, item.name) != item.default]


def check_prune(model: Path, recipe: PruneRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    method = load_method(recipe)
    if recipe.check and method.KIND == "mask":
        raise UsageError(f"--check proves cuts, and --method {recipe.method} cuts nothing off", "leave it out")
    _check_training(recipe, [method])
    if recipe.quantize != "none" and not recipe.tflite:
        raise UsageError(f"--quantize {recipe.quantize} is the format of the .tflite file", "give --tflite FILE too")
    check_suffix("--plot", recipe.plot, PLOT_SUFFIXES)
    if recipe.plot and (recipe.dry_run or method.KIND != "channels"):
        why = "--dry-run writes nothing" if recipe.dry_run else f"--method {recipe.method} removes none"
        raise UsageError(f"--plot draws the units that go, and {why}", "leave one of them out")
    outputs = prune_outputs(model, recipe)
    _check_same_format(model, outputs["model"])
    if not recipe.dry_run:
        check_outputs(outputs.values(), _inputs(model, recipe), recipe.force)


def prune_outputs(model: Path, recipe: PruneRecipe) -> dict[str, Path]:
    """Role to path of everything that `prune` will write."""
    pruned = Path(recipe.output) if recipe.output else Path(f"{model.stem}.pruned{model.suffix}")
    outputs = {"model": pruned, "report": Path(f"{pruned}.json")}
    more = {"tflite": recipe.tflite, "plot": recipe.plot}
    return outputs | {role: Path(file) for role, file in more.items() if file}


def _check_same_format(model: Path, output: Path) -> None:
    """The result is saved as the model was, and every loader goes by the name."""
    wanted, found = (
        next((same for same in MODEL_SUFFIXES if path.suffix.lower() in same), ()) for path in (model, output)
    )
    if found != wanted:
        right = f"a name that ends in {' or '.join(wanted)}" if wanted else "a folder's name"
        raise UsageError(f"--output {output}: the result is saved in the format of {model.name}", f"give {right}")


def _inputs(model: Path, recipe: ModelRecipe) -> list[Path]:
    """The files that a command reads."""
    named = [getattr(recipe, field, None) for field in ("data", "custom_objects", "teacher")]
    return [model, *(Path(name) for name in named if name)]


def check_sweep(model: Path, recipe: SweepRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    points = sweep_points(recipe)
    for name in numerics(recipe):
        plugins.check_name("tflite_export.numerics", name)
    check_suffix("--output", recipe.output, SUFFIXES)
    check_suffix("--plot", recipe.plot, PLOT_SUFFIXES)
    files = [Path(file) for file in (recipe.output, recipe.plot) if file]
    check_outputs(files, _inputs(model, recipe), recipe.force)
    _check_training(recipe, [load_method(point) for point in points])


def numerics(recipe: SweepRecipe) -> list[str]:
    """The numeric formats that a sweep lists."""
    return [name.strip() for name in recipe.quantize.split(",")]


def check_export(model: Path, recipe: ExportRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    if not recipe.tflite:
        raise UsageError("export needs a file to write", "give --tflite OUT.tflite")
    check_outputs([Path(recipe.tflite)], _inputs(model, recipe), recipe.force)


def _check_training(recipe: PointRecipe, methods: Sequence[ModuleType]) -> None:
    example = "for example --epochs 10 --data D"
    if any(method.KIND in TRAINING_KINDS for method in methods) and not recipe.epochs and not _is_dry(recipe):
        raise UsageError(f"--method {recipe.method} trains, and needs --epochs N", example)
    if recipe.from_scratch and not recipe.epochs:
        raise UsageError("--from-scratch trains, and needs --epochs N", example)
    if recipe.from_scratch and recipe.epochs < 2 and any(method.KIND not in TRAINING_KINDS for method in methods):
        raise UsageError(
            f"--from-scratch shares the epochs between training and fine-tuning, found --epochs {recipe.epochs}",
            "give --epochs 2 or more",
        )
    if recipe.teacher and not recipe.distill:
        raise UsageError("--teacher names whom --distill learns from", "give --distill too")
    if recipe.distill and not recipe.epochs:
        raise UsageError("--distill is a way of fine-tuning", "give --epochs N")
    if recipe.epochs and not recipe.data:
        raise UsageError(f"--epochs {recipe.epochs} trains, and there is no data", "give --data D")


def _is_dry(recipe: PointRecipe) -> bool:
    """Whether nothing is carried out, and so nothing trained."""
    return isinstance(recipe, PruneRecipe) and recipe.dry_run
