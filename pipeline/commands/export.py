"""`edgeprune export`: a saved model to a verified .tflite file."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from edgeprune.contracts.recipes.parts import Fit
from edgeprune.contracts.recipes.recipe import ExportRecipe, MethodRecipe, as_plain
from edgeprune.contracts.recipes.training import TrainingRecipe
from edgeprune.contracts.results import Result
from edgeprune.pipeline.baseline import baseline
from edgeprune.pipeline.class_losses import tell_class_losses
from edgeprune.pipeline.files.exporting import Exporter
from edgeprune.pipeline.files.file_choice import choose_file, export_candidates
from edgeprune.pipeline.files.outputs import all_whole
from edgeprune.pipeline.files.tflite_files import write_tflite_files
from edgeprune.pipeline.kept.kept_run import KeptRun, keeping
from edgeprune.pipeline.kept.training_store import run_name
from edgeprune.pipeline.original import find_original
from edgeprune.pipeline.planning.prunable_weights import matrix_zeros
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.requests.data import data_source
from edgeprune.pipeline.requests.export import export_outputs
from edgeprune.pipeline.session import open_session
from edgeprune.pipeline.training.quantization_training import train_rounded
from edgeprune.tflite_export.contents.weight_values import check_weights


def export(path: Path, recipe: ExportRecipe, reporter: Reporter, *, caches: bool = True) -> Result:
    """Convert, verify, score and write by a checked recipe; `caches` as for `prune`.

    The first row is the original, with the size of its float32 file; the model's follows where that is another.
    """
    work = partial(_export, path, recipe, reporter)
    if not (recipe.qat_epochs and (recipe.store or caches)):
        return work(None)
    method, training = MethodRecipe(), TrainingRecipe()  # no options of `export`
    name = run_name(path, method=method, training=training, data=recipe, opening=recipe, seed=recipe.seed)
    return keeping(name, recipe.store, reporter, work)


def _export(path: Path, recipe: ExportRecipe, reporter: Reporter, kept: KeptRun | None) -> Result:
    session = open_session(path, recipe, data_source(recipe, recipe.seed), reporter, kept)
    named = find_original(path, recipe.original, reporter)
    compared = baseline(session, named, recipe, reporter, allow_flex=recipe.allow_flex)
    model = compared.given
    rounded = train_rounded(session, _fit(recipe), reporter) if recipe.qat_epochs else None
    with Exporter(session, recipe.seed, rounded) as exporter:
        files = export_candidates(exporter, session, recipe, model.score, bool(model.zero_weights), reporter)
    for exported in files:
        check_weights(exported.data, matrix_zeros(session))
    metric = session.data.task.metric if session.data else None
    original = compared.original
    choice = choose_file(files, compared.file, recipe, metric, original=original.score, model=model.score)
    chosen = choice.chosen.exported
    rows = choice.rows(compared.rows, replace(model, stage=None, model_bytes=None), recipe.tflite)
    tell_class_losses(original, rows[-1:], reporter)
    choice.tell(recipe.tflite, reporter)
    outputs = export_outputs(recipe)
    with all_whole(list(outputs.values()), recipe.force) as temporary:
        write_tflite_files(chosen, dict(zip(outputs, temporary, strict=True)))
    written = {role: str(place) for role, place in outputs.items()}
    plain = as_plain(recipe)
    return Result(command="export", model=str(path), recipe=plain, rows=rows, outputs=written, extra=session.found_out)


def _fit(recipe: ExportRecipe) -> Fit:
    """The training with rounding; what `export` has no options for is at its default."""
    training = TrainingRecipe(epochs=recipe.qat_epochs)
    return Fit(training=training, seed=recipe.seed, opening=recipe, name="rounded")
