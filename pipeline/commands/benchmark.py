"""`edgeprune benchmark`: any mix of Keras and .tflite files side by side."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from os.path import realpath
from pathlib import Path
from typing import Any

from edgeprune.contracts.data import Array, Data
from edgeprune.contracts.errors import EdgepruneError, ExportError
from edgeprune.contracts.model import Interface
from edgeprune.contracts.recipes.parts import ExportOptions
from edgeprune.contracts.recipes.recipe import BenchmarkRecipe, as_plain
from edgeprune.contracts.results import Measurement, Result
from edgeprune.contracts.scale import Scale
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataSource
from edgeprune.pipeline.class_losses import tell_class_losses
from edgeprune.pipeline.files.exporting import Exporter, latency_columns, measured_energies, size_columns
from edgeprune.pipeline.files.file_scores import score_file
from edgeprune.pipeline.files.int8_rival import Rendering, tell_of_int8
from edgeprune.pipeline.files.model_paths import is_tflite, size_of
from edgeprune.pipeline.files.outputs import whole
from edgeprune.pipeline.original import Original, find_original
from edgeprune.pipeline.plots.benchmark_plot import has_points, plot_benchmark
from edgeprune.pipeline.reference_answers import ReferenceAnswers
from edgeprune.pipeline.reporting import NamedReporter, Reporter
from edgeprune.pipeline.requests.data import data_source
from edgeprune.pipeline.session import open_session, tell_about_data
from edgeprune.tflite_export.contents.file_interface import file_interface
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.contents.summary import TfliteSummary
from edgeprune.tflite_export.runtimes.operator_times import operator_times
from edgeprune.tflite_export.runtimes.probe import Probe, probe, probe_bytes
from edgeprune.tflite_export.runtimes.runtime import Runner

SECONDS_PER_FILE = 3.0


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One file: its row so far, the scale of its inputs, and what is run to time it (None: there is nothing to run).

    right: which of the test examples it answers rightly, of a .tflite file.
    """

    row: Measurement
    scale: Scale | None
    tflite: bytes | None
    right: Array | None = None

    def probed(self, found: Probe) -> "_Entry":
        """With what loading and running the file took."""
        row = replace(self.row, load_ms=found.load_ms, peak_memory_bytes=found.peak_memory_bytes)
        return replace(self, row=row)


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What all files are measured with; `interfaces` are those of the Keras files so far, by their shapes.

    reference: what is scored against where the data has no labels.
    """

    recipe: BenchmarkRecipe
    source: DataSource | None
    reporter: Reporter
    interfaces: dict[tuple[object, ...], Interface]
    reference: ReferenceAnswers


def benchmark(paths: Sequence[Path], recipe: BenchmarkRecipe, reporter: Reporter) -> Result:
    """Score, size and latency of each file. Keras files are timed as the float32 .tflite that they convert to."""
    entries = _entries(paths, find_original(paths[0], recipe.original, reporter), recipe, reporter)
    timed = [entry.tflite for entry in entries if entry.tflite is not None]
    seconds = SECONDS_PER_FILE * len(timed)
    latencies = iter(latency_columns(timed, threads=recipe.threads, runs=recipe.runs, seconds=seconds))
    energies = iter(measured_energies(timed, recipe.threads))
    rows = tuple(
        entry.row
        if entry.tflite is None
        else replace(entry.row, **size_columns(entry.tflite), **next(latencies), energy_uj_measured=next(energies))
        for entry in entries
    )
    tell_class_losses(rows[0], rows[1:], reporter)
    _tell_of_int8(entries, rows, reporter)
    extra = _scales(entries) | (_operators(entries, recipe, reporter) if recipe.operators else {})
    outputs = {}
    if recipe.plot and not has_points(rows):
        reporter.warning(f"{recipe.plot} is not written: there is nothing to draw, as no file has score and size")
    elif recipe.plot:
        outputs["plot"] = recipe.plot
        with whole(Path(recipe.plot), recipe.force) as temporary:
            plot_benchmark(rows, temporary)
    return Result(
        command="benchmark", model=str(paths[0]), recipe=as_plain(recipe), rows=rows, outputs=outputs, extra=extra
    )


def _entries(
    paths: Sequence[Path], original: Original | None, recipe: BenchmarkRecipe, reporter: Reporter
) -> list[_Entry]:
    """An entry for each file; the original's is the first, where it is known and can be opened."""
    entries: list[_Entry] = []
    source = data_source(recipe, recipe.seed)
    run = _Run(recipe=recipe, source=source, reporter=reporter, interfaces={}, reference=ReferenceAnswers())
    if original:
        opening = replace(recipe, trust_model=original.is_trusted(recipe.trust_model))
        try:
            first = _entry(original.path, replace(run, recipe=opening))
            entries.append(replace(first, row=replace(first.row, stage="original")))
            paths = [path for path in paths if realpath(path) != realpath(original.path)]
        except EdgepruneError as error:
            original.cannot_be_used(error, reporter)
            run = replace(run, reference=ReferenceAnswers())
    with reporter.progress("benchmark", len(paths)) as advance:
        for path in paths:
            entries.append(_entry(path, run))
            advance(path.name)
    return entries


def _entry(path: Path, run: _Run) -> _Entry:
    return _tflite_entry(path, run) if is_tflite(path) else _keras_entry(path, run)


def _tell_of_int8(entries: Sequence[_Entry], rows: Sequence[Measurement], reporter: Reporter) -> None:
    """Where int8 is no better than dynamic, of files that have the same parameters and multiply-accumulates."""
    alike: dict[tuple[int | None, ...], list[Rendering]] = {}
    for entry, row in zip(entries, rows, strict=True):
        if is_tflite(Path(row.file or "")):
            alike.setdefault((row.parameters, row.macs), []).append(Rendering(row=row, right=entry.right))
    for files in alike.values():
        names = ", ".join(file.row.file or "" for file in files)
        tell_of_int8(files, NamedReporter(reporter, names))


def _scales(entries: Sequence[_Entry]) -> dict[str, Any]:
    """How the inputs of each file are scaled, under `scales`, for those of which there was something to choose."""
    found = {entry.row.file or "": asdict(entry.scale) for entry in entries if entry.scale}
    return {"scales": found} if found else {}


def _operators(entries: Sequence[_Entry], recipe: BenchmarkRecipe, reporter: Reporter) -> dict[str, Any]:
    """Times of the operators of each file, under `operators`; None for a file that the profiler cannot run."""
    found: dict[str, Any] = {}
    for entry in (entry for entry in entries if entry.tflite is not None):
        name = entry.row.file or ""
        times = operator_times(entry.tflite or b"", recipe.threads, recipe.runs)
        if times is None:
            reporter.warning(f"{name}: no operator times: LiteRT's profiler cannot run it")
        found[name] = None if times is None else [asdict(time) for time in times]
    return {"operators": found}


def _keras_entry(path: Path, run: _Run) -> _Entry:
    session = open_session(path, run.recipe, run.source, run.reporter)
    run.interfaces[_shapes(session.interface)] = session.interface
    if session.data:
        session.data = run.reference.applied(session.data, str(path))
    row = session.measure(file=str(path), model_bytes=size_of(path))
    scale = session.data.scale if session.data else None
    try:
        with Exporter(session, run.recipe.seed) as exporter:
            exported = exporter.export("none", ExportOptions())
    except ExportError as error:
        run.reporter.warning(f"{path}: no size and latency, as it cannot be converted to .tflite: {error}")
        row = replace(row, energy_uj_estimate=None)  # all others' are of files
        return _Entry(row=row, scale=scale, tflite=None)
    run.reporter.note(f"{path}: size and latency are those of the float32 .tflite that it converts to")
    row = replace(row, quantize="none", sparse=exported.sparse)
    entry = _Entry(row=row, scale=scale, tflite=exported.data)
    return entry.probed(probe_bytes(exported.data, run.recipe.threads))


def _tflite_entry(path: Path, run: _Run) -> _Entry:
    data = path.read_bytes()
    found = probe(path, run.recipe.threads)
    summary = read_tflite(data, str(path))
    batch = summary.inputs[0].shape[0] if summary.inputs and summary.inputs[0].shape else 1
    if batch > 1:
        run.reporter.note(f"{path} takes {batch} examples a run: latency, MACs and energy are those of a run")
    kernels = [tensor for tensor in summary.parameter_tensors if tensor.size > max(tensor.shape, default=1)]
    prunable, zeros = sum(tensor.size for tensor in kernels), sum(tensor.zeros for tensor in kernels)
    row = Measurement(
        file=str(path),
        quantize=summary.numeric_format,
        sparse=bool(summary.sparse_tensors),
        parameters=summary.parameters,
        prunable_weights=prunable,
        zero_weights=zeros,
        sparsity=zeros / prunable if prunable else None,
        macs=summary.macs,
        model_bytes=len(data),
    )
    if not run.source:
        return _Entry(row=row, scale=None, tflite=data).probed(found)
    examples = run.reference.applied(_data_for(summary, data, run.source, run), str(path))
    scored = score_file(examples, data)
    row = replace(row, metric=examples.task.metric.name, score=scored.score, class_scores=scored.classes)
    return _Entry(row=row, scale=examples.scale, tflite=data, right=scored.right).probed(found)


def _data_for(summary: TfliteSummary, file: bytes, source: DataSource, run: _Run) -> Data:
    """The data, scaled as the file answers best. A Keras file of the same shapes, if there is one, knows its task."""
    own = file_interface(summary)
    interface = replace(run.interfaces.get(_shapes(own), own), scales_itself=False)  # they may be of different models
    options = replace(source.options, recorded=run.reference.scale)
    data = open_data(source.name, interface, options, Runner(file).run)
    tell_about_data(data, run.reporter)
    return data


def _shapes(interface: Interface) -> tuple[object, ...]:
    return tuple(tuple(port.shape for port in ports) for ports in (interface.inputs, interface.outputs))
