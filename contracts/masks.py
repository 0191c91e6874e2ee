"""Masks: which weights stay."""

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
"""True where a weight is kept; the weight's own shape."""
