"""How right a model is on each example, and whether one way of asking it is right more often than another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array, Task
from edgeprune.dataset_io.answers import CLASSES, Output, true_and_predicted

BEYOND_NOISE = 3.0
"""Standard errors of the mean difference over the same examples; half a dozen conventions are compared at once."""
_LEAST = 1e-7
_MOST_PLACES = 256
_TEMPERATURES = 2.0 ** np.arange(-8, 8.5, 0.5)


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Of each example, shape (examples,): `hit`, 0 to 1, and `error`, at least 0.

    hit: whether the class is right, the share of places or labels that are, or of two classes the share of the other
    one's examples that it is told apart from (their mean is the area under the ROC curve, which no threshold moves);
    None where no output tells classes apart. error: cross-entropy, or squares in units of the labels' variance.
    """

    hit: Array | None
    error: Array

    @property
    def order(self) -> tuple[float, float]:
        """Larger is better."""
        return (0.0 if self.hit is None else float(self.hit.mean()), -float(self.error.mean()))

    def beats(self, other: "Verdicts", errors: float = BEYOND_NOISE) -> bool:
        """Whether these are better beyond noise: by hits, or, where those do not speak against it, by the error."""
        by_error = standard_errors(other.error - self.error)
        if self.hit is None or other.hit is None:
            return by_error > errors
        by_hits = standard_errors(self.hit - other.hit)
        return by_hits > errors or (by_hits > -1 and by_error > errors)


def verdicts(task: Task, labels: Sequence[Array], predictions: Sequence[Array]) -> Verdicts:
    """Of a model's answers, one array of labels and of predictions for each output, the example axis first."""
    outputs = [Output(kind=k, from_logits=logits) for k, logits in zip(task.kinds, task.from_logits, strict=True)]
    triples = list(zip(labels, predictions, outputs, strict=True))
    hits = [_hits(known, found, output) for known, found, output in triples if output.kind in CLASSES]
    errors = [_errors(known, found, output) for known, found, output in triples]
    return Verdicts(hit=np.mean(hits, axis=0) if hits else None, error=np.mean(errors, axis=0))


def constant_answers(task: Task, labels: Sequence[Array], predictions: Sequence[Array]) -> tuple[Array, ...]:
    """What a model would say that knows nothing of its inputs, in the form of these predictions."""
    found = []
    for kind, logits, known, answer in zip(task.kinds, task.from_logits, labels, predictions, strict=True):
        rows = _rows(known, answer) if kind in CLASSES else known.reshape(answer.shape).astype(np.float64)
        mean = rows.mean(axis=0, keepdims=True) if kind not in CLASSES else _frequencies(rows)
        if logits and kind in CLASSES:
            mean = np.log(mean) - (0 if kind == "multiclass" else np.log1p(-mean))
        found.append(np.broadcast_to(mean, answer.shape))
    return tuple(found)


def _frequencies(rows: Array) -> Array:
    means: Array = rows.reshape(-1, rows.shape[-1]).mean(axis=0)
    return np.clip(means, _LEAST, 1 - _LEAST)


def _rows(labels: Array, predictions: Array) -> Array:
    """Labels in the form of the predictions: class numbers become one-hot rows."""
    if labels.size == predictions.size:
        return labels.reshape(predictions.shape).astype(np.float64)
    return np.eye(predictions.shape[-1])[labels.reshape(predictions.shape[:-1]).astype(np.int64)]


def _hits(labels: Array, predictions: Array, output: Output) -> Array:
    if output.kind == "binary" and predictions.size == len(predictions):
        return _told_apart(labels.reshape(-1) > 0, np.nan_to_num(predictions.reshape(-1), nan=-np.inf))
    known, found = true_and_predicted(labels, predictions, output)
    right: Array = (known == found).reshape(len(predictions), -1).mean(axis=1)
    return np.where(_finite(predictions), right, 0.0)


def _told_apart(truth: Array, values: Array) -> Array:
    """For each example the share of the other class that lies on the right side of it; ties count half."""
    if truth.all() or not truth.any():
        return np.full(len(truth), 0.5)
    shares = np.empty(len(truth))
    for own, sign in ((truth, 1.0), (~truth, -1.0)):
        others = np.sort(sign * values[~own])
        below, up_to = (np.searchsorted(others, sign * values[own], side=side) for side in ("left", "right"))
        shares[own] = (below + up_to) / (2 * len(others))
    return shares


def _errors(labels: Array, predictions: Array, output: Output) -> Array:
    known, found = labels.astype(np.float64), predictions.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        errors = _cross_entropy(known, found, output) if output.kind in CLASSES else _squares(known, found)
        errors = errors.reshape(len(predictions), -1).mean(axis=1)
    return np.where(_finite(predictions), errors, np.finfo(np.float32).max)


def _cross_entropy(labels: Array, predictions: Array, output: Output) -> Array:
    """At the temperature that suits these answers best (Guo et al. 2017): larger inputs alone make surer answers."""
    rows, logits = _some_places(_rows(labels, predictions)), _some_places(predictions)
    if not output.from_logits:
        odds = np.clip(logits, _LEAST, 1 - _LEAST)
        logits = np.log(odds) - (0 if output.kind == "multiclass" else np.log1p(-odds))
    entropy = _softmax_entropy if output.kind == "multiclass" else _sigmoid_entropy
    found: Array = min((entropy(rows, logits / temperature) for temperature in _TEMPERATURES), key=np.mean)
    return found


def _some_places(values: Array) -> Array:
    """Of answers for many places of an example (a class for each pixel) some, evenly spread, as evidence enough."""
    places = values.reshape(len(values), -1, values.shape[-1])
    return places[:, :: -(-places.shape[1] // _MOST_PLACES)]


def _softmax_entropy(rows: Array, logits: Array) -> Array:
    top = logits.max(axis=-1, keepdims=True)
    totals = top[..., 0] + np.log(np.exp(logits - top).sum(axis=-1))
    entropy: Array = rows.sum(axis=-1) * totals - (rows * logits).sum(axis=-1)
    return entropy


def _sigmoid_entropy(rows: Array, logits: Array) -> Array:
    entropy: Array = np.logaddexp(0, logits) - rows * logits
    return entropy


def _squares(labels: Array, predictions: Array) -> Array:
    """Squared errors in units of the labels' variance, so that a range that labels are scaled to makes no odds."""
    known = labels.reshape(predictions.shape)
    variance = np.maximum(np.mean((known - known.mean(axis=0)) ** 2), np.finfo(np.float32).tiny)
    squares: Array = (predictions - known) ** 2 / variance
    return squares


def _finite(predictions: Array) -> Array:
    finite: Array = np.all(np.isfinite(predictions).reshape(len(predictions), -1), axis=1, keepdims=False)
    return finite


def standard_errors(differences: Array) -> float:
    """How many standard errors the mean lies above 0."""
    mean, deviation = float(differences.mean()), float(differences.std())
    if deviation == 0:
        return np.inf if mean > 0 else -np.inf if mean < 0 else 0.0
    return float(mean / deviation * np.sqrt(len(differences)))
