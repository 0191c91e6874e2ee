"""`edgeprune export`: a saved model to a verified .tflite file."""

from dataclasses import replace
from pathlib import Path

from contracts.recipe import ExportRecipe, as_plain
from contracts.results import Result
from pipeline.exporting import Exported, Exporter, latency_columns, size_columns
from pipeline.model_paths import size_of
from pipeline.outputs import all_whole
from pipeline.quality import check_gates
from pipeline.quantization_training import train_rounded
from pipeline.reporting import Reporter
from pipeline.requests import export_outputs
from pipeline.session import open_session
from pipeline.tflite_files import write_tflite_files
from tflite_export.reader import read_tflite
from tflite_export.weight_values import check_weights


def export(path: Path, recipe: ExportRecipe, reporter: Reporter) -> Result:
    """Convert, verify, score and write by a checked recipe.

    The first row is the Keras model, with the size of its float32 file.
    """
    file = Path(recipe.tflite)
    session = open_session(path, recipe, reporter)
    model = session.measure(stage="original", model_bytes=size_of(path))
    rounded = train_rounded(session, recipe, reporter) if recipe.qat_epochs else None
    with Exporter(session, recipe.seed, rounded) as exporter:
        exported = exporter.export(recipe.quantize, recipe, model.score)
    check_weights(exported.data, model.zero_weights or 0)
    with Exporter(session) as exporter:
        plain = replace(recipe, io="float32", keep_float=())
        as_it_is = recipe.quantize == "none" and not exported.sparse
        unpruned = exported.data if as_it_is else exporter.convert("none", plain)
    metric = session.data.task.metric if session.data else None
    check_gates(recipe, metric, model.score, exported.score)
    outputs = export_outputs(recipe)
    with all_whole(list(outputs.values()), recipe.force) as temporary:
        write_tflite_files(exported, dict(zip(outputs, temporary, strict=True)))
    original, written = latency_columns([unpruned, exported.data])
    rows = (
        replace(model, quantize="none", sparse=False, **size_columns(unpruned), **original),
        replace(model, stage=None, model_bytes=None, file=str(file), **exported.columns(), **written),
    )
    _tell(exported, file, reporter)
    files = {role: str(place) for role, place in outputs.items()}
    return Result(command="export", model=str(path), recipe=as_plain(recipe), rows=rows, outputs=files)


def _tell(exported: Exported, file: Path, reporter: Reporter) -> None:
    """How far the file is proven, and what its user must know."""
    checked, micro = exported.verification, exported.micro
    reporter.note(
        f"verified in LiteRT on {checked.examples} examples: largest error {checked.max_abs_error:.3g} "
        f"of an output range of {checked.output_range:.3g}"
    )
    if exported.note:
        reporter.note(exported.note)
    if micro:
        reporter.note(
            f"run in TFLite Micro on {micro.examples} examples, in an arena of {micro.arena_bytes:,} bytes: "
            f"largest difference to LiteRT {micro.max_abs_difference:.3g}"
        )
    if read_tflite(exported.data, str(file)).keeps_state:
        reporter.note(f"{file} carries state from one run to the next: call reset_all_variables before a new sequence")
