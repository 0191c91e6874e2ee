"""Labels of every kind of task with answers to them: right, half wrong, all wrong and by chance."""

from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.dataset_io.answers import Output

CLASSES = 7
"""More than the five that are among the best five."""
EXAMPLES = 140


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Predictions for the same labels, of all right to all wrong; `chance` looks at no label."""

    output: Output
    labels: Array
    right: Array
    half: Array
    wrong: Array
    chance: Array

    @property
    def all(self) -> tuple[Array, ...]:
        return self.right, self.half, self.wrong, self.chance


def answers(kind: str) -> dict[str, Answers]:
    """Every form in which labels and predictions of one kind of task come, by what it is."""
    random = np.random.default_rng(3)
    if kind in ("regression", "reconstruction"):
        numbers = random.normal(size=(EXAMPLES, 4) if kind == "regression" else (EXAMPLES, 3, 4)).astype(np.float32)
        return {"numbers": _answers(kind, numbers, numbers, numbers + 1000, random)}
    if kind == "multiclass":
        classes = np.arange(EXAMPLES) % CLASSES
        rows = np.eye(CLASSES, dtype=np.float32)[classes]
        sequence = rows.reshape(-1, 4, CLASSES)
        return {
            "class numbers": _answers(kind, classes, rows, (1 - rows) / (CLASSES - 1), random),
            "one-hot rows": _answers(kind, rows, rows, (1 - rows) / (CLASSES - 1), random),
            "logits": _answers(kind, classes, 20 * rows, -20 * rows, random, from_logits=True),
            "sequences": _answers(kind, classes.reshape(-1, 4), sequence, (1 - sequence) / (CLASSES - 1), random),
        }
    shape = (EXAMPLES, 1) if kind == "binary" else (EXAMPLES, 3)
    ones = (random.random(shape) < 0.4).astype(np.float32)
    return {
        "probabilities": _answers(kind, ones, ones, 1 - ones, random),
        "logits": _answers(kind, ones, 40 * ones - 20, 20 - 40 * ones, random, from_logits=True),
    }


def _answers(
    kind: str, labels: Array, right: Array, wrong: Array, random: np.random.Generator, *, from_logits: bool = False
) -> Answers:
    half = right.copy()
    half[: len(half) // 2] = wrong[: len(half) // 2]
    return Answers(
        output=Output(kind=kind, from_logits=from_logits),
        labels=labels,
        right=right,
        half=half,
        wrong=wrong,
        chance=random.permutation(right),
    )
