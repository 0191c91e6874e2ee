"""Which data of a folder belong to a model."""

from pathlib import Path

import numpy as np

import edgeprune


def has_parts(source: Path) -> bool:
    """Whether there is a training and a test part."""
    with np.load(source) as arrays:
        return {"x_train", "y_train", "x_test", "y_test"} <= set(arrays)


def fitting(model: Path, sources: list[Path]) -> Path | None:
    """The first data that fit a model and on which it answers better than chance."""
    for source in sources:
        try:
            outcome = edgeprune.prune(model, data=source, threshold=0.0, dry_run=True)
        except edgeprune.EdgepruneError:
            continue
        if not any("no better than" in warning for warning in outcome.warnings):
            return source
    return None
