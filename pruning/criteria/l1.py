"""L1 norm of the weights (Li et al. 2017, "Pruning Filters for Efficient ConvNets", section 3.1)."""

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.pruning.importance import Evidence, group_norm

SUMMARY = "sum of |weight| over all that is removed with the channel"
NEEDS = "weights"


def score(evidence: Evidence) -> Vector:
    """Group L1 norm, with a mean of about 1 in each group; shape (units,)."""
    return group_norm(evidence, np.abs, np.array)
