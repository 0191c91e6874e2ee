"""`edgeprune sweep`: many points of one method on one model, in one process."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from contracts.recipe import SweepRecipe, as_plain
from contracts.results import Measurement, Result
from pipeline.bench import Bench, describe
from pipeline.outputs import whole, write_text
from pipeline.plots import plot_sweep
from pipeline.points import LISTS, sweep_points
from pipeline.reporting import Reporter
from pipeline.store import RowStore, identify
from pipeline.table_files import result_text

NOT_DECISIVE = {"output", "plot", "store", "force", "thresholds", "sparsities", "ratios"}
"""Recipe keys that do not change what a point comes to."""


def sweep(path: Path, recipe: SweepRecipe, reporter: Reporter) -> Result:
    """Measure the unpruned model and every point of a checked recipe, each from the original weights.

    Finished rows are kept in `recipe.store`. Ctrl-C ends the sweep with the rows so far.
    """
    points = sweep_points(recipe)
    rows: list[Measurement] = []
    result = Result(command="sweep", model=str(path), recipe=as_plain(recipe))
    try:
        with reporter.progress("sweep", len(points) + 1) as advance:
            for found in _measure_all(path, recipe, points, reporter):
                rows += found
                advance(describe(found[0]))
    except KeyboardInterrupt:
        reporter.warning(f"interrupted: {len(rows)} rows are kept")
        result = replace(result, interrupted=True)
    return _write_files(replace(result, rows=tuple(rows)), recipe)


def _write_files(result: Result, recipe: SweepRecipe) -> Result:
    """Write the table and the plot that were asked for."""
    outputs = {role: file for role, file in (("table", recipe.output), ("plot", recipe.plot)) if file}
    result = replace(result, outputs=outputs)
    if recipe.output:
        write_text(Path(recipe.output), result_text(result, Path(recipe.output).suffix), recipe.force)
    if recipe.plot:
        with whole(Path(recipe.plot), recipe.force) as temporary:
            plot_sweep(result.rows, temporary)
    return result


def _measure_all(
    path: Path, recipe: SweepRecipe, points: tuple[SweepRecipe, ...], reporter: Reporter
) -> Iterator[tuple[Measurement, ...]]:
    """The rows of the unpruned model, then those of each point; taken from the store where they are there."""
    store = _open_store(path, recipe)
    bench: Bench | None = None
    unfinished: Future[tuple[Measurement, ...]] | None = None
    with ExitStack() as stack:
        for point in (None, *points):
            name = {} if point is None else {field: getattr(point, field) for field in LISTS.values()}
            rows = store.get(name) if store else None
            if rows is None:
                bench = bench or stack.enter_context(Bench(path, recipe, reporter))
                try:
                    following = bench.measure(point, partial(store.put, name) if store else None)
                except KeyboardInterrupt:
                    if unfinished:
                        yield unfinished.result()
                    raise
            if unfinished:
                yield unfinished.result()
            unfinished = following if rows is None else None
            if rows is not None:
                yield rows
        if unfinished:
            yield unfinished.result()


def _open_store(path: Path, recipe: SweepRecipe) -> RowStore | None:
    if recipe.store is None:
        return None
    decisive = {key: value for key, value in as_plain(recipe).items() if key not in NOT_DECISIVE}
    sources = [Path(source) for source in (recipe.data, recipe.custom_objects, recipe.teacher) if source]
    return RowStore(Path(recipe.store), identify(decisive, path, *sources))
