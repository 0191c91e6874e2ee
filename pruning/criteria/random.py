"""Chance: what any criterion has to beat."""

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.pruning.importance import Evidence

SUMMARY = "chance, by --seed: what any criterion has to beat"
NEEDS = "weights"


def score(evidence: Evidence) -> Vector:
    """A uniform number in [0, 1) for each unit; shape (units,)."""
    return np.random.default_rng(evidence.seed).random(len(evidence.graph.group_of))
