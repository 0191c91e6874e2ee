"""Measuring the points of a sweep: what they share is loaded, traced and compiled once."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from contracts.data import Array
from contracts.errors import EdgepruneError
from contracts.model import WeightKey
from contracts.recipe import SweepRecipe
from contracts.results import Measurement
from keras_models.variables import get_arrays, set_arrays
from pipeline.exporting import Exporter, latency_columns
from pipeline.fine_tuning import FineTuner, kernels
from pipeline.from_scratch import epochs_left, start_from_scratch
from pipeline.methods import make_plan
from pipeline.model_paths import size_of
from pipeline.reporting import Reporter
from pipeline.requests import numerics
from pipeline.session import Session, open_session
from tflite_export.sizes import gzip_bytes

LATENCY_SECONDS = 0.15

Rows = tuple[Measurement, ...]
Keep = Callable[[Rows], None]
Measured = tuple[Measurement, bytes | None]
"""A row that lacks only the compressed size, and the .tflite file, if there is one."""


def describe(row: Measurement) -> str:
    """A row in one line."""
    point = next((value for value in (row.threshold, row.sparsity_target, row.ratio) if value is not None), None)
    scored = "" if row.score is None else f", {row.metric} {row.score:.4f}"
    return f"{'unpruned' if point is None else f'{point:g}'}, {row.parameters:,} parameters{_zeros(row)}{scored}"


def _zeros(row: Measurement) -> str:
    return f", {row.sparsity:.1%} zeros" if row.sparsity else ""


class _Tools(ExitStack):
    """What measuring one live model needs, made when it is first asked for."""

    def __init__(self, session: Session, recipe: SweepRecipe) -> None:
        super().__init__()
        self.session, self._recipe = session, recipe

    @cached_property
    def exporter(self) -> Exporter:
        """Converts the model."""
        return self.enter_context(Exporter(self.session, self._recipe.seed))

    @cached_property
    def tuner(self) -> FineTuner:
        """Trains the model with all its kernels' zeros held."""
        recipe = replace(self._recipe, epochs=epochs_left(self._recipe))
        return self.enter_context(FineTuner(self.session, kernels(self.session), recipe))


class Bench(ExitStack):
    """The session of a sweep. Points that only zero weights share its tools; each cut model has its own.

    Compressing a file takes about as long as all else, so a thread does it while the next point is measured.
    """

    def __init__(self, path: Path, recipe: SweepRecipe, reporter: Reporter) -> None:
        super().__init__()
        self._path, self._recipe, self._reporter = path, recipe, reporter
        self._session = open_session(path, recipe, reporter)
        self._original = get_arrays(self._session.loaded.model)
        self._tools = self.enter_context(_Tools(self._session, recipe))
        self._compressor = self.enter_context(ThreadPoolExecutor(1))

    def measure(self, point: SweepRecipe | None, keep: Keep | None = None) -> Future[Rows]:
        """One row for each numeric format, for the unpruned model (None) or one point; `keep` gets them when whole."""
        found = self._measure(point)
        return self._compressor.submit(_finish, found, keep)

    def _measure(self, point: SweepRecipe | None) -> list[Measured]:
        if point is None:
            set_arrays(self._session.loaded.model, self._original)
            row = self._session.measure(stage="original", model_bytes=size_of(self._path))
            return self._with_files(self._tools, row)
        set_arrays(self._session.loaded.model, self._start)
        plan = make_plan(self._session, point)
        for warning in plan.warnings:
            self._reporter.warning(warning)
        pruned = plan.apply(self._reporter)
        if pruned.interrupted:
            raise KeyboardInterrupt
        fine_tuning = bool(epochs_left(point)) and not plan.trains
        if pruned.session is self._session:
            return self._measure_pruned(self._tools, point, fine_tuning)
        with _Tools(pruned.session, self._recipe) as tools:
            return self._measure_pruned(tools, point, fine_tuning)

    @cached_property
    def _start(self) -> Mapping[WeightKey, Array]:
        """The weights that every point starts from."""
        if not self._recipe.from_scratch:
            return self._original
        start_from_scratch(self._session, self._recipe, self._reporter)
        return get_arrays(self._session.loaded.model)

    def _measure_pruned(self, tools: _Tools, point: SweepRecipe, fine_tuning: bool) -> list[Measured]:
        if fine_tuning and tools.tuner.run(self._reporter).interrupted:
            raise KeyboardInterrupt
        row = tools.session.measure(
            stage="fine-tuned" if fine_tuning else "pruned",
            threshold=point.threshold,
            sparsity_target=point.sparsity,
            ratio=point.ratio,
        )
        return self._with_files(tools, row)

    def _with_files(self, tools: _Tools, row: Measurement) -> list[Measured]:
        return [self._with_file(tools, row, quantize) for quantize in numerics(self._recipe)]

    def _with_file(self, tools: _Tools, row: Measurement, quantize: str) -> Measured:
        """The row with size and latency of its .tflite file; of another format than float32, its score too."""
        own_score = None if quantize == "none" else row.score
        try:
            # Of the formats that a sweep lists, only int8 can have int8 inputs and outputs.
            recipe = self._recipe if quantize == "int8" else replace(self._recipe, io="float32")
            exported = tools.exporter.export(quantize, recipe, own_score)
        except EdgepruneError as error:
            self._reporter.warning(f"no .tflite ({quantize}) for {describe(row)}: {error}")
            return replace(row, quantize=quantize), None
        (columns,) = latency_columns([exported.data], seconds=LATENCY_SECONDS)
        score = row.score if exported.score is None else exported.score
        columns |= {"tflite_bytes": len(exported.data), "max_abs_error": exported.verification.max_abs_error}
        return replace(row, quantize=quantize, score=score, **columns), exported.data


def _finish(found: list[Measured], keep: Keep | None) -> Rows:
    """Add the compressed sizes and hand the rows over."""
    rows = tuple(row if data is None else replace(row, tflite_gzip_bytes=gzip_bytes(data)) for row, data in found)
    if keep:
        keep(rows)
    return rows
