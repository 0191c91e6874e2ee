"""What can be wrong with a request for a benchmark before any file is opened. Imports nothing slow."""

from collections.abc import Sequence
from pathlib import Path

from edgeprune.contracts.recipes.recipe import BenchmarkRecipe
from edgeprune.pipeline.files.model_paths import is_tflite
from edgeprune.pipeline.files.outputs import check_outputs
from edgeprune.pipeline.files.table_files import PLOT_SUFFIXES, check_suffix
from edgeprune.pipeline.requests.data import check_data
from edgeprune.pipeline.requests.files import check_model_file, check_named_files, files_read


def check_benchmark(files: Sequence[Path], recipe: BenchmarkRecipe) -> None:
    """Raise UsageError, ModelFileError or OutputError for a request that could not be carried out in the end."""
    check_data(recipe)
    check_suffix("--plot", recipe.plot, PLOT_SUFFIXES)
    read = [path for file in files for path in files_read(file, recipe.data, recipe.custom_objects, recipe.original)]
    check_outputs([Path(recipe.plot)] if recipe.plot else [], read, recipe.force)
    check_named_files(recipe)
    for file in (*files, *([Path(recipe.original)] if recipe.original else [])):
        if not is_tflite(file):
            check_model_file(file)
