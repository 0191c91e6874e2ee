"""How each class fares: the share of its examples that are answered rightly (its recall)."""

from collections.abc import Sequence

import numpy as np

from edgeprune.contracts.data import Array, Data
from edgeprune.contracts.model import Interface, Port
from edgeprune.contracts.results import ClassScores
from edgeprune.dataset_io.answers import Output, true_and_predicted

DIGITS = 4
"""Of a share: a thousand classes stay a few kilobytes."""


def class_names(
    interface: Interface, kinds: Sequence[str], found: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], ...]:
    """For each output the names of its classes by number; none where an example has no single class.

    found: for each output the names that the data has, empty or missing where it has none: numbers serve then. Names
    bear the output's where there are several.
    """
    given = (*found, *[()] * len(kinds))
    several = len(kinds) > 1
    return tuple(
        tuple(f"{port.name}: {name}" if several else name for name in _names(_class_count(port, kind), given[position]))
        for position, (port, kind) in enumerate(zip(interface.outputs, kinds, strict=True))
    )


def class_scores(data: Data, labels: tuple[Array, ...], predictions: tuple[Array, ...]) -> ClassScores | None:
    """Scores from the answers to a whole part, one array for each output; the classes of several outputs in a row.

    None where no output tells classes apart, or an answer is no finite number.
    """
    names: list[str] = []
    examples: list[int] = []
    right: list[int] = []
    for own, truth, answer in _answers(data, labels, predictions):
        names += own
        examples += np.bincount(truth, minlength=len(own)).tolist()
        right += np.bincount(truth[truth == answer], minlength=len(own)).tolist()
    if not names:
        return None
    scores = (round(hits / count, DIGITS) if count else None for hits, count in zip(right, examples, strict=True))
    return ClassScores(names=tuple(names), examples=tuple(examples), scores=tuple(scores))


def right_answers(data: Data, labels: tuple[Array, ...], predictions: tuple[Array, ...]) -> Array | None:
    """Whether each example is answered rightly, of several outputs one behind the other; None as for `class_scores`."""
    found = [truth == answer for _, truth, answer in _answers(data, labels, predictions)]
    return np.concatenate(found) if found else None


def _answers(
    data: Data, labels: tuple[Array, ...], predictions: tuple[Array, ...]
) -> list[tuple[tuple[str, ...], Array, Array]]:
    """Of each output that tells classes apart their names, the true ones and those that are answered.

    Nothing where an answer is no finite number.
    """
    outputs = zip(data.class_names, data.task.kinds, data.task.from_logits, labels, predictions, strict=True)
    telling = [(own, kind, logits, known, found) for own, kind, logits, known, found in outputs if own]
    if not all(np.isfinite(found).all() for *_, found in telling):
        return []
    return [
        (own, *true_and_predicted(known, found, Output(kind=kind, from_logits=logits)))
        for own, kind, logits, known, found in telling
    ]


def _class_count(port: Port, kind: str) -> int:
    """How many classes an output tells apart; 0 where an example has no single class, or they cannot be counted."""
    units = port.shape[-1] if port.shape else 1
    if kind == "binary" and (not port.shape or port.shape == (1,)):
        return 2
    return units or 0 if kind == "multiclass" and len(port.shape) == 1 else 0


def _names(count: int, given: Sequence[str]) -> list[str]:
    return [given[number] if number < len(given) else str(number) for number in range(count)]
