"""The import of TFMOT, without its lasting effect."""

import importlib
import os
from typing import Any

from edgeprune.contracts.processes.quiet import silenced

LEGACY = "TF_USE_LEGACY_KERAS"


def tfmot() -> Any:
    """The package. TFMOT 0.8.1 says to the whole process that Keras is Keras 2."""
    before = os.environ.get(LEGACY)
    with silenced():
        library = importlib.import_module("tensorflow_model_optimization")
    if before is None:
        os.environ.pop(LEGACY, None)
    return library


def pruning_api() -> Any:
    """`tensorflow_model_optimization.sparsity.keras`."""
    return tfmot().sparsity.keras
