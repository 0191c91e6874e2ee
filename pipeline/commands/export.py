"""`edgeprune export`: a saved model to a verified .tflite file."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from edgeprune.contracts.recipes.recipe import ExportRecipe, as_plain
from edgeprune.contracts.results import Result
from edgeprune.pipeline.files.exporting import Exporter, unpruned_file
from edgeprune.pipeline.files.file_choice import choose_file, export_candidates
from edgeprune.pipeline.files.model_paths import size_of
from edgeprune.pipeline.files.outputs import all_whole
from edgeprune.pipeline.files.tflite_files import tell_about, write_tflite_files
from edgeprune.pipeline.planning.prunable_weights import matrix_zeros
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.requests.prune import export_outputs
from edgeprune.pipeline.session import open_session
from edgeprune.pipeline.training.kept_run import KeptRun, keeping
from edgeprune.pipeline.training.quantization_training import train_rounded
from edgeprune.pipeline.training.training_store import run_name, trains
from edgeprune.tflite_export.contents.weight_values import check_weights


def export(path: Path, recipe: ExportRecipe, reporter: Reporter, *, caches: bool = True) -> Result:
    """Convert, verify, score and write by a checked recipe; `caches` as for `prune`.

    The first row is the Keras model, with the size of its float32 file.
    """
    work = partial(_export, path, recipe, reporter)
    keeps = trains(recipe) and (recipe.store or caches)
    return keeping(run_name(path, recipe), recipe.store, reporter, work) if keeps else work(None)


def _export(path: Path, recipe: ExportRecipe, reporter: Reporter, kept: KeptRun | None) -> Result:
    session = open_session(path, recipe, reporter, kept)
    model = session.measure(stage="original", model_bytes=size_of(path))
    rounded = train_rounded(session, recipe, reporter) if recipe.qat_epochs else None
    with Exporter(session, recipe.seed, rounded) as exporter:
        files = export_candidates(exporter, session, recipe, model.score, bool(model.zero_weights), reporter)
    for exported in files:
        check_weights(exported.data, matrix_zeros(session))
    metric = session.data.task.metric if session.data else None
    unpruned = unpruned_file(session, recipe)
    choice = choose_file(files, unpruned, recipe, metric, original=model.score, model=model.score)
    chosen = choice.chosen.exported
    rows = choice.rows([model], replace(model, stage=None, model_bytes=None), recipe.tflite)
    tell_about(chosen, recipe.tflite, reporter)
    outputs = export_outputs(recipe)
    with all_whole(list(outputs.values()), recipe.force) as temporary:
        write_tflite_files(chosen, dict(zip(outputs, temporary, strict=True)))
    written = {role: str(place) for role, place in outputs.items()}
    return Result(command="export", model=str(path), recipe=as_plain(recipe), rows=rows, outputs=written)
