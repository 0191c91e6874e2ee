"""`edgeprune sweep`: many points of one method, or of several, on one model and in one process."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path

from edgeprune.contracts.recipes.recipe import SweepRecipe, as_plain
from edgeprune.contracts.results import Measurement, Result
from edgeprune.pipeline.class_losses import tell_class_losses
from edgeprune.pipeline.commands.measuring import Bench, Measured, describe
from edgeprune.pipeline.files.columns import COMPARISON, SWEEP
from edgeprune.pipeline.files.outputs import all_whole
from edgeprune.pipeline.files.table_files import result_text
from edgeprune.pipeline.kept.kept_run import KeptRun, keeping
from edgeprune.pipeline.kept.row_store import RowStore, identify
from edgeprune.pipeline.plots.comparison_plot import panels_of, plot_comparison
from edgeprune.pipeline.plots.sweep_plot import plot_sweep, points_of
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.requests.points import methods_of, sweep_points
from edgeprune.tflite_export.contents.sizes import gzip_bytes

Rows = tuple[Measurement, ...]
Columns = Sequence[str] | None
"""Of the table that is written; None: all."""


def sweep(
    path: Path, recipe: SweepRecipe, reporter: Reporter, *, caches: bool = True, every_column: bool = False
) -> Result:
    """Measure the unpruned model and every point of a checked recipe, each from the original weights.

    Finished rows are kept in `recipe.store`, else, where `caches`, until the sweep has succeeded. Ctrl-C ends it with
    the rows so far. every_column: the table that is written has all that was measured.
    """
    if recipe.methods is None:
        recipe = replace(recipe, method=methods_of(recipe)[0])
    sources = [Path(source) for source in (recipe.data, recipe.custom_objects, recipe.teacher) if source]
    identity = identify(path, *sources)
    name = "" if recipe.store else identity[:24]
    columns = None if every_column else COMPARISON if recipe.methods else SWEEP
    work = partial(_sweep, path, identity, recipe, reporter, columns)
    return keeping(name, recipe.store, reporter, work) if recipe.store or caches else work(None)


def _sweep(
    path: Path, identity: str, recipe: SweepRecipe, reporter: Reporter, columns: Columns, place: KeptRun | None
) -> Result:
    """Compressing a file takes about as long as all else, so a thread does it while the next point is made.

    It rests while something is timed.
    """
    points = sweep_points(recipe)
    store = RowStore(place, identity) if place else None
    finished: list[Future[Rows]] = []
    interrupted = False
    with (
        Bench(path, recipe, reporter, before_timing=lambda: wait(finished)) as bench,
        ThreadPoolExecutor(1) as compressor,
        reporter.progress("sweep", len(points)) as advance,
    ):
        try:
            for point in points:
                kept = store.get(point.decisive) if store else None
                measured = bench.measure(point) if kept is None else [Measured(row) for row in kept]
                keep = partial(store.put, point.decisive) if store and kept is None else None
                if finished:
                    finished[-1].result()  # a store that cannot be written to ends the sweep here, not in the end
                finished.append(compressor.submit(_compress, measured, keep))
                advance(describe(measured[0].row))
        except KeyboardInterrupt:
            interrupted = True
    rows = tuple(row for future in finished for row in future.result())
    if interrupted and not rows:
        raise KeyboardInterrupt
    tell_class_losses(rows[0], rows[1:], reporter)
    plain = as_plain(recipe)
    result = Result(command="sweep", model=str(path), recipe=plain, rows=rows, interrupted=interrupted)
    if interrupted and store:  # part of a table would stand in the way of the whole one
        reporter.warning(f"interrupted: {len(rows)} rows are kept; the same command goes on, and writes the outputs")
        return result
    if interrupted:
        reporter.warning(f"interrupted: {len(rows)} rows are kept")
    return _write_files(result, recipe, columns, reporter)


def _compress(found: list[Measured], keep: Callable[[Rows], None] | None) -> Rows:
    """Add the compressed sizes and hand the rows over."""
    rows = tuple(
        row if data is None else replace(row, tflite_gzip_bytes=gzip_bytes(data))
        for row, data in ((measured.row, measured.tflite) for measured in found)
    )
    if keep:
        keep(rows)
    return rows


def _write_files(result: Result, recipe: SweepRecipe, columns: Columns, reporter: Reporter) -> Result:
    """Write the table and the plot that were asked for, both or none."""
    plot = _plot_of(result.rows, recipe) if recipe.plot else None
    if recipe.plot and not plot:
        reporter.warning(f"{recipe.plot} is not written: there is nothing to draw, as no row has a score, size or time")
    outputs = {role: file for role, file in (("table", recipe.output), ("plot", recipe.plot if plot else None)) if file}
    result = replace(result, outputs=outputs)
    with all_whole([Path(file) for file in outputs.values()], recipe.force) as temporary:
        places = dict(zip(outputs, temporary, strict=True))
        if recipe.output:
            places["table"].write_text(result_text(result, Path(recipe.output).suffix, columns), encoding="utf-8")
        if plot:
            plot(result.rows, places["plot"])
    return result


def _plot_of(rows: Rows, recipe: SweepRecipe) -> Callable[[Rows, Path], None] | None:
    """The plot that shows the rows best: one method's points by score and size, if they have both; None: no plot."""
    if points_of(rows) and not recipe.methods:
        return plot_sweep
    return plot_comparison if panels_of(rows) else None
