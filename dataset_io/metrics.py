"""Scores over a whole part, as NumPy arrays in, one number out.

Of a model with several outputs, those that the metric fits are scored, and the score is their mean.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from edgeprune.contracts.data import Array, Metric, Task
from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.contracts.model import Interface
from edgeprune.dataset_io.facts import Facts

_CLASSES = ("binary", "multiclass", "multilabel")
_QUANTITIES = ("regression", "reconstruction")
_IMBALANCE = 0.8
_SPREADS: Mapping[str, Callable[[Array], float]] = {
    "mae": lambda variances: float(np.mean(np.sqrt(variances))),
    "mse": lambda variances: float(np.mean(variances)),
    "rmse": lambda variances: float(np.sqrt(np.mean(variances))),
}
"""Of the variances of an output's numbers, in the unit of the metric."""


@dataclass(frozen=True, kw_only=True)
class _Output:
    """What a metric has to know of the output that it scores."""

    kind: str
    from_logits: bool


@dataclass(frozen=True, kw_only=True)
class _Kind:
    compute: Callable[[Array, Array, _Output], float]
    fits: tuple[str, ...]
    higher_is_better: bool = True


def score(task: Task, labels: tuple[Array, ...], predictions: tuple[Array, ...]) -> float:
    """Score of a whole part, one array for each output: the mean over the outputs that the metric fits.

    NaN where the model gave numbers that are not finite. Raises DataError where the labels of this part do not
    suffice (`auc` needs two classes).
    """
    scores = [
        metric.compute(known, predicted)
        for metric, known, predicted in zip(task.output_metrics, labels, predictions, strict=True)
        if metric is not None
    ]
    return float(np.mean(scores))


def check_metric(name: str) -> None:
    """Raise UsageError for a name that no metric has, naming the nearest one."""
    if name not in METRICS:
        nearest = difflib.get_close_matches(name, METRICS, n=1)
        hint = f"did you mean {nearest[0]!r}?" if nearest else "choose one of these"
        raise UsageError(f"--metric {name!r} is not one of {', '.join(METRICS)}", hint)


def spread(task: Task, labels: tuple[Array, ...]) -> float | None:
    """The error of always answering each number's mean (for `mae` its standard deviation), of the labels of a part.

    In the unit of the task's score; None for scores that are no errors.
    """
    if task.metric.name not in _SPREADS:
        return None
    found = [
        _SPREADS[task.metric.name](np.var(known.astype(np.float64), axis=0))
        for known, metric in zip(labels, task.output_metrics, strict=True)
        if metric is not None
    ]
    return float(np.mean(found))


def for_outputs(name: str | None, kinds: tuple[str, ...], from_logits: tuple[bool, ...]) -> tuple[Metric | None, ...]:
    """The metric bound to each output, None for outputs that it does not fit.

    `name` None: accuracy where an output tells classes apart, else mse. Raises UsageError for one that fits no output.
    """
    if name is None:
        name = "accuracy" if any(kind in _CLASSES for kind in kinds) else "mse"
    fitting = [known for known, metric in METRICS.items() if any(kind in metric.fits for kind in kinds)]
    if name not in fitting:
        raise UsageError(
            f"--metric {name!r} does not fit this task ({', '.join(sorted(set(kinds)))})",
            f"choose one of {', '.join(fitting)}",
        )
    metric = METRICS[name]
    return tuple(
        Metric(
            name=name,
            higher_is_better=metric.higher_is_better,
            compute=partial(_finite, metric.compute, _Output(kind=kind, from_logits=logits)),
        )
        if kind in metric.fits
        else None
        for kind, logits in zip(kinds, from_logits, strict=True)
    )


def notes(
    interface: Interface, kinds: tuple[str, ...], scored: tuple[Metric | None, ...], facts: tuple[Facts, ...]
) -> list[str]:
    """Which outputs are scored, where not all are, and classes so uneven that accuracy says little."""
    found = []
    if len(scored) > 1:
        names = [port.name for port, metric in zip(interface.outputs, scored, strict=True) if metric]
        found.append(f"the score is the mean over outputs {', '.join(names)}")
    for kind, metric, fact in zip(kinds, scored, facts, strict=True):
        if metric is None or metric.name != "accuracy" or kind not in ("binary", "multiclass"):
            continue
        counts = fact.column_counts if fact.one_hot else fact.value_counts
        share = max(counts.values(), default=0) / max(1, sum(counts.values()))
        if share > _IMBALANCE:
            majority = max(counts, key=lambda value: counts[value])
            found.append(
                f"{share:.1%} of the labels are class {majority}, so always answering {majority} reaches that "
                "accuracy; --metric auc or balanced-accuracy tells more"
            )
    return found


def _finite(compute: Callable[[Array, Array, _Output], float], output: _Output, labels: Array, scores: Array) -> float:
    if not np.isfinite(scores).all():
        return float("nan")
    return float(compute(labels, scores, output))


def _classes(labels: Array, scores: Array, output: _Output) -> tuple[Array, Array]:
    """True and predicted classes, one row an example or a position; for multilabel one column a label."""
    if output.kind == "multiclass":
        known = labels.argmax(axis=-1) if labels.ndim == scores.ndim and labels.shape == scores.shape else labels
        return known.reshape(-1).astype(np.int64), scores.argmax(axis=-1).reshape(-1)
    threshold = 0.0 if output.from_logits else 0.5
    shape = (-1, scores.shape[-1]) if output.kind == "multilabel" else (-1,)
    return labels.reshape(shape).astype(np.int64), (scores > threshold).astype(np.int64).reshape(shape)


def _accuracy(labels: Array, scores: Array, output: _Output) -> float:
    known, predicted = _classes(labels, scores, output)
    return float(np.mean(known == predicted))


def _balanced_accuracy(labels: Array, scores: Array, output: _Output) -> float:
    """Mean of the recalls of the classes that occur."""
    known, predicted = _classes(labels, scores, output)
    return float(np.mean([np.mean(predicted[known == value] == value) for value in np.unique(known)]))


def _auc(labels: Array, scores: Array, output: _Output) -> float:
    """Area under the ROC curve; of several classes the mean of one against the rest, over those that occur."""
    from sklearn.metrics import roc_auc_score

    if output.kind == "binary":
        columns = [(labels.reshape(-1) > 0.5, scores.reshape(-1))]
    else:
        flat = scores.reshape(-1, scores.shape[-1]).astype(np.float64)
        if output.kind == "multiclass" and output.from_logits:
            flat = np.exp(flat - flat.max(axis=1, keepdims=True))
            flat /= flat.sum(axis=1, keepdims=True)
        if output.kind == "multiclass":
            known, _ = _classes(labels, scores, output)
            truth = known[:, np.newaxis] == np.arange(flat.shape[1])
        else:
            truth = labels.reshape(flat.shape) > 0.5
        columns = [(truth[:, column], flat[:, column]) for column in range(flat.shape[1])]
    areas = [roc_auc_score(truth, values) for truth, values in columns if truth.any() and not truth.all()]
    if not areas:
        raise DataError("auc needs two classes, and this part has one", "use --metric accuracy, or more data")
    return float(np.mean(areas))


def _by_class(name: str) -> Callable[[Array, Array, _Output], float]:
    def compute(labels: Array, scores: Array, output: _Output) -> float:
        import sklearn.metrics

        known, predicted = _classes(labels, scores, output)
        average = "binary" if output.kind == "binary" else "macro"
        function = getattr(sklearn.metrics, f"{name}_score")
        return float(function(known, predicted, average=average, zero_division=0.0))

    return compute


def _top5_accuracy(labels: Array, scores: Array, output: _Output) -> float:
    known, _ = _classes(labels, scores, output)
    flat = scores.reshape(-1, scores.shape[-1])
    best = np.argsort(-flat, axis=1, kind="stable")[:, :5]
    return float(np.mean((best == known[:, np.newaxis]).any(axis=1)))


def _difference(labels: Array, scores: Array) -> Array:
    difference: Array = scores.astype(np.float64) - labels.reshape(scores.shape)
    return difference


def _mae(labels: Array, scores: Array, _output: _Output) -> float:
    return float(np.mean(np.abs(_difference(labels, scores))))


def _mse(labels: Array, scores: Array, _output: _Output) -> float:
    return float(np.mean(np.square(_difference(labels, scores))))


def _rmse(labels: Array, scores: Array, output: _Output) -> float:
    return float(np.sqrt(_mse(labels, scores, output)))


def _r2(labels: Array, scores: Array, _output: _Output) -> float:
    """Coefficient of determination: the mean of those of the columns (the last axis), as scikit-learn has it."""
    from sklearn.metrics import r2_score

    columns = scores.shape[-1] if scores.ndim > 1 else 1
    return float(r2_score(labels.reshape(-1, columns), scores.reshape(-1, columns)))


METRICS: Mapping[str, _Kind] = {
    "accuracy": _Kind(compute=_accuracy, fits=_CLASSES),
    "balanced-accuracy": _Kind(compute=_balanced_accuracy, fits=("binary", "multiclass")),
    "auc": _Kind(compute=_auc, fits=_CLASSES),
    "f1": _Kind(compute=_by_class("f1"), fits=_CLASSES),
    "precision": _Kind(compute=_by_class("precision"), fits=_CLASSES),
    "recall": _Kind(compute=_by_class("recall"), fits=_CLASSES),
    "top5-accuracy": _Kind(compute=_top5_accuracy, fits=("multiclass",)),
    "mae": _Kind(compute=_mae, fits=_QUANTITIES, higher_is_better=False),
    "mse": _Kind(compute=_mse, fits=_QUANTITIES, higher_is_better=False),
    "rmse": _Kind(compute=_rmse, fits=_QUANTITIES, higher_is_better=False),
    "r2": _Kind(compute=_r2, fits=("regression",)),
}
"""Metric name to how it is computed and the kinds of task that it fits."""
