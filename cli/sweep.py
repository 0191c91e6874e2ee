"""`edgeprune sweep`."""

from typing import Any

import typer

from edgeprune.cli.examples import command_with_example
from edgeprune.cli.options import ModelFile, RecipeFile, with_recipe_options
from edgeprune.cli.render import Columns, ColumnsOption, Format, FormatOption, print_result
from edgeprune.cli.terminal import TerminalReporter
from edgeprune.contracts.processes.interruption import exit_status
from edgeprune.contracts.recipes.recipe import SweepRecipe
from edgeprune.contracts.recipes.values import merge
from edgeprune.pipeline.files.columns import COMPARISON, SWEEP
from edgeprune.pipeline.requests.sweep import check_sweep

EXAMPLE = """edgeprune sweep sample_models/digits_mlp.h5 \\
  --thresholds 0:0.1:0.02 --data sample_models/digits.npz"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    command_with_example(app, "sweep", EXAMPLE)(sweep)


@with_recipe_options(SweepRecipe)
def sweep(
    model: ModelFile,
    flags: dict[str, Any],
    recipe_file: RecipeFile = None,
    form: FormatOption = Format.TABLE,
    shown: ColumnsOption = Columns.TABLE,
) -> int:
    """Table of results over many thresholds, sparsities or ratios, or over several methods."""
    reporter = TerminalReporter()
    recipe = merge(SweepRecipe, flags, recipe_file, reporter.note)
    check_sweep(model, recipe)
    from edgeprune.pipeline.commands.sweep import sweep as run

    result = run(model, recipe, reporter, every_column=shown is Columns.ALL)
    columns = COMPARISON if recipe.methods else SWEEP
    title = model.name if recipe.methods else f"{model.name}, {recipe.method}"
    print_result(result, form, columns, title, shown)
    reporter.outputs(result.outputs)
    return exit_status() if result.interrupted else 0
