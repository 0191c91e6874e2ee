"""L2 norm of the weights (He et al. 2018, "Soft Filter Pruning", eq. 2 with p = 2)."""

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.pruning.importance import Evidence, group_norm

SUMMARY = "Euclidean norm of all that is removed with the channel"
NEEDS = "weights"


def score(evidence: Evidence) -> Vector:
    """Group L2 norm, with a mean of about 1 in each group; shape (units,)."""
    return group_norm(evidence, np.square, np.sqrt)
