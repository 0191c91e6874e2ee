"""What a .tflite file scores, in LiteRT and in TFLite Micro, and how much less than the model it may."""

from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array, Batch, Data, Split, Task
from edgeprune.contracts.errors import ExportError
from edgeprune.contracts.recipes.parts import ExportOptions
from edgeprune.contracts.results import ClassScores
from edgeprune.dataset_io.class_scores import class_scores, right_answers
from edgeprune.dataset_io.scoring import score, spread
from edgeprune.pipeline.quality import drop
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.runtimes.runtime import Runner

BATCH_SIZE = 1024
LARGEST_DROP = 5.0
"""A file whose score is further below the model's is no rendering of it: points, or per cent of the target's spread."""
MICRO_MACS = 2 * 10**9
"""What TFLite Micro's reference kernels do in some ten seconds."""
MICRO_EXAMPLES = (32, 1000)
"""Fewest and most that are scored in TFLite Micro."""


@dataclass(frozen=True, kw_only=True)
class FileScore:
    """What a file is worth on one part of the data; `right` as `right_answers` gives it."""

    score: float
    classes: ClassScores | None
    right: Array | None


@dataclass(frozen=True, kw_only=True)
class MicroScore:
    """Scores of one file on the same `examples` of the test part."""

    micro: float
    litert: float
    examples: int


def score_file(data: Data, file: bytes, part: Split | None = None) -> FileScore:
    """What a .tflite file is worth on a part of the data (None: the test part), run in LiteRT."""
    return _scored(data, *_labels_and_predictions(file, part or data.test))


def checked_score(
    quantize: str, options: ExportOptions, data: Data, file: bytes, model_score: float, part: Split | None
) -> FileScore:
    """What a file is worth; where --max-drop is given, that decides later what is too little.

    Raises ExportError where it is more than `LARGEST_DROP` below the model's.
    """
    labels, predictions = _labels_and_predictions(file, part or data.test)
    found = _scored(data, labels, predictions)
    if not options.has_max_drop and not _loss(data.task, labels, model_score, found.score) <= LARGEST_DROP:
        raise ExportError(
            f"--quantize {quantize}: {data.task.metric.name} falls from {model_score:.4f} to {found.score:.4f}",
            "export with another --quantize, calibrate on data like the device's, or allow it with --max-drop",
        )
    return found


def micro_batch(data: Data, file: bytes) -> Batch:
    """Examples of the test part to score a file in TFLite Micro on, drawn at random: as many as take some seconds."""
    fewest, most = MICRO_EXAMPLES
    macs = read_tflite(file, "the .tflite file").macs or 0
    count = min(data.test.size, max(fewest, min(most, MICRO_MACS // max(macs, 1))))
    order = np.random.default_rng([data.seed, *b"micro"]).permutation(data.test.size)
    batches = list(data.test.batches(BATCH_SIZE, np.sort(order[:count])))
    inputs, labels = (
        tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True)) for parts in zip(*batches, strict=True)
    )
    return inputs, labels


def micro_score(
    options: ExportOptions, task: Task, file: bytes, batch: Batch, outputs: tuple[Array, ...]
) -> MicroScore:
    """Scores on `batch`, of which `outputs` are TFLite Micro's; raises ExportError where those are much worse."""
    inputs, labels = batch
    found = MicroScore(
        micro=score(task, labels, outputs),
        litert=score(task, labels, Runner(file).run(inputs)),
        examples=len(inputs[0]),
    )
    if not options.has_max_drop and not _loss(task, labels, found.litert, found.micro) <= LARGEST_DROP:
        raise ExportError(
            f"--target micro: {task.metric.name} of {found.examples:,} examples is {found.micro:.4f} in TFLite Micro "
            f"and {found.litert:.4f} in LiteRT: its kernels round differently, and this model is sensitive to that",
            "train for int8 (--qat-epochs), export with another --quantize, or allow it with --max-drop",
        )
    return found


def _loss(task: Task, labels: tuple[Array, ...], before: float, after: float) -> float:
    """How much worse a score is: points of 100, or per cent of the target's spread in the metric's own unit."""
    width = spread(task, labels)
    if width is None:
        return drop(task.metric, before, after)
    return 100 * (after - before) / max(width, 1e-12)


def _scored(data: Data, labels: tuple[Array, ...], predictions: tuple[Array, ...]) -> FileScore:
    return FileScore(
        score=score(data.task, labels, predictions),
        classes=class_scores(data, labels, predictions),
        right=right_answers(data, labels, predictions),
    )


def _labels_and_predictions(file: bytes, part: Split) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    runner = Runner(file)
    batches = [(labels, runner.run(inputs)) for inputs, labels in part.batches(BATCH_SIZE)]
    labels, predictions = (
        tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True)) for parts in zip(*batches, strict=True)
    )
    return labels, predictions
