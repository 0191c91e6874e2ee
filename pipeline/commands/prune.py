"""`edgeprune prune`: plan, apply, fine-tune, export, gates, write."""

import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.recipes.parts import fit_of
from edgeprune.contracts.recipes.recipe import PruneRecipe, as_plain
from edgeprune.contracts.results import Measurement, Result
from edgeprune.keras_models.live.variables import get_arrays, variables
from edgeprune.keras_models.loading.files import save_model
from edgeprune.pipeline.baseline import Baseline, baseline
from edgeprune.pipeline.class_losses import tell_class_losses
from edgeprune.pipeline.files.exporting import Exported, Exporter
from edgeprune.pipeline.files.file_choice import Choice, choose_file, export_candidates
from edgeprune.pipeline.files.model_paths import size_of
from edgeprune.pipeline.files.outputs import all_whole
from edgeprune.pipeline.files.tflite_files import write_tflite_files
from edgeprune.pipeline.kept.kept_run import KeptRun, keeping
from edgeprune.pipeline.kept.training_store import run_name
from edgeprune.pipeline.model_report import DIGESTS, content_digest
from edgeprune.pipeline.original import find_original
from edgeprune.pipeline.planning.epochs import dense_fit, epochs_before, fine_tuning_fit
from edgeprune.pipeline.planning.plan import Plan, Pruned, carry_out
from edgeprune.pipeline.planning.planner import Planner
from edgeprune.pipeline.planning.prunable_weights import choose_weights, counted_again, matrices, matrix_zeros
from edgeprune.pipeline.quality import check_gates
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.requests.data import data_source
from edgeprune.pipeline.requests.prune import prune_outputs
from edgeprune.pipeline.session import Session, open_session
from edgeprune.pipeline.training.clustering import cluster_weights
from edgeprune.pipeline.training.fine_tuning import FineTuner, zero_masks
from edgeprune.pipeline.training.from_scratch import train_dense
from edgeprune.pipeline.training.quantization_training import train_rounded
from edgeprune.pipeline.training.starts import Arrays, choose_start
from edgeprune.tflite_export.contents.weight_values import check_weights


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """The pruned, perhaps fine-tuned and clustered model: its session, and a row for each of its stages."""

    session: Session
    rows: tuple[Measurement, ...]
    clustered: tuple[WeightKey, ...]
    interrupted: bool


def prune(path: Path, recipe: PruneRecipe, reporter: Reporter, *, caches: bool = True) -> Result:
    """Prune a saved model by a checked recipe (`requests.check_prune`).

    Nothing is written unless everything went well; what was trained is kept until it did (`kept_run`), in the
    recipe's store, else where `caches` in the working folder.
    """
    work = partial(_prune, path, recipe, reporter)
    trains = (recipe.epochs or recipe.qat_epochs) and not recipe.dry_run
    if not (trains and (recipe.store or caches)):
        return work(None)
    name = run_name(path, method=recipe, training=recipe, data=recipe, opening=recipe, seed=recipe.seed)
    return keeping(name, recipe.store, reporter, work)


def _prune(path: Path, recipe: PruneRecipe, reporter: Reporter, kept: KeptRun | None) -> Result:
    outputs = prune_outputs(path, recipe)
    source = data_source(recipe, recipe.seed)
    session = open_session(path, recipe, source, reporter, kept, from_scratch=recipe.from_scratch)
    choose_weights(session, recipe, [recipe.method])
    allow_flex = recipe.allow_flex if recipe.tflite and not recipe.dry_run else None
    named = find_original(path, recipe.original, reporter) if not recipe.dry_run else None
    compared = baseline(session, named, recipe, reporter, allow_flex=allow_flex)
    training_s = _from_scratch(session, recipe, reporter) if recipe.from_scratch else 0.0
    writes_int8 = recipe.tflite is not None and recipe.quantize == "int8"
    plan = Planner(session, writes_int8=writes_int8).plan(recipe, reporter)
    result = Result(command="prune", model=str(path), recipe=as_plain(recipe), layers=plan.layers)
    if recipe.dry_run:
        return replace(result, rows=_predicted(compared.given, plan), extra={**plan.details})
    pruned = carry_out(plan, reporter, proven=recipe.check)
    proof = {"check": asdict(pruned.proof)} if pruned.proof else {}
    result = replace(result, extra={**plan.details, **proof})
    draw = plan.drawing
    start = _start(pruned, plan, recipe, training_s, reporter)
    del plan  # it holds the masks and the weights of a large model
    outcome = _finish(pruned, start, recipe, reporter)
    result = replace(result, layers=counted_again(result.layers, outcome.session))
    choice = _choose(outcome, recipe, compared, reporter)
    files = {role: str(file) for role, file in outputs.items()}
    result = replace(result, rows=(*compared.rows, *outcome.rows), outputs=files, interrupted=outcome.interrupted)
    result = replace(result, extra={**result.extra, **session.found_out})
    with all_whole(list(outputs.values()), recipe.force) as temporary:
        places = dict(zip(outputs, temporary, strict=True))
        if draw and "plot" in places:
            draw(places["plot"])
        result = _write(outcome.session, result, choice, places)
    written = (row for row in result.rows if row.file or row is result.rows[len(compared.rows) + len(outcome.rows) - 1])
    tell_class_losses(compared.original, written, reporter)
    return result


@dataclass(frozen=True, kw_only=True)
class _Start:
    """What fine-tuning starts from, and a row for each stage so far; `training_s` were spent by then.

    bare: the weights from before a repair, where training may start from those too.
    """

    rows: tuple[Measurement, ...]
    training_s: float
    fine_tunes: bool
    bare: Arrays | None
    interrupted: bool


def _start(pruned: Pruned, plan: Plan, recipe: PruneRecipe, training_s: float, reporter: Reporter) -> _Start:
    """Repair, where that is due; `training_s` were spent before the model was pruned."""
    session, interrupted, bare = pruned.session, pruned.interrupted, None
    training_s += pruned.training_s or 0.0
    rows = [session.measure(stage="pruned", training_s=training_s or None)]
    fine_tunes = bool(recipe.epochs) and not plan.trains
    if plan.repairs:
        bare = get_arrays(session.loaded.model) if fine_tunes and recipe.repair is None else None
        interrupted = plan.repair(session, reporter) or interrupted
        rows.append(session.measure(stage="repaired"))
    return _Start(
        rows=tuple(rows),
        training_s=training_s,
        fine_tunes=fine_tunes and not interrupted,
        bare=bare,
        interrupted=interrupted,
    )


def _finish(pruned: Pruned, start: _Start, recipe: PruneRecipe, reporter: Reporter) -> _Outcome:
    """Fine-tune and cluster, where that is due."""
    session, interrupted, rows = pruned.session, start.interrupted, list(start.rows)
    if start.fine_tunes:
        interrupted, seconds = _fine_tune(pruned, start.bare, recipe, reporter)
        rows.append(session.measure(stage="fine-tuned", training_s=start.training_s + seconds))
    clustered = cluster_weights(session, recipe, recipe.clusters) if recipe.clusters else ()
    if clustered:
        rows.append(session.measure(stage="clustered"))
    return _Outcome(session=session, rows=tuple(rows), clustered=clustered, interrupted=interrupted)


def _choose(outcome: _Outcome, recipe: PruneRecipe, compared: Baseline, reporter: Reporter) -> Choice | None:
    """The .tflite file, where one is asked for. Raises QualityGateError where it, or the model, misses a gate."""
    data = outcome.session.data
    metric, original = data.task.metric if data else None, compared.original.score
    check_gates(recipe, metric, original, outcome.rows[-1].score)
    if not recipe.tflite:
        return None
    files, model = _export(outcome, recipe, reporter), outcome.rows[-1].score
    choice = choose_file(files, compared.file, recipe, metric, original=original, model=model)
    choice.tell(recipe.tflite, reporter)
    return choice


def _from_scratch(session: Session, recipe: PruneRecipe, reporter: Reporter) -> float:
    """Initial weights, trained where the method needs it; a dry run trains nothing. Seconds of training."""
    if recipe.dry_run and epochs_before(recipe):
        reporter.warning("the plan is for the saved weights; with --from-scratch, other weights are pruned")
        return 0.0
    return train_dense(session, dense_fit(recipe), reporter)


def _write(session: Session, result: Result, choice: Choice | None, places: dict[str, Path]) -> Result:
    """Write model, .tflite and report; the result with the sizes that they came to."""
    rows = list(result.rows)
    save_model(session.loaded, session.loaded.model, places["model"])
    rows[-1] = replace(rows[-1], model_bytes=size_of(places["model"]))
    digests = {"original": content_digest(session.loaded.path), "output": content_digest(places["model"])}
    if choice:
        write_tflite_files(choice.chosen.exported, places)
        rows = list(choice.rows(rows, rows[-1], result.outputs["tflite"]))
    result = replace(result, rows=tuple(rows), extra={**result.extra, DIGESTS: digests})
    places["report"].write_text(result.to_json() + "\n", encoding="utf-8")
    return result


def _predicted(original: Measurement, plan: Plan) -> tuple[Measurement, Measurement]:
    """The original's row and that of a pruned model that was not made.

    The second has what the plan says, and nothing that would have to be measured; nor does a table in which the energy
    of a cut model is lacking have the original's.
    """
    energy = None if "macs" in plan.predicted else original.energy_uj_estimate
    first = replace(original, energy_uj_estimate=energy)
    known = replace(first, stage="pruned", score=None, class_scores=None, loss=None, metric=None, model_bytes=None)
    return first, replace(known, **plan.predicted)


def _fine_tune(pruned: Pruned, bare: Arrays | None, recipe: PruneRecipe, reporter: Reporter) -> tuple[bool, float]:
    """Fine-tune with all zeros held; whether it was interrupted, and its seconds.

    bare: the weights from before a repair, where training may start from those too.
    """
    session, started = pruned.session, time.perf_counter()
    live = session.prunable
    held = live if bare else {key: live[key] for key in zero_masks(live)}
    with FineTuner(session, held, fine_tuning_fit(recipe), rate_share=pruned.rate_share) as tuner:
        rate = choose_start(session, tuner, bare, reporter) if bare else None
        interrupted = tuner.run(reporter, rate=rate).interrupted
    return interrupted, tuner.earlier_s + time.perf_counter() - started


def _export(outcome: _Outcome, recipe: PruneRecipe, reporter: Reporter) -> list[Exported]:
    """Verified files of the pruned model, in which the zeros and the clusters of its matrices are found again."""
    session, row = outcome.session, outcome.rows[-1]
    rounded = None
    if recipe.qat_epochs:
        rounded = train_rounded(session, fit_of(recipe, recipe.qat_epochs), reporter, recipe.clusters)
    with Exporter(session, recipe.seed, rounded, clustered=bool(recipe.clusters)) as exporter:
        files = export_candidates(exporter, session, recipe, row.score, bool(row.zero_weights), reporter)
    unclustered = sum(key not in outcome.clustered for key in matrices(variables(session.loaded.model)))
    for exported in files:
        check_weights(exported.data, matrix_zeros(session), recipe.clusters, unclustered)
    return files
