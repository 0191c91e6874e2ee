"""Data without labels: what a model answers stands in their place, and scores say how far others agree with it."""

from dataclasses import replace

import numpy as np

from edgeprune.contracts.data import Array, Data, Split, Task
from edgeprune.contracts.model import Interface, Port
from edgeprune.dataset_io import scoring
from edgeprune.dataset_io.answers import CLASSES, Output, answered_labels
from edgeprune.dataset_io.loss_names import INTEGER_LABELS, TAKES_LOGITS, Loss, saved_losses
from edgeprune.dataset_io.suitability.trial import Predict

NOTE = "there are no labels: the score is the agreement with the original's answers"
_LOSSES = {
    "binary": "binary_crossentropy",
    "multilabel": "binary_crossentropy",
    "multiclass": INTEGER_LABELS,
    "regression": "mean_squared_error",
}
_READ = 256
"""Examples that are answered at once."""


def unlabelled_task(interface: Interface) -> Task:
    """What a model is for, as far as its outputs' shapes and activations and the saved losses tell."""
    saved = saved_losses(interface)
    outputs = zip(interface.outputs, saved, strict=True)
    kinds, from_logits = zip(*(_kind(port, loss) for port, loss in outputs), strict=True)
    scored = scoring.for_outputs(scoring.WITHOUT_LABELS, kinds, from_logits)
    return Task(
        kinds=kinds,
        losses=tuple(_LOSSES[kind] for kind in kinds),
        from_logits=from_logits,
        metric=next(metric for metric in scored if metric is not None),
        output_metrics=scored,
        labelled=False,
    )


def answered(data: Data, predict: Predict) -> Data:
    """With what a model answers in place of the labels of the validation and the test part, which alone are scored."""
    return replace(
        data,
        validation=_answered(data.validation, data.task, predict),
        test=_answered(data.test, data.task, predict),
    )


def _kind(port: Port, loss: Loss | None) -> tuple[str, bool]:
    """Kind of task of one output, and whether it is given before a sigmoid or softmax."""
    is_single = not port.shape or port.shape[-1] == 1
    name = loss.name if loss else ""
    if not is_single and (port.activation == "softmax" or name.startswith(("categorical", "sparse"))):
        kind = "multiclass"
    elif name.startswith("binary") or (port.activation == "sigmoid" and not name):
        kind = "binary" if is_single else "multilabel"
    else:
        kind = "regression"
    logits = loss.from_logits if loss and loss.name in TAKES_LOGITS else port.activation == "linear"
    return kind, kind in CLASSES and logits


def _answered(part: Split, task: Task, predict: Predict) -> Split:
    if not part.size:
        return part
    batches = [predict(inputs) for inputs, _ in part.batches(_READ)]
    outputs = zip(task.kinds, task.from_logits, zip(*batches, strict=True), strict=True)
    return part.with_labels(tuple(_labels(kind, logits, arrays) for kind, logits, arrays in outputs))


def _labels(kind: str, from_logits: bool, predictions: tuple[Array, ...]) -> Array:
    return answered_labels(np.concatenate(predictions), Output(kind=kind, from_logits=from_logits))
