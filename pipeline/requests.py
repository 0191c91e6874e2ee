"""What can be wrong with a request before any model is opened. Imports neither TensorFlow nor what needs it."""

from pathlib import Path
from types import ModuleType

from contracts import plugins
from contracts.errors import UsageError
from contracts.recipe import ExportRecipe, PointRecipe, PruneRecipe, SweepRecipe
from pipeline.outputs import check_free
from pipeline.points import sweep_points
from pipeline.table_files import PLOT_SUFFIXES, SUFFIXES, check_suffix


def load_method(recipe: PointRecipe) -> ModuleType:
    """The plug-in of a recipe's method; raises UsageError where the recipe does not say how much."""
    method = plugins.load("pruning.methods", recipe.method)
    method.check(recipe)
    return method


def check_prune(model: Path, recipe: PruneRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    method = load_method(recipe)
    if recipe.check and method.KIND == "mask":
        raise UsageError(f"--check proves cuts, and --method {recipe.method} cuts nothing off", "leave it out")
    _check_training(recipe)
    if not recipe.dry_run:
        for file in prune_outputs(model, recipe).values():
            check_free(file, recipe.force)


def prune_outputs(model: Path, recipe: PruneRecipe) -> dict[str, Path]:
    """Role to path of everything that `prune` will write."""
    pruned = Path(recipe.output) if recipe.output else Path(f"{model.stem}.pruned{model.suffix}")
    outputs = {"model": pruned, "report": pruned.with_name(pruned.name + ".json")}
    return outputs | ({"tflite": Path(recipe.tflite)} if recipe.tflite else {})


def check_sweep(recipe: SweepRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    points = sweep_points(recipe)
    for name in numerics(recipe):
        plugins.check_name("tflite_export.numerics", name)
    check_suffix("--output", recipe.output, SUFFIXES)
    check_suffix("--plot", recipe.plot, PLOT_SUFFIXES)
    for file in (recipe.output, recipe.plot):
        if file:
            check_free(Path(file), recipe.force)
    _check_training(recipe)
    for point in points:
        load_method(point)


def numerics(recipe: SweepRecipe) -> list[str]:
    """The numeric formats that a sweep lists."""
    return [name.strip() for name in recipe.quantize.split(",")]


def check_export(recipe: ExportRecipe) -> None:
    """Raise UsageError or OutputError for a request that could not be carried out in the end."""
    if not recipe.tflite:
        raise UsageError("export needs a file to write", "give --tflite OUT.tflite")
    check_free(Path(recipe.tflite), recipe.force)


def _check_training(recipe: PointRecipe) -> None:
    if recipe.epochs and not recipe.data:
        raise UsageError(f"--epochs {recipe.epochs} trains, and there is no data", "give --data D")
