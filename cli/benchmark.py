"""`edgeprune benchmark`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.examples import command_with_example
from cli.options import RecipeFile, with_recipe_options
from cli.render import Format, FormatOption, print_result
from cli.terminal import TerminalReporter
from contracts.recipe import BenchmarkRecipe, merge

Files = Annotated[
    list[Path], typer.Argument(help="Saved Keras models and .tflite files, in any mix.", metavar="FILE...")
]
EXAMPLE = """edgeprune benchmark sample_models/digits_mlp.h5 sample_models/digits_cnn.keras \\
  --data sample_models/digits.npz"""
COLUMNS = (
    "file",
    "quantize",
    "score",
    "parameters",
    "sparsity",
    "macs",
    "tflite_bytes",
    "tflite_gzip_bytes",
    "latency_ms_p50",
    "latency_ms_p90",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    command_with_example(app, "benchmark", EXAMPLE)(benchmark)


@with_recipe_options(BenchmarkRecipe)
def benchmark(
    files: Files, flags: dict[str, Any], recipe_file: RecipeFile = None, form: FormatOption = Format.TABLE
) -> int:
    """Score, size and latency of several files, side by side; changes are against the first."""
    recipe = merge(BenchmarkRecipe, flags, recipe_file)
    from pipeline.benchmark import benchmark as run

    reporter = TerminalReporter()
    result = run(files, recipe, reporter)
    print_result(result, form, COLUMNS, title="benchmark")
    return 0
