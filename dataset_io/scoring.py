"""Scores over a whole part, as NumPy arrays in, one number out.

Of a model with several outputs, those that the metric fits are scored, and the score is their mean.
"""

from functools import partial

import numpy as np

from edgeprune.contracts.data import Array, Metric, Task
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.model import Interface
from edgeprune.contracts.plugins import catalogue, load
from edgeprune.dataset_io.answers import CLASSES, QUANTITIES, Output
from edgeprune.dataset_io.facts import Facts
from edgeprune.dataset_io.metric_facts import METRICS, metric_facts

FOR_CLASSES, FOR_QUANTITIES = "accuracy", "mse"
"""The metrics that are taken where the user names none."""
WITHOUT_LABELS = "agreement"
"""The metric of data without labels, and of no other."""


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


def spread(task: Task, labels: tuple[Array, ...]) -> float | None:
    """The error of always answering each number's mean, in the unit of the task's score, of the labels of a part.

    None for scores that are no errors, or errors of at most 1.
    """
    if task.metric.higher_is_better or task.metric.bounded:
        return None
    found = [
        metric.compute(known, np.broadcast_to(known.mean(axis=0, dtype=np.float64), known.shape))
        for kind, known, metric in zip(task.kinds, labels, task.output_metrics, strict=True)
        if metric is not None and kind in QUANTITIES
    ]
    return float(np.mean(found)) if found else None


def for_outputs(name: str | None, kinds: tuple[str, ...], from_logits: tuple[bool, ...]) -> tuple[Metric | None, ...]:
    """The metric bound to each output, None for outputs that it does not fit.

    `name` None: accuracy where an output tells classes apart, else mse. Raises UsageError for one that fits no output.
    """
    if name is None:
        name = FOR_CLASSES if any(kind in CLASSES for kind in kinds) else FOR_QUANTITIES
    facts = metric_facts(name)
    if not set(kinds) & set(facts.fits):
        fitting = [known for known in catalogue(METRICS) if set(kinds) & set(metric_facts(known).fits)]
        raise UsageError(
            f"--metric {name!r} does not fit this task ({', '.join(sorted(set(kinds)))})",
            f"choose one of {', '.join(fitting)}",
        )
    return tuple(
        Metric(
            name=name,
            higher_is_better=facts.higher_is_better,
            bounded=facts.bounded,
            compute=partial(_finite, name, Output(kind=kind, from_logits=logits)),
        )
        if kind in facts.fits
        else None
        for kind, logits in zip(kinds, from_logits, strict=True)
    )


def notes(
    interface: Interface, kinds: tuple[str, ...], scored: tuple[Metric | None, ...], facts: tuple[Facts, ...]
) -> list[str]:
    """Which outputs are scored, where not all are, and what the metric has to say of their labels."""
    found = []
    if len(scored) > 1:
        names = [port.name for port, metric in zip(interface.outputs, scored, strict=True) if metric]
        found.append(f"the score is the mean over outputs {', '.join(names)}")
    for kind, metric, fact in zip(kinds, scored, facts, strict=True):
        remark = getattr(load(METRICS, metric.name), "remark", None) if metric else None
        found += [remark(kind, fact)] if remark else []
    return [note for note in found if note]


def _finite(name: str, output: Output, labels: Array, predictions: Array) -> float:
    if not np.isfinite(predictions).all():
        return float("nan")
    return float(load(METRICS, name).score(labels, predictions, output))
