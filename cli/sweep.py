"""`edgeprune sweep`."""

from typing import Any

import typer

from edgeprune.cli.examples import command_with_example
from edgeprune.cli.options import ModelFile, RecipeFile, with_recipe_options
from edgeprune.cli.render import Format, FormatOption, print_result
from edgeprune.cli.terminal import TerminalReporter
from edgeprune.contracts.processes.interruption import exit_status
from edgeprune.contracts.recipes.recipe import SweepRecipe
from edgeprune.contracts.recipes.values import merge
from edgeprune.pipeline.requests.sweep import check_sweep

EXAMPLE = """edgeprune sweep sample_models/digits_mlp.h5 \\
  --thresholds 0:0.1:0.02 --data sample_models/digits.npz"""
COLUMNS = (
    "point",
    "quantize",
    "score",
    "parameters",
    "prunable_weights",
    "zero_weights",
    "sparsity",
    "tflite_bytes",
    "tflite_gzip_bytes",
    "latency_ms_p50",
    "energy_uj_estimate",
)
COMPARISON = (
    "method",
    "target",
    "quantize",
    "score",
    "parameters",
    "sparsity",
    "tflite_gzip_bytes",
    "training_s",
    "latency_ms_p50",
    "energy_uj_estimate",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    command_with_example(app, "sweep", EXAMPLE)(sweep)


@with_recipe_options(SweepRecipe)
def sweep(
    model: ModelFile, flags: dict[str, Any], recipe_file: RecipeFile = None, form: FormatOption = Format.TABLE
) -> int:
    """Table of results over many thresholds, sparsities or ratios, or over several methods."""
    reporter = TerminalReporter()
    recipe = merge(SweepRecipe, flags, recipe_file, reporter.note)
    check_sweep(model, recipe)
    from edgeprune.pipeline.commands.sweep import sweep as run

    result = run(model, recipe, reporter)
    columns = COMPARISON if recipe.methods else COLUMNS
    title = model.name if recipe.methods else f"{model.name}, {recipe.method}"
    print_result(result, form, columns, title)
    reporter.outputs(result.outputs)
    return exit_status() if result.interrupted else 0
