"""`edgeprune sweep`: many points of one method on one model, in one process."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from contracts.errors import EdgepruneError
from contracts.recipe import SweepRecipe, as_plain
from contracts.results import Measurement, Result
from keras_models.variables import get_arrays, set_arrays
from pipeline.exporting import Exporter, latency_columns
from pipeline.fine_tuning import FineTuner, kernels
from pipeline.methods import make_plan
from pipeline.outputs import size_of, whole, write_text
from pipeline.plots import plot_sweep
from pipeline.points import LISTS, sweep_points
from pipeline.reporting import Reporter
from pipeline.requests import numerics
from pipeline.session import open_session
from pipeline.store import RowStore, identify
from pipeline.table_files import result_text

LATENCY_SECONDS = 0.15
NOT_DECISIVE = {"output", "plot", "store", "force", "thresholds", "sparsities"}
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
            for description, found in _measure_all(path, recipe, points, reporter):
                rows += found
                advance(description)
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
) -> Iterator[tuple[str, tuple[Measurement, ...]]]:
    """The rows of the unpruned model, then those of each point; taken from the store where they are there."""
    store = _open_store(path, recipe)
    bench: _Bench | None = None
    with ExitStack() as stack:
        for point in (None, *points):
            name = {} if point is None else {field: getattr(point, field) for field in LISTS.values()}
            rows = store.get(name) if store else None
            if rows is None:
                bench = bench or stack.enter_context(_Bench(path, recipe, reporter))
                rows = bench.measure(point)
                if store:
                    store.put(name, rows)
            yield _describe(rows[0]), rows


def _open_store(path: Path, recipe: SweepRecipe) -> RowStore | None:
    if recipe.store is None:
        return None
    decisive = {key: value for key, value in as_plain(recipe).items() if key not in NOT_DECISIVE}
    sources = [Path(source) for source in (recipe.data, recipe.custom_objects) if source]
    return RowStore(Path(recipe.store), identify(decisive, path, *sources))


def _describe(row: Measurement) -> str:
    point = next((value for value in (row.threshold, row.sparsity_target, row.ratio) if value is not None), None)
    scored = "" if row.score is None else f", {row.metric} {row.score:.4f}"
    sparsity = "" if row.sparsity is None else f", {row.sparsity:.1%} zeros"
    return f"{'unpruned' if point is None else f'{point:g}'}{sparsity}{scored}"


class _Bench(ExitStack):
    """The session of a sweep: the traced functions, the trainer and the converter that all points share."""

    def __init__(self, path: Path, recipe: SweepRecipe, reporter: Reporter) -> None:
        super().__init__()
        self._path, self._recipe, self._reporter = path, recipe, reporter
        self._numerics = numerics(recipe)
        self._session = open_session(path, recipe, reporter)
        self._original = get_arrays(self._session.loaded.model)
        self._exporter = self.enter_context(Exporter(self._session, recipe.seed))
        self._tuner = (
            self.enter_context(FineTuner(self._session, kernels(self._session), recipe, recipe.seed))
            if recipe.epochs
            else None
        )

    def measure(self, point: SweepRecipe | None) -> tuple[Measurement, ...]:
        """One row for each numeric format, for the unpruned model (None) or one point."""
        set_arrays(self._session.loaded.model, self._original)
        if point is None:
            row = self._session.measure(stage="original", model_bytes=size_of(self._path))
        else:
            row = self._prune(point)
        return tuple(self._with_file(row, quantize) for quantize in self._numerics)

    def _prune(self, point: SweepRecipe) -> Measurement:
        plan = make_plan(self._session, point)
        for warning in plan.warnings:
            self._reporter.warning(warning)
        plan.apply()
        if self._tuner and self._tuner.run(self._reporter).interrupted:
            raise KeyboardInterrupt
        return self._session.measure(
            stage="fine-tuned" if self._tuner else "pruned",
            threshold=point.threshold,
            sparsity_target=point.sparsity,
        )

    def _with_file(self, row: Measurement, quantize: str) -> Measurement:
        """The row with size and latency of its .tflite file; of another format than float32, its score too."""
        own_score = None if quantize == "none" else row.score
        try:
            exported = self._exporter.export(quantize, self._recipe, own_score)
        except EdgepruneError as error:
            self._reporter.warning(f"no .tflite ({quantize}) for {_describe(row)}: {error}")
            return replace(row, quantize=quantize)
        (columns,) = latency_columns([exported.data], seconds=LATENCY_SECONDS)
        score = row.score if exported.score is None else exported.score
        return replace(
            row, quantize=quantize, score=score, max_abs_error=exported.verification.max_abs_error, **columns
        )
