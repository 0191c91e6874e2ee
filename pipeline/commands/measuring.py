"""Measuring the points of a sweep: what they share is loaded, traced and compiled once."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import EdgepruneError
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.parts import fit_of, numeric_options
from edgeprune.contracts.recipes.recipe import SweepRecipe
from edgeprune.contracts.results import Measurement
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.pipeline.files.exporting import Exported, Exporter, energy_estimate_uj, latency_columns
from edgeprune.pipeline.files.int8_rival import Rendering, tell_of_int8
from edgeprune.pipeline.files.model_paths import size_of
from edgeprune.pipeline.planning.epochs import dense_fit, epochs_before, fine_tuning_fit
from edgeprune.pipeline.planning.plan import carry_out
from edgeprune.pipeline.planning.planner import Planner
from edgeprune.pipeline.planning.prunable_weights import choose_weights
from edgeprune.pipeline.reporting import NamedReporter, Reporter
from edgeprune.pipeline.requests.data import data_source
from edgeprune.pipeline.requests.points import DENSE, UNPRUNED, Point, methods_of
from edgeprune.pipeline.requests.sweep import numerics
from edgeprune.pipeline.session import Session, open_session
from edgeprune.pipeline.training.fine_tuning import FineTuner
from edgeprune.pipeline.training.from_scratch import train_dense
from edgeprune.pipeline.training.starts import choose_start
from edgeprune.tflite_export.conversion.convert import can_keep_float

LATENCY_SECONDS = 0.15

Arrays = Mapping[WeightKey, Array]


@dataclass(frozen=True)
class Measured:
    """A row, and the .tflite file that it is of, if there is one; only its compressed size is lacking yet."""

    row: Measurement
    tflite: bytes | None = None


def describe(row: Measurement) -> str:
    """A row in one line."""
    name = f"{row.method or UNPRUNED}{'' if row.point is None else f' {row.point:g}'}"
    zeros = f", {row.sparsity:.1%} zeros" if row.sparsity else ""
    scored = "" if row.score is None else f", {row.metric} {row.score:.4f}"
    return f"{name}, {row.parameters:,} parameters{zeros}{scored}"


class _Tools(ExitStack):
    """What measuring one live model needs, made when it is first asked for."""

    def __init__(self, session: Session, recipe: SweepRecipe) -> None:
        super().__init__()
        self.session, self._recipe = session, recipe
        self._training = self.enter_context(ExitStack())
        self._tuner: FineTuner | None = None

    @cached_property
    def exporter(self) -> Exporter:
        """Converts the model."""
        return self.enter_context(Exporter(self.session, self._recipe.seed))

    def fine_tune(
        self, recipe: SweepRecipe, rate_share: float | None, bare: Arrays | None, reporter: Reporter
    ) -> float:
        """Fine-tune the model with all its zeros held, as every point that is fine-tuned is. Seconds of it.

        bare: the weights from before a repair, where training may start from those too.
        """
        started = time.perf_counter()
        if self._tuner is None:
            tuner = FineTuner(self.session, self.session.prunable, fine_tuning_fit(recipe), rate_share=rate_share)
            self._tuner = self._training.enter_context(tuner)
        rate = choose_start(self.session, self._tuner, bare, reporter) if bare else None
        if self._tuner.run(reporter, rate=rate).interrupted:
            raise KeyboardInterrupt
        return time.perf_counter() - started

    def end_training(self) -> None:
        """Take the optimizer off the model again: another trainer is to find the model's own."""
        self._training.close()
        self._tuner = None


class Bench(ExitStack):
    """The session of a sweep, opened for the first point.

    Points that only zero weights share its tools; each cut model has its own. `before_timing` returns when nothing
    else of ours is running.
    """

    def __init__(
        self, path: Path, recipe: SweepRecipe, reporter: Reporter, before_timing: Callable[[], object] = lambda: None
    ) -> None:
        super().__init__()
        self._path, self._recipe, self._reporter = path, recipe, reporter
        self._before_timing = before_timing
        self._method: str | None = None
        self._starts: dict[int, tuple[Arrays, float, list[dict[str, Any]]]] = {}
        """By the epochs of training from scratch before anything is pruned: the weights then, seconds, trainings."""

    @cached_property
    def _session(self) -> Session:
        source = data_source(self._recipe, self._recipe.seed)
        scratch = self._recipe.from_scratch
        session = open_session(self._path, self._recipe, source, self._reporter, from_scratch=scratch)
        choose_weights(session, self._recipe, methods_of(self._recipe))
        return session

    @cached_property
    def _original(self) -> Arrays:
        return get_arrays(self._session.loaded.model)

    @cached_property
    def _tools(self) -> _Tools:
        return self.enter_context(_Tools(self._session, self._recipe))

    @cached_property
    def _planner(self) -> Planner:
        return Planner(self._session)

    def measure(self, point: Point) -> list[Measured]:
        """One row for each numeric format, from the original weights. Raises KeyboardInterrupt where that ends it."""
        set_arrays(self._session.loaded.model, self._original)
        self._session.trainings.clear()
        if point.recipe.epochs:
            self._before_timing()  # training is timed
        reporter = NamedReporter(self._reporter, point.name)
        if point.reference is None:
            return self._measure_pruned(point.recipe, reporter)
        if point.reference == DENSE:
            training_s = train_dense(self._session, fit_of(point.recipe), reporter)
            row = self._session.measure(stage="trained", method=DENSE, training_s=training_s)
        else:
            row = self._session.measure(stage="original", model_bytes=size_of(self._path))
        return self._with_files(self._tools, row, reporter)

    def _measure_pruned(self, recipe: SweepRecipe, reporter: Reporter) -> list[Measured]:
        if recipe.method != self._method:
            self._tools.end_training()
            self._method = recipe.method
        training_s = self._set_start(recipe)
        plan = self._planner.plan(recipe, reporter)
        pruned = carry_out(plan, reporter)
        if pruned.interrupted:
            raise KeyboardInterrupt
        training_s += pruned.training_s or 0.0
        fine_tuning = bool(recipe.epochs) and not plan.trains
        repaired, bare = plan.repairs, None
        if repaired:
            bare = get_arrays(pruned.session.loaded.model) if fine_tuning and recipe.repair is None else None
            if plan.repair(pruned.session, reporter):
                raise KeyboardInterrupt
        del plan  # the masks of a large model take as much as a quarter of its weights
        with ExitStack() as stack:
            shared = pruned.session is self._session
            tools = self._tools if shared else stack.enter_context(_Tools(pruned.session, self._recipe))
            if fine_tuning:
                training_s += tools.fine_tune(recipe, pruned.rate_share, bare, reporter)
            row = tools.session.measure(
                stage="fine-tuned" if fine_tuning else "repaired" if repaired else "pruned",
                method=recipe.method,
                threshold=recipe.threshold,
                sparsity_target=recipe.sparsity,
                ratio=recipe.ratio,
                training_s=training_s or None,
            )
            return self._with_files(tools, row, reporter)

    def _set_start(self, recipe: SweepRecipe) -> float:
        """From scratch, give the model the weights that a point starts from; seconds of training that made them."""
        if not recipe.from_scratch:
            return 0.0
        model, trainings = self._session.loaded.model, self._session.trainings
        trained = epochs_before(recipe)
        if trained not in self._starts:
            seconds = train_dense(self._session, dense_fit(recipe), self._reporter)
            self._starts[trained] = (get_arrays(model), seconds, [*trainings])
        weights, seconds, trainings[:] = self._starts[trained]
        set_arrays(model, weights)
        return seconds

    def _with_files(self, tools: _Tools, row: Measurement, reporter: Reporter) -> list[Measured]:
        """A row for each numeric format, timed in turns."""
        row = replace(row, trainings=[*self._session.trainings] or None)
        files = {quantize: self._file(tools, row, quantize, reporter) for quantize in numerics(self._recipe)}
        made = {quantize: exported for quantize, exported in files.items() if exported}
        self._before_timing()
        latencies = latency_columns([each.data for each in made.values()], seconds=LATENCY_SECONDS * len(made))
        timed = dict(zip(made, latencies, strict=True))
        rows = {quantize: _row(row, made[quantize], columns) for quantize, columns in timed.items()}
        tell_of_int8((Rendering(row=found, right=made[quantize].right) for quantize, found in rows.items()), reporter)
        return [
            Measured(rows[quantize], exported.data)
            if exported
            else Measured(replace(row, quantize=quantize, energy_uj_estimate=None))
            for quantize, exported in files.items()
        ]

    def _file(self, tools: _Tools, row: Measurement, quantize: str, reporter: Reporter) -> Exported | None:
        """The verified file, with its score where it is no float32; None, with a warning, where there is none."""
        own_score = None if quantize == "none" else row.score
        # Not every format that a sweep lists can have int8 inputs and outputs, or layers left in float.
        options = numeric_options(self._recipe)
        options = options if quantize == "int8" else replace(options, io="float32")
        options = options if can_keep_float(quantize) else replace(options, keep_float=())
        if row.stage in ("original", "trained") and options.sparse == "on":
            options = replace(options, sparse="auto")  # it has no zeros, and needs a file to compare with
        try:
            return tools.exporter.export(quantize, options, own_score)
        except EdgepruneError as error:
            reporter.warning(f"no .tflite ({quantize}): {error}")
            return None


def _row(row: Measurement, exported: Exported, latency: Mapping[str, Any]) -> Measurement:
    """The model's row with what its file adds; the compressed size comes later."""
    if exported.score is not None:
        row = replace(row, score=exported.score, class_scores=exported.class_scores)
    return replace(
        row,
        quantize=exported.quantize,
        sparse=exported.sparse,
        tflite_bytes=len(exported.data),
        energy_uj_estimate=energy_estimate_uj(exported.data),
        max_abs_error=exported.verification.max_abs_error,
        **latency,
    )
