"""`edgeprune prune`."""

from typing import Any

import typer

from edgeprune.cli.examples import command_with_example
from edgeprune.cli.layer_report import candidate_table, layer_table
from edgeprune.cli.options import ModelFile, RecipeFile, with_recipe_options
from edgeprune.cli.render import Columns, ColumnsOption, Format, FormatOption, print_result, write
from edgeprune.cli.terminal import TerminalReporter
from edgeprune.contracts.processes.interruption import exit_status
from edgeprune.contracts.recipes.recipe import PruneRecipe
from edgeprune.contracts.recipes.values import merge
from edgeprune.pipeline.requests.prune import check_prune

EXAMPLE = """edgeprune prune sample_models/digits_mlp.h5 \\
  --method magnitude --sparsity 0.9 --epochs 10 \\
  --data sample_models/digits.npz"""
COLUMNS = (
    "stage",
    "quantize",
    "score",
    "parameters",
    "sparsity",
    "macs",
    "model_bytes",
    "tflite_bytes",
    "tflite_gzip_bytes",
    "latency_ms_p50",
    "energy_uj_estimate",
    "arena_bytes",
    "micro_score",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    command_with_example(app, "prune", EXAMPLE)(prune)


@with_recipe_options(PruneRecipe)
def prune(
    model: ModelFile,
    flags: dict[str, Any],
    recipe_file: RecipeFile = None,
    form: FormatOption = Format.TABLE,
    shown: ColumnsOption = Columns.TABLE,
) -> int:
    """Make a saved model smaller; optionally fine-tune and export it."""
    reporter = TerminalReporter()
    recipe = merge(PruneRecipe, flags, recipe_file, reporter.note)
    check_prune(model, recipe)
    from edgeprune.pipeline.commands.prune import prune as run

    result = run(model, recipe, reporter)
    if form is Format.TABLE:
        write(layer_table(result.layers))
        if recipe.dry_run and "candidates" in result.extra:
            write(candidate_table(result.extra))
    print_result(result, form, COLUMNS, title=f"{model.name}, {recipe.method}", shown=shown)
    reporter.outputs(result.outputs)
    return exit_status() if result.interrupted else 0
