"""`edgeprune prune`: plan, apply, fine-tune, export, gates, write."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from contracts.recipe import PruneRecipe, as_plain
from contracts.results import Measurement, Result
from keras_models.files import save_model
from pipeline.channel_pruning import ChannelPruning
from pipeline.exporting import Exported, Exporter, latency_columns, size_columns
from pipeline.fine_tuning import FineTuner, kernels, zero_masks
from pipeline.layer_pruning import LayerPruning
from pipeline.methods import Plan, make_plan
from pipeline.outputs import size_of, whole, write_text
from pipeline.quality import check_gates
from pipeline.reporting import Reporter
from pipeline.requests import prune_outputs
from pipeline.session import Session, open_session


def prune(path: Path, recipe: PruneRecipe, reporter: Reporter) -> Result:
    """Prune a saved model by a checked recipe (`requests.check_prune`).

    Nothing is written unless everything went well.
    """
    outputs = prune_outputs(path, recipe)
    session = open_session(path, recipe, reporter)
    plan = make_plan(session, recipe)
    for warning in plan.warnings:
        reporter.warning(warning)
    rows = [session.measure(stage="original", model_bytes=size_of(path))]
    extra = dict(plan.details)
    result = Result(command="prune", model=str(path), recipe=as_plain(recipe), layers=plan.layers, extra=extra)
    if recipe.dry_run:
        return replace(result, rows=(*rows, _predicted(rows[0], plan)))
    unpruned = _unpruned_file(session) if recipe.tflite else b""
    session = plan.apply()
    if recipe.check and isinstance(plan, ChannelPruning | LayerPruning):
        extra["check"] = _check(plan, session, reporter)
    rows.append(session.measure(stage="pruned"))
    interrupted = bool(recipe.epochs) and _fine_tune(session, recipe, reporter)
    if recipe.epochs:
        rows.append(session.measure(stage="fine-tuned"))
    exported = _export(session, recipe, rows[-1].score) if recipe.tflite else None
    _check_gates(session, recipe, rows, exported)
    rows[-1] = replace(rows[-1], model_bytes=_write_model(session, outputs["model"], recipe.force))
    if exported:
        rows = _write_tflite(exported, unpruned, outputs["tflite"], rows, recipe.force)
    files = {role: str(file) for role, file in outputs.items()}
    result = replace(result, rows=tuple(rows), outputs=files, interrupted=interrupted)
    write_text(outputs["report"], json.dumps(result.as_json(), indent=2) + "\n", recipe.force)
    return result


def _predicted(original: Measurement, plan: Plan) -> Measurement:
    """The row of a pruned model that was not made: what the plan says, and nothing that would have to be measured."""
    known = replace(original, stage="pruned", score=None, loss=None, metric=None, model_bytes=None)
    return replace(known, **plan.predicted)


def _check(plan: ChannelPruning | LayerPruning, session: Session, reporter: Reporter) -> dict[str, Any]:
    """Prove the cut and tell how far it holds."""
    proof = plan.check(session)
    if proof.inexact:
        reporter.note(
            f"check: {', '.join(proof.inexact)} lose channels over which a layer normalises, so equality cannot hold; "
            f"the outputs differ by {proof.relative_error:.3g} of their range"
        )
    else:
        reporter.note(f"check: the cut is exact: largest error {proof.relative_error:.2g} of the output's range")
    return asdict(proof)


def _fine_tune(session: Session, recipe: PruneRecipe, reporter: Reporter) -> bool:
    """Fine-tune with all zeros held; whether it was interrupted."""
    live = kernels(session)
    held = {key: live[key] for key in zero_masks(live)}
    with FineTuner(session, held, recipe, recipe.seed) as tuner:
        return tuner.run(reporter).interrupted


def _unpruned_file(session: Session) -> bytes:
    """The original as float32 .tflite, which the table compares with."""
    with Exporter(session) as exporter:
        return exporter.convert("none")


def _export(session: Session, recipe: PruneRecipe, model_score: float | None) -> Exported:
    with Exporter(session, recipe.seed) as exporter:
        return exporter.export(recipe.quantize, recipe, model_score)


def _check_gates(session: Session, recipe: PruneRecipe, rows: list[Measurement], exported: Exported | None) -> None:
    metric = session.data.task.metric if session.data else None
    check_gates(recipe, metric, rows[0].score, rows[-1].score)
    if exported and exported.score is not None:
        check_gates(recipe, metric, rows[0].score, exported.score)


def _write_model(session: Session, file: Path, force: bool) -> int:
    with whole(file, force) as temporary:
        save_model(session.loaded, session.loaded.model, temporary)
    return size_of(file)


def _write_tflite(
    exported: Exported, unpruned: bytes, file: Path, rows: list[Measurement], force: bool
) -> list[Measurement]:
    """Write the file; the original's row gets its float32 file's numbers, a last row those of the new file."""
    with whole(file, force) as temporary:
        temporary.write_bytes(exported.data)
    original, written = latency_columns([unpruned, exported.data])
    return [
        replace(rows[0], quantize="none", **size_columns(unpruned), **original),
        *rows[1:],
        replace(rows[-1], file=str(file), **exported.columns(), **written),
    ]
