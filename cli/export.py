"""`edgeprune export`."""

from typing import Any

import typer

from edgeprune.cli.examples import command_with_example
from edgeprune.cli.options import ModelFile, RecipeFile, with_recipe_options
from edgeprune.cli.render import Columns, ColumnsOption, Format, FormatOption, print_result
from edgeprune.cli.terminal import TerminalReporter
from edgeprune.contracts.recipes.recipe import ExportRecipe
from edgeprune.contracts.recipes.values import merge
from edgeprune.pipeline.requests.export import check_export

EXAMPLE = """edgeprune export sample_models/digits_cnn.keras \\
  --tflite digits_cnn.tflite --quantize int8 \\
  --data sample_models/digits.npz"""
COLUMNS = (
    "stage",
    "quantize",
    "score",
    "parameters",
    "sparsity",
    "tflite_bytes",
    "tflite_gzip_bytes",
    "latency_ms_p50",
    "energy_uj_estimate",
    "max_abs_error",
    "arena_bytes",
    "micro_score",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    command_with_example(app, "export", EXAMPLE)(export)


@with_recipe_options(ExportRecipe)
def export(
    model: ModelFile,
    flags: dict[str, Any],
    recipe_file: RecipeFile = None,
    form: FormatOption = Format.TABLE,
    shown: ColumnsOption = Columns.TABLE,
) -> int:
    """Write a .tflite file that is verified against the Keras model."""
    reporter = TerminalReporter()
    recipe = merge(ExportRecipe, flags, recipe_file, reporter.note)
    check_export(model, recipe)
    from edgeprune.pipeline.commands.export import export as run

    result = run(model, recipe, reporter)
    print_result(result, form, COLUMNS, title=f"{model.name}, {recipe.quantize}", shown=shown)
    reporter.outputs(result.outputs)
    return 0
