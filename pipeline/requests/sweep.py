"""What can be wrong with the request of a sweep, before the model is opened. Imports nothing that is slow."""

from pathlib import Path

from edgeprune.contracts import plugins
from edgeprune.contracts.recipes.recipe import SweepRecipe
from edgeprune.pipeline.files.outputs import check_outputs
from edgeprune.pipeline.files.table_files import PLOT_SUFFIXES, SUFFIXES, check_suffix
from edgeprune.pipeline.requests.chosen_method import METHODS, load_method
from edgeprune.pipeline.requests.data import check_data
from edgeprune.pipeline.requests.files import check_named_files, files_read
from edgeprune.pipeline.requests.layers import check_chosen_layers, check_float_layers
from edgeprune.pipeline.requests.numerics import NUMERICS, check_numerics
from edgeprune.pipeline.requests.points import methods_of, sweep_points
from edgeprune.pipeline.requests.training import check_training


def check_sweep(model: Path, recipe: SweepRecipe) -> None:
    """Raise UsageError, OutputError or DataError for a request that could not be carried out in the end."""
    points = sweep_points(recipe)
    for name in numerics(recipe):
        plugins.check_name(NUMERICS, name)
    check_suffix("--output", recipe.output, SUFFIXES)
    check_suffix("--plot", recipe.plot, PLOT_SUFFIXES)
    files = [Path(file) for file in (recipe.output, recipe.plot) if file]
    check_outputs(files, files_read(model, recipe.data, recipe.custom_objects, recipe.teacher), recipe.force)
    for point in points:
        if point.reference is None:
            check_training(point.recipe, load_method(point.recipe))
    check_numerics(recipe, numerics(recipe), recipe.data)
    check_named_files(recipe, recipe.teacher, store=recipe.store, tensorboard=recipe.tensorboard)
    check_data(recipe)
    check_chosen_layers(model, recipe, (plugins.load(METHODS, name).KIND for name in methods_of(recipe)))
    check_float_layers(model, recipe)


def numerics(recipe: SweepRecipe) -> list[str]:
    """The numeric formats that a sweep lists."""
    return [name.strip() for name in recipe.quantize.split(",")]
