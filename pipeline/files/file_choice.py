"""Which .tflite file is written: of the format that was asked for, or the best of all (`--quantize auto`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edgeprune.contracts.data import Metric, Split
from edgeprune.contracts.errors import EdgepruneError, ExportError, QualityGateError
from edgeprune.contracts.plugins import catalogue
from edgeprune.contracts.recipes.parts import file_options
from edgeprune.contracts.recipes.recipe import FileRecipe
from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.files.exporting import Exported, Exporter, latency_columns, size_columns
from edgeprune.pipeline.files.int8_rival import Rendering, tell_of_int8
from edgeprune.pipeline.files.tflite_files import tell_about
from edgeprune.pipeline.quality import check_gates
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.tflite_export.conversion.convert import NUMERICS

AUTO = "auto"
PREFERRED = {"size": "tflite_bytes", "gzip": "tflite_gzip_bytes", "latency": "latency_ms_p50"}
"""What `--prefer` compares, under the names of the results tables."""


def _choice_part(session: Session, recipe: FileRecipe) -> Split | None:
    """The validation part, where there is a choice and examples for it; else None: the test part serves."""
    validation = session.data.validation if session.data else None
    return validation if validation and validation.size and recipe.quantize == AUTO else None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A verified file with all its columns of a results table."""

    exported: Exported
    columns: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The format, and whether zeros are left out."""
        return self.exported.numeric + (", sparse" if self.exported.sparse else "")

    @property
    def rendering(self) -> Rendering:
        """The file as it is compared with others of the same model."""
        return Rendering(row=Measurement(**self.columns), right=self.exported.right)


def export_candidates(
    exporter: Exporter, session: Session, recipe: FileRecipe, test: float | None, has_zeros: bool, reporter: Reporter
) -> list[Exported]:
    """The file of the format that was asked for, or one of each format and storage that can be.

    test: the score of the session's model on the test part.
    Raises ExportError where there is none, QualityGateError where --max-arena was too little for one.
    """
    options = file_options(recipe)
    if recipe.quantize != AUTO:
        return [exporter.export(recipe.quantize, options, test)]
    part = _choice_part(session, recipe)
    if session.data and part is None:
        reporter.warning("--quantize auto: no validation part, so the file is chosen by its score on the test part")
    score = test if part is None else session.score(part).score
    found: list[Exported] = []
    missed: list[QualityGateError] = []
    for quantize, storage in _forms(recipe, has_zeros):
        try:
            exported = exporter.export(quantize, replace(options, sparse=storage), score, part)
        except EdgepruneError as refused:
            missed += [refused] if isinstance(refused, QualityGateError) else []
            reporter.note(f"--quantize auto: not {quantize}{', sparse' if storage == 'on' else ''}: {refused}")
        else:
            found.append(exported)
    if not found:
        raise (
            missed[0]
            if missed
            else ExportError("--quantize auto: no numeric format works for this model", "the notes above say why")
        )
    return found


def _forms(recipe: FileRecipe, has_zeros: bool) -> Iterator[tuple[str, str]]:
    """Numeric formats with their storage: sparse only where there are zeros, and never for TFLite Micro."""
    both = has_zeros and recipe.sparse != "off" and "micro" not in recipe.target
    for quantize in catalogue(NUMERICS):
        yield quantize, "off"
        if both:
            yield quantize, "on"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The candidate that is written, the others, and the columns of the unpruned model's float32 file."""

    chosen: Candidate
    others: Sequence[Candidate]
    unpruned: Mapping[str, Any]

    def tell(self, file: str, reporter: Reporter) -> None:
        """What the user must know of the written `file`, and of the others beside it."""
        tell_about(self.chosen.exported, file, reporter)
        tell_of_int8([candidate.rendering for candidate in (self.chosen, *self.others)], reporter)

    def rows(self, stages: Sequence[Measurement], last: Measurement, file: str) -> tuple[Measurement, ...]:
        """The stages' rows, with the unpruned file's columns in the first, and a row for each candidate.

        last: what is known of the model that the candidates are made of. Energies are those of files alone: an estimate
        of a model is too near to be told from its file's, and not the same.
        """
        others = (replace(last, stage="candidate", **candidate.columns) for candidate in self.others)
        return (
            replace(stages[0], **self.unpruned),
            *(replace(stage, energy_uj_estimate=None) for stage in stages[1:]),
            *others,
            replace(last, file=file, **self.chosen.columns),
        )


def choose_file(
    files: Sequence[Exported],
    unpruned: bytes,
    recipe: FileRecipe,
    metric: Metric | None,
    *,
    original: float | None,
    model: float | None,
) -> Choice:
    """Of the files that pass the gates, the one that is smallest in what is preferred; all are measured in turns.

    original, model: scores on the test part, of the user's model and of that which the files are made of. Where there
    is a choice, what counts of a file is how far its score on the validation part is from the model's: no file is
    chosen by its own score on the test part. Where none can be expected to pass, the best by its score is taken.
    Raises QualityGateError where the file that is chosen does not pass on the test part.
    """
    first, *latencies = latency_columns([unpruned, *(exported.data for exported in files)])
    candidates = [
        Candidate(exported=exported, columns={**exported.columns(), **latency})
        for exported, latency in zip(files, latencies, strict=True)
    ]
    expected = [_expected_score(exported, model) for exported in files]
    sizes = [candidate.columns[PREFERRED[recipe.prefer]] for candidate in candidates]
    chosen = candidates.pop(_best(expected, sizes, recipe, metric, original))
    _check_chosen(chosen, recipe, metric, original)
    columns = {"quantize": "none", "sparse": False, **size_columns(unpruned), **first}
    return Choice(chosen=chosen, others=candidates, unpruned=columns)


def _expected_score(exported: Exported, model: float | None) -> float | None:
    """What a file is expected to be worth on the test part, judged by the validation part."""
    change = exported.validation_change
    return exported.score if change is None or model is None else model + change


def _best(
    expected: Sequence[float | None],
    sizes: Sequence[float],
    recipe: FileRecipe,
    metric: Metric | None,
    original: float | None,
) -> int:
    """Which is the smallest that passes; where none does, the best, and the smallest of these."""
    passing = [index for index, score in enumerate(expected) if _passes(recipe, metric, original, score)]
    if passing:
        return min(passing, key=lambda index: sizes[index])
    sign = 1 if metric is None or metric.higher_is_better else -1
    return max(range(len(expected)), key=lambda index: (sign * (expected[index] or 0.0), -sizes[index]))


def _passes(recipe: FileRecipe, metric: Metric | None, original: float | None, score: float | None) -> bool:
    try:
        check_gates(recipe, metric, original, score)
    except QualityGateError:
        return False
    return True


def _check_chosen(chosen: Candidate, recipe: FileRecipe, metric: Metric | None, original: float | None) -> None:
    """Raise QualityGateError where the file that was chosen misses a gate on the test part."""
    try:
        check_gates(recipe, metric, original, chosen.exported.score)
    except QualityGateError as missed:
        if recipe.quantize != AUTO:
            raise
        by = "" if chosen.exported.validation_change is None else " by the validation part"
        raise QualityGateError(f"the best of all{by}, {chosen.name}: {missed.message}", missed.hint) from missed
