"""`edgeprune benchmark`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from edgeprune.cli.examples import command_with_example
from edgeprune.cli.options import RecipeFile, with_recipe_options
from edgeprune.cli.render import Columns, ColumnsOption, Format, FormatOption, print_result, write
from edgeprune.cli.terminal import TerminalReporter
from edgeprune.cli.text_table import text_table
from edgeprune.contracts.recipes.recipe import BenchmarkRecipe
from edgeprune.contracts.recipes.values import merge
from edgeprune.pipeline.requests.benchmark import check_benchmark

Files = Annotated[
    list[Path], typer.Argument(help="Saved Keras models and .tflite files, in any mix.", metavar="FILE...")
]
EXAMPLE = """edgeprune benchmark \\
  sample_models/digits_mlp.h5 sample_models/digits_cnn.keras \\
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
    "load_ms",
    "peak_memory_bytes",
    "energy_uj_estimate",
    "energy_uj_measured",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    command_with_example(app, "benchmark", EXAMPLE)(benchmark)


@with_recipe_options(BenchmarkRecipe)
def benchmark(
    files: Files,
    flags: dict[str, Any],
    recipe_file: RecipeFile = None,
    form: FormatOption = Format.TABLE,
    shown: ColumnsOption = Columns.TABLE,
) -> int:
    """Score, size and latency of several files, side by side; changes are against the first, or the original."""
    reporter = TerminalReporter()
    recipe = merge(BenchmarkRecipe, flags, recipe_file, reporter.note)
    check_benchmark(files, recipe)
    from edgeprune.pipeline.commands.benchmark import benchmark as run

    result = run(files, recipe, reporter)
    if form is Format.TABLE:
        names = _short_names([row.file or "" for row in result.rows])
        rows = (replace(row, file=name) for row, name in zip(result.rows, names, strict=True))
        result = replace(result, rows=tuple(rows))
    print_result(result, form, COLUMNS, title="benchmark", shown=shown)
    if form is Format.TABLE:
        for file, times in result.extra.get("operators", {}).items():
            write(_operator_table(file, times or []))
    reporter.outputs(result.outputs)
    return 0


def _operator_table(file: str, times: Sequence[Mapping[str, Any]]) -> str:
    rows = [[time["name"], _microseconds(time["ms"]), _share(time["share"])] for time in times]
    return "\n" + text_table(["operator", "time", "share"], rows, title=file)


def _microseconds(ms: float) -> str:
    """A time; what is far below the profiler's microsecond is not told."""
    return "< 0.1 µs" if ms < 1e-4 else f"{1000 * ms:.3g} µs"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _short_names(files: Sequence[str]) -> list[str]:
    """The paths without the folders that are not needed to tell them apart."""
    for length in range(1, max(len(Path(file).parts) for file in files)):
        names = ["/".join(Path(file).parts[-length:]) for file in files]
        if len(set(names)) == len(set(files)):
            return names
    return list(files)
